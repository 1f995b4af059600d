package dev.stockade.operator.leadership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.stockade.crds.Definitions;
import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.fixture.ApiServer;
import dev.stockade.operator.cluster.ClusterCache;
import dev.stockade.operator.status.Mesh;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two replicas that watch for withdrawals, against a real API server. */
class WithdrawalEventsIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path folder;

    private final AtomicBoolean secondLeads = new AtomicBoolean();
    private final AtomicBoolean firstLeads = new AtomicBoolean(true);
    private final List<AtomicReference<Boolean>> looked = new CopyOnWriteArrayList<>();
    private ApiServer api;
    private KubernetesClient client;
    private ClusterCache cache;
    private WithdrawalEvents first;
    private WithdrawalEvents second;

    @BeforeEach
    void start() throws Exception {
        api = ApiServer.start(folder, Definitions.yaml());
        client = api.client();
        client.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName("agents")
                        .addToLabels("stockade.dev/mesh", "enabled")
                        .endMetadata()
                        .build())
                .create();
        client.resource(new ServiceAccountBuilder()
                        .withNewMetadata()
                        .withNamespace("agents")
                        .withName("triage")
                        .endMetadata()
                        .build())
                .create();
        apply("false");
        client.resource(client.getKubernetesSerialization().unmarshal("""
                        apiVersion: v1
                        kind: Pod
                        metadata: {name: triage-1, namespace: agents, labels: {stockade.dev/sidecar: injected}}
                        spec:
                          serviceAccountName: triage
                          automountServiceAccountToken: false
                          initContainers: [{name: stockade-sidecar, image: sidecar, restartPolicy: Always}]
                          containers: [{name: app, image: app}]
                        """, Pod.class))
                .create();
        cache = new ClusterCache(client, "test.local", "cluster.local", Clock.systemUTC());
        cache.start();
        await().atMost(PATIENCE).until(cache::synced);
        await().atMost(PATIENCE)
                .until(() -> cache.view().pods().stream().anyMatch(pod -> !pod.orphaned())
                        && !cache.view().agents().isEmpty());
        first = events("operator-0", firstLeads);
        second = events("operator-1", secondLeads);
        awaitLooks(false);
    }

    private WithdrawalEvents events(String instance, AtomicBoolean leads) {
        AtomicReference<Boolean> suspended = new AtomicReference<>();
        looked.add(suspended);
        WithdrawalEvents events = new WithdrawalEvents(
                client,
                () -> {
                    Mesh mesh = Mesh.of(cache.view());
                    suspended.set(mesh.view().agents().getFirst().getSpec().suspended());
                    return mesh;
                },
                leads::get,
                instance,
                Clock.systemUTC());
        events.look();
        cache.onChange(events::look);
        return events;
    }

    /** What is taken back before anybody has looked was never withdrawn. */
    private void awaitLooks(boolean suspended) {
        await().atMost(PATIENCE)
                .until(() -> looked.stream()
                        .allMatch(last -> Boolean.valueOf(suspended).equals(last.get())));
    }

    @AfterEach
    void stop() {
        first.close();
        second.close();
        cache.close();
        api.close();
    }

    private void apply(String suspended) {
        client.resource(client.getKubernetesSerialization().unmarshal("""
            apiVersion: stockade.dev/v1alpha1
            kind: AgentIdentity
            metadata: {name: triage, namespace: agents}
            spec: {serviceAccountName: triage, suspended: %s}
            """.formatted(suspended), AgentIdentity.class))
                .createOr(existing -> existing.update());
    }

    private List<String> said() {
        return client.v1().events().inNamespace("agents").list().getItems().stream()
                .map(WithdrawalEventsIT::text)
                .sorted()
                .toList();
    }

    private static String text(Event event) {
        return event.getInvolvedObject().getKind() + " " + event.getReason() + ": " + event.getMessage();
    }

    @Test
    void aWithdrawalIsSaidOnceThoughTwoReplicasThinkThatTheyLead() {
        secondLeads.set(true);
        apply("true");
        List<String> expected = List.of(
                "AgentIdentity Suspended: spec.suspended of AgentIdentity agents/triage is true. Cut off: agents/triage-1.",
                "Pod Suspended: spec.suspended of AgentIdentity agents/triage is true. Cut off: agents/triage-1.");
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(said()).isEqualTo(expected));
        // When it is taken back and said again, that is another withdrawal
        apply("false");
        awaitLooks(false);
        apply("true");
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(said()).hasSize(4));
    }

    @Test
    void whatHappensWhileNobodyLeadsIsSaidByTheNextLeader() {
        // Given
        firstLeads.set(false);
        client.serviceAccounts().inNamespace("agents").withName("triage").delete();
        await().atMost(PATIENCE).until(() -> cache.view().pods().getFirst().orphaned());
        // When
        secondLeads.set(true);
        second.look();
        // Then
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(said())
                        .containsExactly(
                                "AgentIdentity IdentityWithdrawn: ServiceAccount agents/triage was deleted. Cut off:"
                                        + " agents/triage-1.",
                                "Pod IdentityWithdrawn: ServiceAccount agents/triage was deleted. Cut off:"
                                        + " agents/triage-1."));
    }
}
