package dev.stockade.operator.control;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.stockade.crds.Definitions;
import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.trust.MeshTrust;
import dev.stockade.fixture.ApiServer;
import dev.stockade.wire.control.v1.AgentAccess;
import dev.stockade.wire.control.v1.SignResponse;
import dev.stockade.wire.control.v1.Snapshot;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each way of taking an identity away reaches the sidecars on both sides, and no certificate brings it back. */
class WithdrawalIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final AtomicInteger NUMBER = new AtomicInteger();

    @TempDir
    static Path folder;

    static ApiServer api;
    static Replica replica;

    KubernetesClient client;
    MeshNamespace mesh;
    Pod pod;
    Sidecar agent;
    Sidecar server;
    SignResponse certificate;

    @BeforeAll
    static void startApi() throws Exception {
        api = ApiServer.start(folder, Definitions.yaml());
        replica = new Replica(
                api.newClient(),
                "operator-0",
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                Optional::empty);
    }

    @AfterAll
    static void stopApi() {
        replica.close();
        api.close();
    }

    @BeforeEach
    void given() throws Exception {
        client = api.client();
        mesh = new MeshNamespace(client, "mesh-" + NUMBER.incrementAndGet());
        mesh.grant("echo");
        pod = mesh.agentPod("triage-1", "127.0.0.1");
        agent = new Sidecar(replica);
        server = new Sidecar(replica);
        certificate = signed(agent, pod);
        agent.subscribe(certificate, Map.of());
        server.subscribe(signed(server, mesh.serverPod("github-1", "127.0.0.1")), Map.of());
        await().atMost(PATIENCE)
                .until(() -> agentHas(Snapshot::hasAgent) && livePods().equals(uids(pod)));
    }

    @AfterEach
    void end() {
        agent.close();
        server.close();
    }

    private SignResponse signed(Sidecar sidecar, Pod of) {
        String token = mesh.token(of);
        AtomicReference<SignResponse> answer = new AtomicReference<>();
        await().atMost(PATIENCE)
                .ignoreExceptions()
                .untilAsserted(() -> answer.set(requireNonNull(sidecar.sign(token))));
        return requireNonNull(answer.get());
    }

    private static List<String> uids(Pod of) {
        return List.of(of.getMetadata().getUid());
    }

    private boolean agentHas(Predicate<Snapshot> what) {
        return !agent.snapshots.isEmpty() && what.test(agent.latest());
    }

    /** As the server's sidecar knows the agent. */
    private Optional<AgentAccess> access() {
        return server.snapshots.isEmpty()
                ? Optional.empty()
                : server.latest().getServer().getAgentsList().stream().findFirst();
    }

    private List<String> livePods() {
        return access().map(a -> List.copyOf(a.getPodUidsList())).orElse(List.of());
    }

    private Status refusal(Pod of) throws Exception {
        String token = mesh.token(of);
        Sidecar asks = new Sidecar(replica);
        return catchThrowableOfType(StatusRuntimeException.class, () -> asks.sign(token))
                .getStatus();
    }

    private void triage(String more) {
        mesh.apply(AgentIdentity.class, """
                apiVersion: stockade.dev/v1alpha1
                kind: AgentIdentity
                metadata: {name: triage}
                spec: {serviceAccountName: triage, selector: {matchLabels: {app: triage}}%s}
                """.formatted(more));
    }

    @Test
    void anAgentThatItsOwnerSuspendsIsRefusedOnBothSidesUntilThatEnds() throws Exception {
        triage(", suspended: true");
        await().atMost(PATIENCE)
                .until(() -> access().filter(AgentAccess::getSuspended).isPresent()
                        && agentHas(told -> told.getAgent().getSuspended()));
        assertThat(refusal(pod).getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
        // Its stream stays, so that it learns when that ends
        triage(", suspended: false");
        await().atMost(PATIENCE)
                .until(() -> access().filter(a -> !a.getSuspended()).isPresent()
                        && agentHas(told -> !told.getAgent().getSuspended()));
        assertThat(agent.ended.get()).isNull();
    }

    @Test
    void anAgentThatThePlatformSuspendsIsRefusedOnBothSides() throws Exception {
        MeshTrust trust = client.resource(
                        client.getKubernetesSerialization().unmarshal("""
                                apiVersion: stockade.dev/v1alpha1
                                kind: MeshTrust
                                metadata: {name: default}
                                spec: {trustDomain: test.local, suspended: [{namespace: %s, name: triage, reason: incident 42}]}
                                """.formatted(mesh.name), MeshTrust.class))
                .create();
        try {
            await().atMost(PATIENCE)
                    .until(() -> access().filter(AgentAccess::getSuspended).isPresent()
                            && agentHas(told -> told.getAgent().getSuspended()));
            assertThat(refusal(pod).getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
        } finally {
            client.resource(trust).delete();
        }
    }

    @Test
    void whereTheAgentIdentityIsDeletedNobodyIsThatAgentAnyMore() throws Exception {
        client.resources(AgentIdentity.class)
                .inNamespace(mesh.name)
                .withName("triage")
                .delete();
        learnsThatItIsNobody();
        await().atMost(PATIENCE).until(() -> access().isEmpty());
        assertThat(refusal(pod).getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    }

    @Test
    void whereTheServiceAccountIsDeletedItsPodsAreNobodyAlsoUnderAnotherOfThatName() throws Exception {
        // Given that both API times, of whole seconds, tell the pod from the second account
        Instant created = Instant.parse(pod.getMetadata().getCreationTimestamp());
        await().atMost(PATIENCE).until(() -> Instant.now().isAfter(created.plusSeconds(4)));
        // When
        client.serviceAccounts().inNamespace(mesh.name).withName("triage").delete();
        // Then
        learnsThatItIsNobody();
        await().atMost(PATIENCE).until(() -> livePods().isEmpty());
        // When there is another of that name
        client.resource(new ServiceAccountBuilder()
                        .withNewMetadata()
                        .withNamespace(mesh.name)
                        .withName("triage")
                        .endMetadata()
                        .build())
                .create();
        Pod anew = mesh.agentPod("triage-2", "127.0.0.1");
        // Then it is for new pods
        await().atMost(PATIENCE).until(() -> livePods().equals(uids(anew)));
        assertThat(signed(new Sidecar(replica), anew).getCertificatesCount()).isOne();
        Status refusal = refusal(pod);
        assertThat(refusal.getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
        assertThat(refusal.getDescription()).contains("Service account " + mesh.name + "/triage", "was deleted after");
        // And whoever still has its certificate is told that it is nobody
        try (Sidecar back = new Sidecar(replica, replica.server.address(), agent.key)) {
            back.subscribe(certificate, Map.of());
            await().atMost(PATIENCE).until(() -> back.ended.get() != null);
            assertThat(back.snapshots).noneMatch(Snapshot::hasAgent);
        }
    }

    private void learnsThatItIsNobody() {
        await().atMost(PATIENCE).until(() -> agent.ended.get() != null);
        assertThat(requireNonNull(agent.ended.get()).getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
        assertThat(agent.latest().hasAgent()).isFalse();
    }

    @Test
    void aPodDrainsWhenItIsToBeDeletedAndIsNobodyOnceItIs() throws Exception {
        // Given something that keeps it for a moment
        client.pods().inNamespace(mesh.name).withName("triage-1").edit(p -> {
            p.getMetadata().setFinalizers(List.of("test.local/wait"));
            return p;
        });
        // When
        client.pods()
                .inNamespace(mesh.name)
                .withName("triage-1")
                .withGracePeriod(0)
                .delete();
        // Then
        await().atMost(PATIENCE).until(() -> agentHas(Snapshot::getDraining));
        assertThat(agentHas(Snapshot::hasAgent)).isTrue();
        assertThat(livePods()).isEqualTo(uids(pod));
        // When it is gone
        client.pods().inNamespace(mesh.name).withName("triage-1").edit(p -> {
            p.getMetadata().setFinalizers(List.of());
            return p;
        });
        // Then
        await().atMost(PATIENCE)
                .until(() -> agent.ended.get() != null && livePods().isEmpty());
        assertThat(requireNonNull(agent.ended.get()).getDescription()).contains("does not exist any more");
    }

    @Test
    void whoWasAwayWhenItHappenedLearnsItWithTheFirstWord() throws Exception {
        // Given a server's sidecar that is away
        Map<String, Long> held = server.held();
        SignResponse its = signed(
                server,
                client.pods().inNamespace(mesh.name).withName("github-1").get());
        server.close();
        triage(", suspended: true");
        await().atMost(PATIENCE).until(() -> agentHas(told -> told.getAgent().getSuspended()));
        // When it comes back
        try (Sidecar back = new Sidecar(replica, replica.server.address(), server.key)) {
            back.subscribe(its, held);
            await().atMost(PATIENCE).until(() -> !back.snapshots.isEmpty());
            // Then
            assertThat(back.snapshots.getFirst().getServer().getAgents(0).getSuspended())
                    .isTrue();
        }
    }
}
