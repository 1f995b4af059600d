package dev.stockade.operator.control;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.stockade.crds.Definitions;
import dev.stockade.crds.access.McpAccessPolicy;
import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.fixture.ApiServer;
import dev.stockade.wire.control.v1.SignResponse;
import dev.stockade.wire.control.v1.SignedCertificate;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sign and Subscribe against a real API server: real tokens, real reviews, real watches. */
class ControlChannelIT {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final AtomicInteger NUMBER = new AtomicInteger();

    @TempDir
    static Path folder;

    static ApiServer api;
    static Replica replica;

    KubernetesClient client;
    MeshNamespace mesh;

    @BeforeAll
    static void start() throws Exception {
        api = ApiServer.start(folder, Definitions.yaml());
        replica = new Replica(
                api.newClient(),
                "operator-0",
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                Optional::empty);
    }

    @AfterAll
    static void stop() {
        replica.close();
        api.close();
    }

    @BeforeEach
    void namespace() {
        client = api.client();
        mesh = new MeshNamespace(client, "mesh-" + NUMBER.incrementAndGet());
        await().atMost(PATIENCE)
                .until(() -> replica.cache.view().inMesh(mesh.name)
                        && replica.cache.view().agents().stream()
                                .anyMatch(a -> a.getMetadata().getNamespace().equals(mesh.name))
                        && replica.cache.view().servers().stream()
                                .anyMatch(s -> s.getMetadata().getNamespace().equals(mesh.name)));
    }

    private static Status.Code refused(@Nullable String token) {
        return refusal(token).getCode();
    }

    private static Status refusal(@Nullable String token) {
        return catchThrowableOfType(StatusRuntimeException.class, () -> new Sidecar(replica).sign(token))
                .getStatus();
    }

    private static Status.Code ended(Sidecar sidecar) {
        return requireNonNull(sidecar.ended.get()).getCode();
    }

    @Test
    void aPodThatProvesItselfGetsTheCertificateOfItsIdentity() throws Exception {
        // Given
        Pod pod = mesh.agentPod("triage-1", "127.0.0.1");
        // When
        SignResponse signed = new Sidecar(replica).sign(mesh.token(pod));
        // Then
        assertThat(signed.getCertificatesList())
                .singleElement()
                .satisfies(c ->
                        assertThat(c.getSpiffeId()).isEqualTo("spiffe://test.local/ns/" + mesh.name + "/agent/triage"));
        assertThat(signed.getTrust().getRootsCount()).isOne();
        Peer peer = new PeerVerifier(replica.authority::trust, Replica.TRUST_DOMAIN, Clock.systemUTC())
                .client(Sidecar.chain(signed).toArray(new X509Certificate[0]));
        assertThat(peer).isInstanceOfSatisfying(Peer.Workload.class, workload -> {
            assertThat(workload.pod().name()).isEqualTo("triage-1");
            assertThat(workload.pod().uid()).isEqualTo(pod.getMetadata().getUid());
        });
    }

    @Test
    void withoutATokenThereIsNoCertificate() {
        mesh.agentPod("triage-1", "127.0.0.1");
        assertThat(refused(null)).isEqualTo(Status.Code.UNAUTHENTICATED);
    }

    @Test
    void aTokenForAnotherAudienceIsRefused() {
        Pod pod = mesh.agentPod("triage-1", "127.0.0.1");
        assertThat(refused(mesh.token(pod, "https://localhost"))).isEqualTo(Status.Code.UNAUTHENTICATED);
    }

    @Test
    void theTokenOfADeletedPodIsRefused() {
        // Given
        Pod pod = mesh.agentPod("triage-1", "127.0.0.1");
        String token = mesh.token(pod);
        client.resource(pod).withGracePeriod(0).delete();
        await().atMost(PATIENCE).until(() -> client.resource(pod).get() == null);
        // When, then: the API server itself rejects it, or we find no pod; neither gives a certificate
        await().atMost(PATIENCE)
                .untilAsserted(() ->
                        assertThat(refused(token)).isIn(Status.Code.UNAUTHENTICATED, Status.Code.PERMISSION_DENIED));
    }

    @Test
    void aTokenReplayedFromAnotherAddressIsRefusedAndBothAddressesAreNamed() {
        Pod pod = mesh.agentPod("triage-1", "10.9.8.7");
        Status refusal = refusal(mesh.token(pod));
        assertThat(refusal.getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
        assertThat(refusal.getDescription()).contains("127.0.0.1", "10.9.8.7");
    }

    @Test
    void aPodWhoseAddressIsNotKnownYetIsToldToAskAgain() throws Exception {
        // Given
        Pod pod = mesh.agentPod("triage-1");
        String token = mesh.token(pod);
        assertThat(refused(token)).isEqualTo(Status.Code.UNAVAILABLE);
        // When
        mesh.giveAddresses(pod, "127.0.0.1");
        // Then
        assertThat(new Sidecar(replica).sign(token).getCertificatesCount()).isOne();
    }

    @Test
    void labelsAddedAfterAdmissionYieldNoIdentity() {
        // Given a pod that nothing selects
        Pod pod = mesh.pod("other", "other", "triage", "127.0.0.1");
        // When it takes the labels of an agent
        client.pods().inNamespace(mesh.name).withName("other").edit(p -> {
            p.getMetadata().getLabels().put("app", "triage");
            return p;
        });
        // Then
        Status refusal = refusal(mesh.token(pod));
        assertThat(refusal.getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(client.v1()
                                .events()
                                .inNamespace(mesh.name)
                                .list()
                                .getItems())
                        .extracting(Event::getReason)
                        .contains("WaitingForIdentity"));
    }

    @Test
    void aSuspendedAgentGetsNoCertificate() {
        // Given
        Pod pod = mesh.agentPod("triage-1", "127.0.0.1");
        suspend(true);
        // When, then
        await().atMost(PATIENCE)
                .ignoreExceptions()
                .untilAsserted(() -> assertThat(refused(mesh.token(pod))).isEqualTo(Status.Code.PERMISSION_DENIED));
    }

    private void suspend(boolean suspended) {
        mesh.apply(AgentIdentity.class, """
                apiVersion: stockade.dev/v1alpha1
                kind: AgentIdentity
                metadata: {name: triage}
                spec: {serviceAccountName: triage, selector: {matchLabels: {app: triage}}, suspended: %s}
                """.formatted(suspended));
    }

    @Test
    void aSubscriptionBringsTheRulesAndTheirChangeAndCountsAcknowledgements() throws Exception {
        // Given
        McpAccessPolicy policy = mesh.grant("echo");
        Pod pod = mesh.serverPod("github-1", "127.0.0.1");
        Sidecar sidecar = new Sidecar(replica);
        try (sidecar) {
            // When
            sidecar.subscribe(sidecar.sign(mesh.token(pod)), Map.of());
            // Then
            await().atMost(PATIENCE).until(() -> tools(sidecar).equals(List.of("echo")));
            String uid = pod.getMetadata().getUid();
            await().atMost(PATIENCE)
                    .until(() -> replica.registry
                            .report(uid)
                            .orElseThrow()
                            .has(policy.getMetadata().getUid(), 1));
            // When the policy changes
            McpAccessPolicy changed = mesh.grant("get_issue");
            // Then
            await().atMost(PATIENCE).until(() -> tools(sidecar).equals(List.of("get_issue")));
            await().atMost(PATIENCE)
                    .until(() -> replica.registry
                            .report(uid)
                            .orElseThrow()
                            .has(
                                    changed.getMetadata().getUid(),
                                    changed.getMetadata().getGeneration()));
            assertThat(sidecar.latest().getCompiledAtMap()).containsKeys("pods", "mcpaccesspolicies.stockade.dev");
            await().atMost(PATIENCE).until(() -> !sidecar.heartbeats.isEmpty());
        }
        // When it goes
        await().atMost(PATIENCE)
                .until(() -> !replica.registry
                        .report(pod.getMetadata().getUid())
                        .orElseThrow()
                        .connected());
    }

    private static List<String> tools(Sidecar sidecar) {
        return sidecar.snapshots.isEmpty()
                ? List.of()
                : sidecar.latest().getServer().getPoliciesList().stream()
                        .flatMap(p -> p.getAllowList().stream())
                        .flatMap(r -> r.getToolsList().stream())
                        .toList();
    }

    @Test
    void theSubscriptionOfADeletedPodIsEnded() throws Exception {
        // Given
        Pod pod = mesh.agentPod("triage-1", "127.0.0.1");
        try (Sidecar sidecar = new Sidecar(replica)) {
            sidecar.subscribe(sidecar.sign(mesh.token(pod)), Map.of());
            await().atMost(PATIENCE).until(() -> !sidecar.snapshots.isEmpty());
            // When
            client.resource(pod).withGracePeriod(0).delete();
            // Then
            await().atMost(PATIENCE).until(() -> sidecar.ended.get() != null);
            assertThat(ended(sidecar)).isEqualTo(Status.Code.PERMISSION_DENIED);
        }
    }

    @Test
    void anIdentityThatEndsIsLearnedBeforeTheSubscriptionIsEnded() throws Exception {
        // Given
        Pod pod = mesh.agentPod("triage-1", "127.0.0.1");
        try (Sidecar sidecar = new Sidecar(replica)) {
            sidecar.subscribe(sidecar.sign(mesh.token(pod)), Map.of());
            await().atMost(PATIENCE).until(() -> !sidecar.snapshots.isEmpty());
            assertThat(sidecar.latest().hasAgent()).isTrue();
            // When
            client.resources(AgentIdentity.class)
                    .inNamespace(mesh.name)
                    .withName("triage")
                    .delete();
            // Then
            await().atMost(PATIENCE).until(() -> sidecar.ended.get() != null);
            assertThat(sidecar.latest().hasAgent()).isFalse();
        }
    }

    @Test
    void aSubscriptionNeedsACertificateOfAPod() throws Exception {
        try (Sidecar sidecar = new Sidecar(replica)) {
            sidecar.subscribe(
                    SignResponse.newBuilder()
                            .addCertificates(SignedCertificate.getDefaultInstance())
                            .build(),
                    Map.of());
            await().atMost(PATIENCE).until(() -> sidecar.ended.get() != null);
            assertThat(ended(sidecar)).isEqualTo(Status.Code.UNAUTHENTICATED);
        }
    }

    @Test
    void aSidecarThatHasSeenMoreIsAnsweredOnceTheCachesHaveReachedThat() throws Exception {
        // Given a version that this replica's watch has not brought yet, but the API server has
        Pod pod = mesh.agentPod("triage-1", "127.0.0.1");
        long reached = Long.parseLong(
                client.pods().inAnyNamespace().list().getMetadata().getResourceVersion());
        try (Sidecar sidecar = new Sidecar(replica)) {
            // When
            sidecar.subscribe(
                    sidecar.sign(mesh.token(pod)),
                    Map.of("mcpaccesspolicies.stockade.dev", reached, "meshtrusts.stockade.dev", reached));
            // Then
            await().atMost(PATIENCE).until(() -> !sidecar.snapshots.isEmpty());
            assertThat(sidecar.latest().getCompiledAtMap().get("meshtrusts.stockade.dev"))
                    .isGreaterThanOrEqualTo(reached);
        }
    }
}
