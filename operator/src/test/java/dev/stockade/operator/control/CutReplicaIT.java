package dev.stockade.operator.control;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.stockade.crds.Definitions;
import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.fixture.ApiServer;
import dev.stockade.wire.control.v1.AgentAccess;
import dev.stockade.wire.control.v1.SignResponse;
import dev.stockade.wire.control.v1.Snapshot;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.grpc.Status;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Two replicas, of which one has lost the API server and does not know what has happened since. */
class CutReplicaIT {
    private static final Duration PATIENCE = Duration.ofSeconds(150);
    private static final AtomicInteger NUMBER = new AtomicInteger();

    /** How the API server is lost. */
    enum Loss {
        SILENT {
            @Override
            void happen(TcpProxy network) {
                network.silence();
            }
        },
        CUT {
            @Override
            void happen(TcpProxy network) {
                network.cut();
            }
        };

        abstract void happen(TcpProxy network);
    }

    /** Goes as the system's does, and jumps where the test has no time to wait. */
    private static final class JumpingClock extends Clock {
        private volatile Duration ahead = Duration.ZERO;

        @Override
        public Instant instant() {
            return Instant.now().plus(ahead);
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }

    @TempDir
    static Path folder;

    static ApiServer api;

    private final JumpingClock clock = new JumpingClock();

    TcpProxy network;
    Replica healthy;
    Replica lost;
    MeshNamespace mesh;

    @BeforeAll
    static void startApi() throws Exception {
        api = ApiServer.start(folder, Definitions.yaml());
    }

    @AfterAll
    static void stopApi() {
        api.close();
    }

    @BeforeEach
    void start() throws Exception {
        Config direct = api.client().getConfiguration();
        URI server = URI.create(direct.getMasterUrl());
        network = new TcpProxy(new InetSocketAddress(server.getHost(), server.getPort()));
        healthy = replica("healthy", api.newClient());
        lost = replica(
                "lost",
                new KubernetesClientBuilder()
                        .withConfig(new ConfigBuilder(direct)
                                .withMasterUrl("https://" + server.getHost() + ":"
                                        + network.address().getPort())
                                .build())
                        .build());
        mesh = new MeshNamespace(api.client(), "mesh-" + NUMBER.incrementAndGet());
        mesh.grant("echo");
    }

    private Replica replica(String name, KubernetesClient client) throws Exception {
        return new Replica(
                client, name, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), Optional::empty, clock);
    }

    @AfterEach
    void stop() throws Exception {
        // First, so that nothing waits for an answer that does not come.
        network.close();
        lost.close();
        healthy.close();
    }

    private SignResponse signed(Sidecar sidecar, Pod pod) {
        String token = mesh.token(pod);
        AtomicReference<SignResponse> answer = new AtomicReference<>();
        await().atMost(PATIENCE)
                .ignoreExceptions()
                .untilAsserted(() -> answer.set(requireNonNull(sidecar.sign(token))));
        return requireNonNull(answer.get());
    }

    /** Whether the server's sidecar is told that the agent is suspended; empty while the agent is not named to it. */
    private static Optional<Boolean> suspended(Snapshot told) {
        return told.getServer().getAgentsList().stream().findFirst().map(AgentAccess::getSuspended);
    }

    private static boolean saysSuspended(Sidecar sidecar, boolean expected) {
        return !sidecar.snapshots.isEmpty() && suspended(sidecar.latest()).equals(Optional.of(expected));
    }

    @ParameterizedTest
    @EnumSource(Loss.class)
    void aReplicaThatHasLostTheApiServerNeverRollsASidecarBack(Loss loss) throws Exception {
        // Given a sidecar at each replica, which know the agent as it was
        Pod stays = mesh.serverPod("github-1", "127.0.0.1");
        Pod moves = mesh.serverPod("github-2", "127.0.0.1");
        try (Sidecar stayed = new Sidecar(lost);
                Sidecar before = new Sidecar(lost)) {
            stayed.subscribe(signed(stayed, stays), Map.of());
            SignResponse certificate = signed(before, moves);
            before.subscribe(certificate, Map.of());
            await().atMost(PATIENCE).until(() -> saysSuspended(stayed, false) && saysSuspended(before, false));
            // When the API server is lost to that replica, and then the agent is suspended
            loss.happen(network);
            Instant silentSince = Instant.now();
            suspend();
            // Then the sidecar that goes to the other replica learns it there with the first word
            before.hangUp();
            try (Sidecar there = new Sidecar(healthy, healthy.server.address(), before.key)) {
                await().atMost(PATIENCE)
                        .until(() -> healthy.cache.view().agents().stream()
                                .anyMatch(agent ->
                                        agent.getMetadata().getNamespace().equals(mesh.name)
                                                && agent.getSpec().suspended()));
                there.subscribe(certificate, before.held());
                await().atMost(PATIENCE).until(() -> !there.snapshots.isEmpty());
                assertThat(suspended(there.snapshots.getFirst())).contains(true);
                there.hangUp();
                // When it comes back
                try (Sidecar back = new Sidecar(lost, lost.server.address(), before.key)) {
                    int heard = stayed.heartbeats.size();
                    back.subscribe(certificate, there.held());
                    await().atMost(PATIENCE).until(() -> lost.server.connected() == 2);
                    // Then it is told nothing, while the one that stayed is confirmed nothing that is later than the
                    // loss
                    await().atMost(PATIENCE).until(() -> {
                        lost.server.beat();
                        return stayed.heartbeats.size() > heard + 1;
                    });
                    assertThat(back.snapshots).isEmpty();
                    assertThat(back.heartbeats).isEmpty();
                    assertThat(back.ended.get()).isNull();
                    assertThat(stayed.heartbeats).allMatch(confirmed -> confirmed.isBefore(silentSince));
                    // When the API server is there again
                    network.heal();
                    // Then both are served, and nobody was told anything older in between
                    await().atMost(PATIENCE).until(() -> saysSuspended(back, true) && saysSuspended(stayed, true));
                    assertThat(suspended(back.snapshots.getFirst())).contains(true);
                    there.held()
                            .forEach((kind, version) -> assertThat(
                                            back.snapshots.getFirst().getCompiledAtMap())
                                    .hasEntrySatisfying(
                                            kind,
                                            reached ->
                                                    assertThat(reached).as(kind).isGreaterThanOrEqualTo(version)));
                    await().atMost(PATIENCE).until(() -> {
                        lost.server.beat();
                        return back.heartbeats.stream().anyMatch(confirmed -> confirmed.isAfter(silentSince));
                    });
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Loss.class)
    void aReplicaThatHasLostTheApiServerSendsItsSidecarsAwayOnceAndKeepsWhoeverComesBack(Loss loss) throws Exception {
        // Given a sidecar at the replica that loses the API server
        Pod pod = mesh.serverPod("github-1", "127.0.0.1");
        try (Sidecar stayed = new Sidecar(lost)) {
            SignResponse certificate = signed(stayed, pod);
            stayed.subscribe(certificate, Map.of());
            await().atMost(PATIENCE).until(() -> !stayed.snapshots.isEmpty());
            // When that has lasted
            loss.happen(network);
            clock.ahead = Duration.ofMinutes(1);
            lost.server.beat();
            // Then it is told to look for another one
            await().atMost(PATIENCE).until(() -> stayed.ended.get() != null);
            assertThat(requireNonNull(stayed.ended.get()).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(requireNonNull(stayed.ended.get()).getDescription())
                    .contains("has not reached the API server since");
            // And where there is none, it is served again with what is known
            try (Sidecar back = new Sidecar(lost, lost.server.address(), stayed.key)) {
                back.subscribe(certificate, Map.of());
                await().atMost(PATIENCE).until(() -> !back.snapshots.isEmpty());
                lost.server.beat();
                lost.server.beat();
                await().atMost(PATIENCE).until(() -> !back.heartbeats.isEmpty());
                assertThat(back.ended.get()).isNull();
            }
        }
    }

    private void suspend() {
        mesh.apply(AgentIdentity.class, """
                apiVersion: stockade.dev/v1alpha1
                kind: AgentIdentity
                metadata: {name: triage}
                spec: {serviceAccountName: triage, selector: {matchLabels: {app: triage}}, suspended: true}
                """);
    }
}
