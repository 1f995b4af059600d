package dev.stockade.operator.leadership;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.stockade.crds.Definitions;
import dev.stockade.crds.access.McpAccessPolicy;
import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.common.Condition;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.crds.trust.MeshTrust;
import dev.stockade.fixture.ApiServer;
import dev.stockade.model.identity.BoundPod;
import dev.stockade.operator.acks.Shown;
import dev.stockade.operator.acks.SidecarRegistry;
import dev.stockade.operator.authority.AuthorityState;
import dev.stockade.operator.cluster.ClusterCache;
import dev.stockade.operator.status.ChangeFeed;
import dev.stockade.operator.status.Conditions;
import dev.stockade.operator.status.Evidence;
import dev.stockade.operator.status.Finding;
import dev.stockade.operator.status.LiveBarePods;
import dev.stockade.operator.status.Mesh;
import dev.stockade.operator.status.Outdated;
import dev.stockade.operator.status.Reason;
import dev.stockade.operator.status.Tenure;
import dev.stockade.wire.control.v1.Source;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicySpec;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The reconcilers against a real API server; sidecars are what the registry is told. */
class ReconcilersIT {
    private static final DateTimeFormatter MICRO_TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'");
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final AtomicInteger NAMESPACES = new AtomicInteger();

    @TempDir
    private static Path folder;

    private static ApiServer api;
    private static KubernetesClient client;

    private final String tools = "tools-" + NAMESPACES.incrementAndGet();
    private final SidecarRegistry sidecars = new SidecarRegistry(pod -> Duration.ofHours(1), Clock.systemUTC());
    private final ChangeFeed changes = new ChangeFeed();
    private ClusterCache cache;
    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private Reconcilers reconcilers;

    @BeforeAll
    static void startApi() throws IOException {
        api = ApiServer.start(folder, Definitions.yaml());
        client = api.client();
    }

    @AfterAll
    static void stopApi() {
        if (api != null) {
            api.close();
        }
    }

    @BeforeEach
    void start() {
        client.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(tools)
                        .addToLabels("stockade.dev/mesh", "enabled")
                        .endMetadata()
                        .build())
                .create();
        // No controller of the cluster's own runs here, which would make it.
        client.resource(new ServiceAccountBuilder()
                        .withNewMetadata()
                        .withNamespace(tools)
                        .withName("default")
                        .endMetadata()
                        .build())
                .create();
        cache = new ClusterCache(client, "stockade.local", "cluster.local", Clock.systemUTC());
        reconcilers = standing("operator-0/192.0.2.1", Duration.ofSeconds(3));
        cache.onChange(changes::changed);
        sidecars.onChange(changes::changed);
        cache.start();
        await().atMost(PATIENCE).until(cache::synced);
        reconcilers.start();
        await().atMost(PATIENCE).until(reconcilers::leading);
    }

    /** One that stands for election under this identity; its lease lasts that long where nobody renews it. */
    private Reconcilers standing(String identity, Duration lease) {
        return Reconcilers.of(
                client,
                new Election(
                        "default", "operator-" + tools, identity, lease, lease.minusSeconds(1), Duration.ofMillis(200)),
                new Evidence(
                        () -> Mesh.of(cache.view()),
                        sidecars,
                        new LiveBarePods(client, Clock.systemUTC()),
                        (server, pods, managed) -> Finding.unknown("MeshOnly", Reason.PROBING, "Nobody tries here."),
                        new Outdated("test"),
                        new Tenure(),
                        Clock.systemUTC()),
                () -> new AuthorityState.Refusing("Secret stockade-ca is gone. Restore it.", true),
                Optional.empty(),
                changes,
                meters);
    }

    @AfterEach
    void stop() {
        reconcilers.close();
        changes.close();
        cache.close();
    }

    private <T extends HasMetadata> T apply(Class<T> type, String yaml) {
        return client.resource(client.getKubernetesSerialization().unmarshal(yaml.formatted(tools), type))
                .create();
    }

    private SecureMcpServer server(String name, String spec) {
        return apply(SecureMcpServer.class, """
                apiVersion: stockade.dev/v1alpha1
                kind: SecureMcpServer
                metadata: {name: %s, namespace: %%s}
                spec: %s
                """.formatted(name, spec));
    }

    private SecureMcpServer edit(String name, String spec) {
        return client.resources(SecureMcpServer.class)
                .inNamespace(tools)
                .withName(name)
                .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\":" + spec + "}");
    }

    /** An injected pod that runs, as the API server would have it. */
    private Pod pod(String name, String labels) {
        Pod created = apply(Pod.class, """
                apiVersion: v1
                kind: Pod
                metadata: {name: %s, namespace: %%s, labels: {stockade.dev/sidecar: injected, app: %s}}
                spec:
                  initContainers:
                    - name: stockade-sidecar
                      image: sidecar
                      restartPolicy: Always
                      env: [{name: STOCKADE_POD_LABELS, value: '{"app":"%s"}'}]
                  containers: [{name: app, image: app, ports: [{containerPort: 3000}]}]
                """.formatted(name, labels, labels));
        return client.resource(created)
                .editStatus(p -> p.edit()
                        .editOrNewStatus()
                        .withPhase("Running")
                        .withPodIP("192.0.2.9")
                        .addNewPodIP("192.0.2.9")
                        .endStatus()
                        .build());
    }

    private void acknowledge(Pod pod, HasMetadata... sources) {
        BoundPod bound = new BoundPod(
                pod.getMetadata().getNamespace(),
                pod.getMetadata().getName(),
                pod.getMetadata().getUid(),
                1);
        sidecars.connected(bound, "test", Shown.certificate());
        sidecars.acknowledged(
                bound,
                "v",
                List.of(sources).stream()
                        .map(r -> Source.newBuilder()
                                .setUid(r.getMetadata().getUid())
                                .setGeneration(r.getMetadata().getGeneration())
                                .build())
                        .toList(),
                Duration.ofHours(1));
    }

    private static String state(List<Condition> conditions, String type) {
        return Conditions.find(conditions, type)
                .map(c -> c.status() + " " + c.reason())
                .orElse("none");
    }

    private String serverState(SecureMcpServer server, String type) {
        return state(client.resource(server).get().getStatus().conditions(), type);
    }

    private String policyState(McpAccessPolicy policy, String type) {
        return state(client.resource(policy).get().getStatus().conditions(), type);
    }

    private void awaitServer(SecureMcpServer server, String type, String expected) {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(serverState(server, type)).isEqualTo(expected));
    }

    @Test
    void aServerIsReadyOnceItsSidecarHasAcknowledged() {
        Pod pod = pod("web-0", "web");
        SecureMcpServer server = server("web", "{selector: {matchLabels: {app: web}}, port: 3000}");
        awaitServer(server, "PolicyEnforced", "UNKNOWN Waiting");
        awaitServer(server, "Ready", "UNKNOWN Waiting");

        acknowledge(pod, server);

        awaitServer(server, "PolicyEnforced", "TRUE Acknowledged");
        awaitServer(server, "Ready", "TRUE Enforced");
        assertThat(serverState(server, "MeshOnly")).isEqualTo("UNKNOWN Probing");
        assertThat(client.resource(server).get().getStatus())
                .satisfies(status -> assertThat(status.observedGeneration()).isEqualTo(1))
                .satisfies(status -> assertThat(status.sidecars()).isEqualTo("1/1"));
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(
                                client.v1().events().inNamespace(tools).list().getItems())
                        .filteredOn(e -> e.getInvolvedObject().getName().equals("web"))
                        .extracting(e -> e.getType() + " " + e.getReason())
                        .containsExactly("Normal Enforced"));
    }

    @Test
    void aNewGenerationIsUnknownUntilItIsAcknowledged() {
        Pod pod = pod("web-0", "web");
        SecureMcpServer server = server("web", "{selector: {matchLabels: {app: web}}, port: 3000}");
        acknowledge(pod, server);
        awaitServer(server, "Ready", "TRUE Enforced");

        SecureMcpServer edited = edit("web", "{\"openPorts\":[9090]}");
        awaitServer(server, "Ready", "UNKNOWN Waiting");

        acknowledge(pod, edited);

        awaitServer(server, "Ready", "TRUE Enforced");
        assertThat(client.resource(server).get().getStatus().observedGeneration())
                .isEqualTo(2);
    }

    @Test
    void whatHasNotChangedIsNotWrittenAgain() {
        Pod pod = pod("web-0", "web");
        SecureMcpServer server = server("web", "{selector: {matchLabels: {app: web}}, port: 3000}");
        acknowledge(pod, server);
        awaitServer(server, "Ready", "TRUE Enforced");
        Resource<NetworkPolicy> policy = networkPolicy("web");
        await().atMost(PATIENCE).until(() -> policy.get() != null);
        String status = client.resource(server).get().getMetadata().getResourceVersion();
        String network = policy.get().getMetadata().getResourceVersion();

        for (int i = 0; i < 3; i++) {
            // Each wakes every reconciliation; that this one is through shows in its own status.
            SecureMcpServer other = server("other-" + i, "{selector: {matchLabels: {app: other}}, port: 3000}");
            awaitServer(other, "Ready", "TRUE NoPods");
        }

        assertThat(client.resource(server).get().getMetadata().getResourceVersion())
                .isEqualTo(status);
        assertThat(policy.get().getMetadata().getResourceVersion()).isEqualTo(network);
    }

    private Resource<NetworkPolicy> networkPolicy(String server) {
        return client.network().v1().networkPolicies().inNamespace(tools).withName("stockade-" + server);
    }

    private static List<Integer> ports(NetworkPolicy policy) {
        return policy.getSpec().getIngress().getFirst().getPorts().stream()
                .map(p -> p.getPort().getIntVal())
                .toList();
    }

    @Test
    void theNetworkPolicyIsMadeAndPutBack() {
        SecureMcpServer server = server("web", "{selector: {matchLabels: {app: web}}, port: 3000, openPorts: [9090]}");
        Resource<NetworkPolicy> policy = networkPolicy("web");
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(policy.get()).isNotNull());
        assertThat(ports(policy.get())).containsExactly(15008, 15020, 9090);
        assertThat(policy.get().getMetadata().getOwnerReferences())
                .extracting(o -> o.getUid())
                .containsExactly(server.getMetadata().getUid());

        policy.edit(p -> p.edit()
                .editSpec()
                .editFirstIngress()
                .withPorts()
                .endIngress()
                .endSpec()
                .build());
        await().atMost(PATIENCE)
                .untilAsserted(() ->
                        assertThat(ports(Objects.requireNonNull(policy.get()))).containsExactly(15008, 15020, 9090));

        policy.delete();
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(policy.get()).isNotNull());
        assertThat(client.resource(server).get().getMetadata().getFinalizers()).isEmpty();
    }

    private List<String> putBack() {
        return client.v1().events().inNamespace(tools).list().getItems().stream()
                .filter(e -> e.getReason().equals("NetworkPolicyPutBack"))
                .sorted(Comparator.comparingLong(
                        e -> Long.parseLong(e.getMetadata().getResourceVersion())))
                .map(e -> e.getType() + " " + e.getInvolvedObject().getName() + ": " + e.getMessage())
                .toList();
    }

    @Test
    void whoeverChangesTheNetworkPolicyIsToldSoAndItIsPutBack() {
        server("web", "{selector: {matchLabels: {app: web}}, port: 3000}");
        Resource<NetworkPolicy> policy = networkPolicy("web");
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(policy.get()).isNotNull());
        NetworkPolicySpec wanted = policy.get().getSpec();
        List<UnaryOperator<NetworkPolicySpec>> ways = List.of(
                spec -> spec.edit().editFirstIngress().withPorts().endIngress().build(),
                spec -> spec.edit().addNewIngress().endIngress().build(),
                spec -> spec.edit()
                        .editPodSelector()
                        .addToMatchLabels("tier", "none")
                        .endPodSelector()
                        .build(),
                spec -> spec.edit().withPolicyTypes("Egress").build());

        for (int i = 0; i < ways.size(); i++) {
            UnaryOperator<NetworkPolicySpec> way = ways.get(i);
            policy.edit(p -> p.edit().withSpec(way.apply(p.getSpec())).build());

            int said = i + 1;
            await().atMost(PATIENCE).untilAsserted(() -> {
                assertThat(Objects.requireNonNull(policy.get()).getSpec()).isEqualTo(wanted);
                assertThat(putBack()).hasSize(said);
            });
        }
        assertThat(putBack())
                .allMatch(event -> event.startsWith(
                        "Warning web: NetworkPolicy stockade-web was changed by somebody else, and is again"));
    }

    @Test
    void aNetworkPolicyThatIsDeletedComesBackAndThatIsSaid() {
        server("web", "{selector: {matchLabels: {app: web}}, port: 3000}");
        Resource<NetworkPolicy> policy = networkPolicy("web");
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(policy.get()).isNotNull());

        policy.delete();

        await().atMost(PATIENCE).untilAsserted(() -> {
            assertThat(policy.get()).isNotNull();
            assertThat(putBack())
                    .singleElement()
                    .asString()
                    .startsWith("Warning web: NetworkPolicy stockade-web was deleted by somebody else");
        });
    }

    @Test
    void whatTheOwnerOfTheServerChangesIsNoPutBack() {
        Pod pod = pod("web-0", "web");
        SecureMcpServer server = server("web", "{selector: {matchLabels: {app: web}}, port: 3000}");
        acknowledge(pod, server);
        awaitServer(server, "Ready", "TRUE Enforced");

        acknowledge(pod, edit("web", "{\"openPorts\":[9090]}"));
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(ports(networkPolicy("web").get())).contains(9090));
        edit("web", "{\"isolation\":\"None\"}");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(networkPolicy("web").get()).isNull());
        edit("web", "{\"isolation\":\"Managed\"}");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(networkPolicy("web").get()).isNotNull());
        // The reconciliation that made it is through once another server's status is there.
        SecureMcpServer other = server("other", "{selector: {matchLabels: {app: other}}, port: 3000}");
        awaitServer(other, "Ready", "TRUE NoPods");

        assertThat(putBack()).isEmpty();
    }

    @Test
    void aServerInANamespaceThatIsBeingDeletedIsStillReported() {
        server("ending", "{selector: {matchLabels: {app: a}}, port: 3000}");
        Resource<NetworkPolicy> policy = networkPolicy("ending");
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(policy.get()).isNotNull());
        // There is no namespace controller here: the namespace stays as it is while its contents are being deleted.
        client.namespaces().withName(tools).delete();
        policy.delete();

        long edited = edit("ending", "{\"openPorts\":[9090]}").getMetadata().getGeneration();

        await().atMost(PATIENCE)
                .until(() -> client.resources(SecureMcpServer.class)
                                .inNamespace(tools)
                                .withName("ending")
                                .get()
                                .getStatus()
                                .observedGeneration()
                        == edited);
    }

    @Test
    void aTeamThatBringsItsOwnNetworkPolicyGetsNone() {
        server("web", "{selector: {matchLabels: {app: web}}, port: 3000}");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(networkPolicy("web").get()).isNotNull());

        edit("web", "{\"isolation\":\"None\"}");

        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(networkPolicy("web").get()).isNull());
    }

    @Test
    void aPolicyIsCompletedWhenItsNamesAppear() {
        McpAccessPolicy policy = apply(McpAccessPolicy.class, """
                apiVersion: stockade.dev/v1alpha1
                kind: McpAccessPolicy
                metadata: {name: reads, namespace: %1$s}
                spec:
                  agents: [{namespace: %1$s, name: triage}]
                  servers: [{name: web}]
                  allow: [{tools: [echo]}]
                """);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(policyState(policy, "Ready")).isEqualTo("FALSE Unresolved"));
        assertThat(policyState(policy, "Accepted")).isEqualTo("TRUE Accepted");
        assertThat(client.resource(policy).get().getStatus().unresolved()).hasSize(2);

        Pod pod = pod("web-0", "web");
        SecureMcpServer server = server("web", "{selector: {matchLabels: {app: web}}, port: 3000}");
        AgentIdentity agent = apply(AgentIdentity.class, """
                apiVersion: stockade.dev/v1alpha1
                kind: AgentIdentity
                metadata: {name: triage, namespace: %s}
                spec: {serviceAccountName: triage}
                """);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(policyState(policy, "Ready")).isEqualTo("UNKNOWN Waiting"));

        acknowledge(pod, server, agent, policy);

        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(policyState(policy, "Ready")).isEqualTo("TRUE Enforced"));
        assertThat(client.resource(policy).get().getStatus().unresolved()).isEmpty();
    }

    @Test
    void theSecondClaimantSaysSoAndChangesNothing() {
        SecureMcpServer first = server("b-first", "{selector: {matchLabels: {app: web}}, port: 3000}");
        // Creation times have whole seconds, and of two equal ones the name decides.
        await().atMost(PATIENCE)
                .until(() -> ZonedDateTime.now(ZoneOffset.UTC)
                        .isAfter(ZonedDateTime.parse(first.getMetadata().getCreationTimestamp())
                                .plusSeconds(1)));
        SecureMcpServer second =
                server("a-second", "{selector: {matchLabels: {app: web}}, port: 3000, openPorts: [22]}");
        pod("web-0", "web");

        awaitServer(second, "Ready", "FALSE Conflict");
        assertThat(Conditions.find(client.resource(second).get().getStatus().conditions(), "Ready")
                        .map(Condition::message))
                .hasValueSatisfying(message -> assertThat(message).contains(tools + "/b-first", tools + "/web-0"));
        awaitServer(first, "Accepted", "TRUE NoService");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(networkPolicy("a-second").get()).isNull());
    }

    @Test
    void aPodWithoutASidecarIsNamed() {
        apply(Pod.class, """
                apiVersion: v1
                kind: Pod
                metadata: {name: old-0, namespace: %s, labels: {app: web}}
                spec: {serviceAccountName: default, containers: [{name: app, image: app}]}
                """);

        SecureMcpServer server = server("web", "{selector: {matchLabels: {app: web}}, port: 3000}");

        awaitServer(server, "Injected", "FALSE PodsWithoutSidecar");
        assertThat(Conditions.find(client.resource(server).get().getStatus().conditions(), "Injected")
                        .map(Condition::message))
                .hasValueSatisfying(message -> assertThat(message).contains(tools + "/old-0", "restart"));
    }

    @Test
    void theTrustSaysThatTheAuthorityRefuses() {
        MeshTrust trust = apply(MeshTrust.class, """
                apiVersion: stockade.dev/v1alpha1
                kind: MeshTrust
                metadata: {name: default}
                spec: {trustDomain: stockade.local}
                # %s
                """);

        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(
                                state(client.resource(trust).get().getStatus().conditions(), "Stalled"))
                        .isEqualTo("TRUE AuthorityRefuses"));
        client.resource(trust).delete();
    }

    @Test
    void aLostLeaseEndsTheTermAndNotTheProcess() {
        Resource<Lease> lease = client.leases().inNamespace("default").withName("operator-" + tools);
        // A merge without a resourceVersion: the holder renews in between, and a conflict would prove nothing.
        lease.patch(PatchContext.of(PatchType.JSON_MERGE), """
                {"spec": {"holderIdentity": "operator-1/192.0.2.2", "renewTime": "%s", "leaseDurationSeconds": 3}}
                """.formatted(
                        MICRO_TIME.format(ZonedDateTime.now(ZoneOffset.UTC))));
        await().atMost(PATIENCE).until(() -> !reconcilers.leading());
        SecureMcpServer server = server("web", "{selector: {matchLabels: {app: web}}, port: 3000}");

        await().atMost(PATIENCE).until(reconcilers::leading);

        assertThat(Optional.ofNullable(lease.get()).map(l -> l.getSpec().getHolderIdentity()))
                .contains("operator-0/192.0.2.1");
        awaitServer(server, "Ready", "TRUE NoPods");
    }

    @Test
    void aCleanStopGivesTheLeaseBack() {
        reconcilers.close();

        assertThat(Optional.ofNullable(client.leases()
                                .inNamespace("default")
                                .withName("operator-" + tools)
                                .get())
                        .map(l -> l.getSpec().getHolderIdentity())
                        .filter(holder -> !holder.isEmpty()))
                .isEmpty();
    }

    @Test
    void afterACleanStopAnotherReplicaWritesThoughTheLeaseWouldLastForAnHour() {
        // Given a leader whose lease nobody could wait for, and another one that stands by
        reconcilers.close();
        Reconcilers leader = standing("operator-1/192.0.2.2", Duration.ofHours(1));
        leader.start();
        await().atMost(PATIENCE).until(leader::leading);
        reconcilers = standing("operator-2/192.0.2.3", Duration.ofHours(1));
        reconcilers.start();

        // When the leader stops in good order, and something is to be written
        leader.close();
        Pod pod = pod("web-0", "web");
        SecureMcpServer server = server("web", "{selector: {matchLabels: {app: web}}, port: 3000}");
        acknowledge(pod, server);

        // Then the other leads and writes it
        awaitServer(server, "Ready", "TRUE Enforced");
        assertThat(reconcilers.leading()).isTrue();
        assertThat(leader.leading()).isFalse();
    }
}
