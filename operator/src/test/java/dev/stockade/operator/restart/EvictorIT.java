package dev.stockade.operator.restart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.stockade.crds.Definitions;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.fixture.ApiServer;
import dev.stockade.operator.MovingClock;
import dev.stockade.operator.admission.LiveMembership;
import dev.stockade.operator.admission.LoneReplica;
import dev.stockade.operator.admission.ServingCertificate;
import dev.stockade.operator.admission.SidecarTemplate;
import dev.stockade.operator.admission.WebhookServer;
import dev.stockade.operator.cluster.ClusterCache;
import dev.stockade.operator.status.EventWriter;
import dev.stockade.operator.status.LiveBarePods;
import dev.stockade.operator.status.Mesh;
import dev.stockade.operator.status.Reason;
import dev.stockade.operator.status.RestartReports;
import dev.stockade.operator.status.Restarting;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudgetBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Restarting pods against a real API server, with its own eviction and its own budgets; new pods come by the real webhook. What
 * controllers and kubelets do, which are not here, the test does.
 */
class EvictorIT {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final AtomicInteger NAMESPACES = new AtomicInteger();
    private static final ServingCertificate CERTIFICATE = new ServingCertificate();
    private static final SidecarTemplate SIDECAR = new SidecarTemplate(
            "example.test/stockade-sidecar:1",
            "IfNotPresent",
            new ResourceRequirements(),
            "stockade-operator.stockade-system.svc:15010",
            "stockade.local",
            "-----BEGIN CERTIFICATE-----\n",
            "cluster.local",
            "0.1.0");

    @TempDir
    private static Path folder;

    private static ApiServer api;
    private static KubernetesClient client;
    private static WebhookServer webhooks;

    private final String tools = "evict-" + NAMESPACES.incrementAndGet();
    private final MovingClock clock = new MovingClock(Instant.parse("2026-01-01T00:00:00Z"));
    private final RestartReports reports = new RestartReports();
    private Optional<Instant> confirmed = Optional.empty();
    private boolean leading = true;
    private ClusterCache cache;
    private LiveBarePods bare;
    private Evictor evictor;

    @BeforeAll
    static void startApi() throws IOException {
        api = ApiServer.start(folder, Definitions.yaml());
        client = api.client();
        webhooks = WebhookServer.of(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                CERTIFICATE.keyManager(),
                new LiveMembership(client),
                () -> SIDECAR,
                LoneReplica.OTHERS,
                client.getKubernetesSerialization(),
                new SimpleMeterRegistry());
        webhooks.start();
    }

    @AfterAll
    static void stopApi() {
        webhooks.close();
        api.close();
    }

    /** Two pods of a ReplicaSet, from before the namespace joined and the server was there. */
    @BeforeEach
    void start() {
        client.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(tools)
                        .endMetadata()
                        .build())
                .create();
        client.resource(new ServiceAccountBuilder()
                        .withNewMetadata()
                        .withNamespace(tools)
                        .withName("default")
                        .endMetadata()
                        .build())
                .create();
        apply(ReplicaSet.class, """
                apiVersion: apps/v1
                kind: ReplicaSet
                metadata: {name: web, namespace: %s}
                spec:
                  replicas: 2
                  selector: {matchLabels: {app: web}}
                  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: app, image: app}]}}
                """);
        becomeReady(create("web-a"));
        becomeReady(create("web-b"));
        client.namespaces()
                .withName(tools)
                .edit(n -> new NamespaceBuilder(n)
                        .editMetadata()
                        .addToLabels("stockade.dev/mesh", "enabled")
                        .endMetadata()
                        .build());
        registerInjector();
        apply(SecureMcpServer.class, """
                apiVersion: stockade.dev/v1alpha1
                kind: SecureMcpServer
                metadata: {name: web, namespace: %s}
                spec: {selector: {matchLabels: {app: web}}, port: 3000, restart: Evict}
                """);
        // A label takes the API server a moment to tell its webhooks; a dry run sees when it has.
        await().atMost(PATIENCE)
                .ignoreExceptions()
                .until(() -> !client.resource(pod("dry"))
                        .dryRun()
                        .create()
                        .getSpec()
                        .getInitContainers()
                        .isEmpty());
        cache = new ClusterCache(client, "stockade.local", "cluster.local", Clock.systemUTC());
        cache.start();
        await().atMost(PATIENCE)
                .until(() -> cache.synced()
                        && cache.view().inMesh(tools)
                        && cache.view().servers().stream()
                                .anyMatch(s -> s.getMetadata().getNamespace().equals(tools)));
        bare = new LiveBarePods(client, reports, clock);
        evictor = new Evictor(
                client,
                () -> Mesh.of(cache.view()),
                () -> confirmed,
                () -> leading,
                bare,
                reports,
                new EventWriter(client, "operator-0", clock),
                () -> {},
                clock);
        confirmed = Optional.of(clock.instant());
        assertThat(bare.of(server())).containsExactly(tools + "/web-a", tools + "/web-b");
    }

    @AfterEach
    void stop() {
        evictor.close();
        cache.close();
        client.resource(server()).delete();
        client.admissionRegistration()
                .v1()
                .mutatingWebhookConfigurations()
                .withName("stockade-injector")
                .delete();
        await().atMost(PATIENCE)
                .until(() -> client.admissionRegistration()
                                .v1()
                                .mutatingWebhookConfigurations()
                                .withName("stockade-injector")
                                .get()
                        == null);
    }

    private <T extends HasMetadata> T apply(Class<T> type, String yaml) {
        return client.resource(client.getKubernetesSerialization().unmarshal(yaml.formatted(tools), type))
                .create();
    }

    private static void registerInjector() {
        MutatingWebhookConfiguration configuration = client.getKubernetesSerialization()
                .unmarshal(
                        """
                        apiVersion: admissionregistration.k8s.io/v1
                        kind: MutatingWebhookConfiguration
                        metadata: {name: stockade-injector}
                        webhooks:
                          - name: inject.stockade.dev
                            admissionReviewVersions: [v1]
                            clientConfig: {url: "https://localhost:%d/inject", caBundle: "%s"}
                            rules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
                            namespaceSelector: {matchLabels: {stockade.dev/mesh: enabled}}
                            failurePolicy: Fail
                            sideEffects: None
                        """.formatted(
                                webhooks.address().getPort(),
                                Base64.getEncoder()
                                        .encodeToString(CERTIFICATE.pem().getBytes(StandardCharsets.US_ASCII))),
                        MutatingWebhookConfiguration.class);
        client.resource(configuration).create();
    }

    private SecureMcpServer server() {
        return client.resources(SecureMcpServer.class)
                .inNamespace(tools)
                .withName("web")
                .get();
    }

    private Pod pod(String name) {
        ReplicaSet owner =
                client.apps().replicaSets().inNamespace(tools).withName("web").get();
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace(tools)
                .withName(name)
                .addToLabels("app", "web")
                .addNewOwnerReference()
                .withApiVersion("apps/v1")
                .withKind("ReplicaSet")
                .withName("web")
                .withUid(owner.getMetadata().getUid())
                .withController(true)
                .endOwnerReference()
                .endMetadata()
                .withNewSpec()
                .withServiceAccountName("default")
                .addNewContainer()
                .withName("app")
                .withImage("app")
                .endContainer()
                .endSpec()
                .build();
    }

    /** As the ReplicaSet's controller does. */
    private Pod create(String name) {
        return client.resource(pod(name)).create();
    }

    /** As the kubelet does. */
    private static void becomeReady(Pod pod) {
        client.resource(pod)
                .editStatus(p -> new PodBuilder(p)
                        .editOrNewStatus()
                        .withPhase("Running")
                        .addNewCondition()
                        .withType("Ready")
                        .withStatus("True")
                        .endCondition()
                        .endStatus()
                        .build());
    }

    /** As the budgets' controller does. */
    private void allow(int disruptions) {
        client.policy()
                .v1()
                .podDisruptionBudget()
                .inNamespace(tools)
                .withName("pdb")
                .editStatus(b -> new PodDisruptionBudgetBuilder(b)
                        .editOrNewStatus()
                        .withObservedGeneration(b.getMetadata().getGeneration())
                        .withExpectedPods(2)
                        .withCurrentHealthy(2)
                        .withDesiredHealthy(2 - disruptions)
                        .withDisruptionsAllowed(disruptions)
                        .withDisruptedPods(Map.of())
                        .endStatus()
                        .build());
    }

    private Restarting look() {
        clock.advance(Duration.ofSeconds(6));
        confirmed = confirmed.map(at -> clock.instant());
        evictor.look();
        return reports.of(server()).orElse(new Restarting(Reason.RESTARTING, "", false));
    }

    private List<String> pods() {
        return client.pods().inNamespace(tools).list().getItems().stream()
                .map(p -> p.getMetadata().getName())
                .sorted()
                .toList();
    }

    @Test
    void podsAreRestartedOneAfterAnotherAsTheBudgetPermits() {
        apply(PodDisruptionBudget.class, """
                apiVersion: policy/v1
                kind: PodDisruptionBudget
                metadata: {name: pdb, namespace: %s}
                spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}
                """);
        allow(0);

        // When the budget forbids it
        assertThat(look().reason()).isEqualTo(Reason.WAITING_FOR_BUDGET);
        assertThat(look().sentence())
                .startsWith("Pod " + tools + "/web-a has to wait: ")
                .contains("The disruption budget pdb needs 2 healthy pods and has 2 currently.");
        assertThat(pods()).containsExactly("web-a", "web-b");

        // When it permits one
        allow(1);
        assertThat(look().sentence()).startsWith("Evicted 1 pod so far. ");
        assertThat(pods()).containsExactly("web-b");
        allow(1);
        assertThat(look().sentence()).contains("Waits for ReplicaSet web, which shall have 2 pods and has 1 here.");
        Pod replacement = create("web-c");
        assertThat(replacement.getSpec().getInitContainers()).hasSize(1);
        assertThat(look().sentence()).contains("Waits for pod " + tools + "/web-c");
        assertThat(pods()).containsExactly("web-b", "web-c");

        // When the first is whole again
        becomeReady(replacement);
        assertThat(look().sentence()).startsWith("Evicted 2 pods so far. ");
        assertThat(pods()).containsExactly("web-c");
        becomeReady(create("web-d"));
        look();

        assertThat(reports.of(server())).isEmpty();
        assertThat(bare.of(server())).isEmpty();
        assertThat(client.v1().events().inNamespace(tools).list().getItems())
                .hasSize(2)
                .allSatisfy(event -> assertThat(event.getMessage()).startsWith("Evicted pod " + tools + "/web-"));
    }

    @Test
    void whereNewPodsCameWithoutASidecarNoMoreAreEvicted() {
        look();
        assertThat(pods()).containsExactly("web-b");
        client.namespaces()
                .withName(tools)
                .edit(n -> new NamespaceBuilder(n)
                        .editMetadata()
                        .addToLabels("stockade.dev/mesh", "disabled")
                        .endMetadata()
                        .build());
        await().atMost(PATIENCE)
                .until(() -> client.resource(pod("dry"))
                        .dryRun()
                        .create()
                        .getSpec()
                        .getInitContainers()
                        .isEmpty());
        becomeReady(create("web-c"));
        client.namespaces()
                .withName(tools)
                .edit(n -> new NamespaceBuilder(n)
                        .editMetadata()
                        .addToLabels("stockade.dev/mesh", "enabled")
                        .endMetadata()
                        .build());
        await().atMost(PATIENCE).until(() -> cache.view().inMesh(tools));

        Restarting stopped = look();

        assertThat(stopped.reason()).isEqualTo(Reason.EVICTION_STOPPED);
        assertThat(stopped.stalled()).isTrue();
        assertThat(stopped.sentence()).contains(tools + "/web-c");
        look();
        assertThat(pods()).containsExactly("web-b", "web-c");
    }

    @Test
    void whereNobodyWouldInjectNothingIsEvicted() {
        client.admissionRegistration()
                .v1()
                .mutatingWebhookConfigurations()
                .withName("stockade-injector")
                .delete();

        assertThat(look().sentence()).contains("MutatingWebhookConfiguration stockade-injector does not exist");
        assertThat(pods()).containsExactly("web-a", "web-b");
    }

    @Test
    void aReplicaThatDoesNotLeadEvictsNothing() {
        leading = false;

        look();

        assertThat(pods()).containsExactly("web-a", "web-b");
        assertThat(reports.of(server())).isEmpty();
    }

    @Test
    void aReplicaWhosePictureIsOldEvictsNothing() {
        confirmed = Optional.empty();

        assertThat(look().sentence()).contains("has not heard from the API server");
        assertThat(pods()).containsExactly("web-a", "web-b");
    }

    @Test
    void aPodOfAnOlderServerThatIsRestartedByHandIsLeftAlone() {
        // The older one has them; this one asks for a restart, and has none.
        client.resource(server()).delete();
        apply(SecureMcpServer.class, """
                apiVersion: stockade.dev/v1alpha1
                kind: SecureMcpServer
                metadata: {name: first, namespace: %s}
                spec: {selector: {matchLabels: {app: web}}, port: 3000}
                """);
        apply(SecureMcpServer.class, """
                apiVersion: stockade.dev/v1alpha1
                kind: SecureMcpServer
                metadata: {name: web, namespace: %s}
                spec: {selector: {matchLabels: {app: web}}, port: 3000, restart: Evict}
                """);
        await().atMost(PATIENCE)
                .until(() -> cache.view().servers().stream()
                                .filter(s -> s.getMetadata().getNamespace().equals(tools))
                                .count()
                        == 2);
        bare.of(server());

        look();

        assertThat(pods()).containsExactly("web-a", "web-b");
    }
}
