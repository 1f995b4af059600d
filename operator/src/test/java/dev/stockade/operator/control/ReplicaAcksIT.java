package dev.stockade.operator.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.stockade.crds.Definitions;
import dev.stockade.fixture.ApiServer;
import dev.stockade.fixture.Ports;
import dev.stockade.model.identity.BoundPod;
import dev.stockade.operator.acks.LeaseHolder;
import dev.stockade.operator.acks.PodSockets;
import dev.stockade.operator.acks.Shown;
import dev.stockade.operator.acks.SidecarReport;
import dev.stockade.operator.isolation.Outcome;
import dev.stockade.operator.isolation.SidecarVantages;
import dev.stockade.wire.control.v1.ProbeResult;
import dev.stockade.wire.control.v1.ReplicaAcksGrpc;
import dev.stockade.wire.control.v1.ReplicaState;
import dev.stockade.wire.control.v1.ReplicaStateEnd;
import dev.stockade.wire.control.v1.SignResponse;
import dev.stockade.wire.control.v1.Source;
import io.fabric8.kubernetes.api.model.Pod;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two replicas on two loopback addresses, that share a CA and tell the lease holder what their sidecars acknowledged. */
class ReplicaAcksIT {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    static Path folder;

    static ApiServer api;
    static Replica one;
    static Replica two;
    static int port;
    static final AtomicReference<Optional<LeaseHolder>> holder = new AtomicReference<>(Optional.empty());

    @BeforeAll
    static void start() throws Exception {
        api = ApiServer.start(folder, Definitions.yaml());
        port = Ports.next();
        one = new Replica(api.newClient(), "one", address("127.0.0.2", port), holder::get);
        two = new Replica(api.newClient(), "two", address("127.0.0.3", port), holder::get);
    }

    private static InetSocketAddress address(String ip, int port) {
        return new InetSocketAddress(InetAddress.ofLiteral(ip), port);
    }

    @AfterAll
    static void stop() {
        one.close();
        two.close();
        api.close();
    }

    private static List<Source> policy(long generation) {
        return List.of(
                Source.newBuilder().setUid("policy").setGeneration(generation).build());
    }

    private static boolean knows(Replica replica, BoundPod pod, long generation) {
        return replica.registry
                .report(pod.uid())
                .filter(report -> report.has("policy", generation))
                .isPresent();
    }

    @Test
    void bothReplicasSignWithTheSameRoot() {
        assertThat(one.authority.roots()).isEqualTo(two.authority.roots());
    }

    @Test
    void theLeaseHolderLearnsTheFullStateThenChangesAndANewHolderLearnsItAgain() {
        // Given a sidecar of the second replica, and that the first leads
        BoundPod pod = new BoundPod("tools", "github-1", "uid-1", 1);
        two.registry.connected(pod, "test", Shown.certificate());
        two.registry.acknowledged(pod, "v1", policy(1), Duration.ofHours(1));
        holder.set(Optional.of(new LeaseHolder("one", "127.0.0.2")));
        // Then
        await().atMost(PATIENCE).until(() -> knows(one, pod, 1));
        // When it acknowledges more
        two.registry.acknowledged(pod, "v2", policy(2), Duration.ofHours(1));
        await().atMost(PATIENCE).until(() -> knows(one, pod, 2));
        // When the lease changes hands, and the sidecar of the first replica is of interest to the second
        BoundPod other = new BoundPod("tools", "github-2", "uid-2", 1);
        one.registry.connected(other, "test", Shown.certificate());
        one.registry.acknowledged(other, "v2", policy(2), Duration.ofHours(1));
        holder.set(Optional.of(new LeaseHolder("two", "127.0.0.3")));
        // Then
        await().atMost(PATIENCE).until(() -> knows(two, other, 2));
        await().atMost(PATIENCE)
                .until(() -> one.registry
                        .report("uid-1")
                        .map(SidecarReport::connected)
                        .filter(connected -> !connected)
                        .isPresent());
    }

    @Test
    void aLeaseHolderOfAReleaseWithoutErrandsIsToldAllTheSameInOneCall() throws Exception {
        // Given a lease holder that knows Share and nothing else, as in release 0.1.0
        BlockingQueue<ReplicaState> calls = new LinkedBlockingQueue<>();
        BlockingQueue<String> versions = new LinkedBlockingQueue<>();
        ServerServiceDefinition whole = new FormerHolder(calls, versions).bindService();
        ServerServiceDefinition former = ServerServiceDefinition.builder(ReplicaAcksGrpc.SERVICE_NAME)
                .addMethod(whole.getMethod(ReplicaAcksGrpc.getShareMethod().getFullMethodName()))
                .build();
        Server server = NettyServerBuilder.forAddress(address("127.0.0.4", port))
                .sslContext(GrpcSslContexts.configure(
                                SslContextBuilder.forServer(one.credentials.keyManager()), SslProvider.JDK)
                        .build())
                .addService(former)
                .build()
                .start();
        try {
            BoundPod pod = new BoundPod("tools", "github-3", "uid-3", 1);
            two.registry.connected(pod, "test", Shown.certificate());
            holder.set(Optional.of(new LeaseHolder("former", "127.0.0.4")));
            // When a sidecar acknowledges one thing after the other
            for (String version : List.of("v1", "v2", "v3")) {
                two.registry.acknowledged(pod, version, policy(1), Duration.ofHours(1));
                // Then the holder hears it
                await().atMost(PATIENCE).until(() -> versions.contains(version));
            }
            // And nobody has called again because there are no errands
            assertThat(calls.stream().filter(ReplicaState::getFull)).hasSizeBetween(1, 2);
        } finally {
            server.shutdownNow();
        }
    }

    /** Both replicas of this test call it, each once: every further call would begin with a whole state of its own. */
    private static final class FormerHolder extends ReplicaAcksGrpc.ReplicaAcksImplBase {
        private final BlockingQueue<ReplicaState> states;
        private final BlockingQueue<String> versions;

        FormerHolder(BlockingQueue<ReplicaState> states, BlockingQueue<String> versions) {
            this.states = states;
            this.versions = versions;
        }

        @Override
        public StreamObserver<ReplicaState> share(StreamObserver<ReplicaStateEnd> response) {
            return new StreamObserver<>() {
                @Override
                public void onNext(ReplicaState state) {
                    states.add(state);
                    state.getSidecarsList().forEach(sidecar -> versions.add(sidecar.getVersion()));
                }

                @Override
                public void onError(Throwable cause) {
                    // The caller has gone.
                }

                @Override
                public void onCompleted() {
                    response.onCompleted();
                }
            };
        }
    }

    @Test
    void theLeaseHolderHasSidecarsOfOtherReplicasTryAndSeesWhereTheyListen() throws Exception {
        // Given a sidecar at the second replica that says where its pod listens, and takes orders
        MeshNamespace mesh = new MeshNamespace(api.client(), "errands");
        Pod pod = mesh.serverPod("github-1", "127.0.0.1");
        String uid = pod.getMetadata().getUid();
        try (Sidecar sidecar = new Sidecar(two)) {
            sidecar.probes = order -> ProbeResult.Outcome.OUTCOME_REFUSED;
            AtomicReference<SignResponse> signed = new AtomicReference<>();
            await().atMost(PATIENCE).ignoreExceptions().untilAsserted(() -> signed.set(sidecar.sign(mesh.token(pod))));
            sidecar.subscribe(signed.get(), Map.of());
            await().atMost(PATIENCE).until(() -> !sidecar.snapshots.isEmpty());
            // And that the first leads
            holder.set(Optional.of(new LeaseHolder("one", "127.0.0.2")));
            // Then the first knows
            await().atMost(PATIENCE)
                    .untilAsserted(
                            () -> assertThat(one.server.vantages().pods()).contains(uid));
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(one.registry.report(uid).flatMap(SidecarReport::sockets))
                            .contains(PodSockets.of(Map.of(3000, true))));
            // And what it orders is done
            BlockingQueue<Outcome> outcomes = new LinkedBlockingQueue<>();
            SidecarVantages.Order order = new SidecarVantages.Order("tools", "web-0", "uid-web-0", "192.0.2.9", 3000);
            await().atMost(PATIENCE).untilAsserted(() -> {
                one.server.vantages().order(uid, order, outcomes::add);
                assertThat(outcomes.poll(5, TimeUnit.SECONDS)).isEqualTo(Outcome.REFUSED);
            });
            assertThat(sidecar.orders).allSatisfy(done -> {
                assertThat(done.getAddress()).isEqualTo("192.0.2.9");
                assertThat(done.getPort()).isEqualTo(3000);
            });
            // And what is ordered of one that is nowhere is not
            one.server.vantages().order("nobody", order, outcomes::add);
            assertThat(outcomes.poll(30, TimeUnit.SECONDS)).isEqualTo(Outcome.NOT_TRIED);
        }
    }
}
