package dev.stockade.operator.control;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.stockade.crds.Definitions;
import dev.stockade.fixture.ApiServer;
import dev.stockade.wire.control.v1.Acknowledgement;
import dev.stockade.wire.control.v1.Hello;
import dev.stockade.wire.control.v1.ReplicaAcksGrpc;
import dev.stockade.wire.control.v1.ReplicaState;
import dev.stockade.wire.control.v1.ReplicaStateEnd;
import dev.stockade.wire.control.v1.SignResponse;
import dev.stockade.wire.control.v1.SubscribeRequest;
import io.fabric8.kubernetes.api.model.Pod;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a sidecar must not say is refused whole, with a sentence, and hurts nobody else. */
class BadMessagesIT {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    static Path folder;

    static ApiServer api;
    static Replica replica;
    static MeshNamespace mesh;
    static SignResponse signed;
    static Sidecar signer;
    static Pod pod;

    @BeforeAll
    static void start() throws Exception {
        api = ApiServer.start(folder, Definitions.yaml());
        replica = new Replica(
                api.newClient(),
                "operator-0",
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                Optional::empty);
        mesh = new MeshNamespace(api.client(), "mesh");
        pod = mesh.agentPod("triage-1", "127.0.0.1");
        signer = new Sidecar(replica);
        String token = mesh.token(pod);
        AtomicReference<SignResponse> answer = new AtomicReference<>();
        await().atMost(PATIENCE).ignoreExceptions().untilAsserted(() -> answer.set(requireNonNull(signer.sign(token))));
        signed = requireNonNull(answer.get());
        await().atMost(PATIENCE)
                .until(() -> replica.cache
                        .view()
                        .pod(pod.getMetadata().getUid())
                        .filter(p -> !p.orphaned() && !p.ips().isEmpty())
                        .isPresent());
    }

    @AfterAll
    static void stop() {
        replica.close();
        api.close();
    }

    private static Sidecar sidecar() throws Exception {
        return new Sidecar(replica, replica.server.address(), signer.key);
    }

    private static Status ended(Sidecar sidecar) {
        await().atMost(PATIENCE).until(() -> sidecar.ended.get() != null);
        return requireNonNull(sidecar.ended.get());
    }

    private static SubscribeRequest hello(Hello.Builder hello) {
        return SubscribeRequest.newBuilder().setHello(hello).build();
    }

    private static SubscribeRequest acknowledgement(Acknowledgement.Builder acknowledgement) {
        return SubscribeRequest.newBuilder().setAcknowledgement(acknowledgement).build();
    }

    static Stream<Arguments> firstMessages() {
        return Stream.of(
                Arguments.of(
                        "nothing",
                        SubscribeRequest.getDefaultInstance(),
                        "neither Hello, Acknowledgement, Sockets nor ProbeResult"),
                Arguments.of(
                        "an acknowledgement before the Hello",
                        acknowledgement(Acknowledgement.newBuilder().setVersion("v")),
                        "A stream begins with Hello"),
                Arguments.of(
                        "a release of a kilobyte",
                        hello(Hello.newBuilder().setRelease("r".repeat(1024))),
                        "release, boot and version have at most 128 characters"),
                Arguments.of(
                        "a thousand kinds",
                        hello(Hello.newBuilder()
                                .putAllCompiledAt(IntStream.range(0, 1000)
                                        .boxed()
                                        .collect(Collectors.toMap(i -> "kind-" + i, i -> 1L)))),
                        "compiled_at names 1000 kinds"),
                Arguments.of(
                        "a kind of a kilobyte",
                        hello(Hello.newBuilder().putCompiledAt("k".repeat(1024), 1)),
                        "compiled_at has a key of 1024 characters"),
                Arguments.of(
                        "a version that is none",
                        hello(Hello.newBuilder().putCompiledAt("pods", -1)),
                        "compiled_at is 18446744073709551615 for 'pods'"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("firstMessages")
    void aFirstMessageThatIsNoGoodEndsTheStreamWithASentence(String name, SubscribeRequest message, String sentence)
            throws Exception {
        try (Sidecar sidecar = sidecar()) {
            sidecar.open(Sidecar.chain(signed)).say(message);
            assertThat(ended(sidecar)).satisfies(status -> {
                assertThat(status.getCode()).as(name).isEqualTo(Status.Code.INVALID_ARGUMENT);
                assertThat(status.getDescription()).contains(sentence);
            });
            assertThat(sidecar.snapshots).isEmpty();
        }
    }

    static Stream<Arguments> laterMessages() {
        return Stream.of(
                Arguments.of("a second Hello", hello(Hello.newBuilder()), "this is its second"),
                Arguments.of(
                        "an unknown version",
                        acknowledgement(Acknowledgement.newBuilder().setVersion("made up")),
                        "version 'made up' was never sent on this stream"),
                Arguments.of(
                        "a version of a kilobyte",
                        acknowledgement(Acknowledgement.newBuilder().setVersion("v".repeat(1024))),
                        "a version of 1024 characters was never sent"),
                Arguments.of(
                        "a refusal that is no sentence",
                        acknowledgement(Acknowledgement.newBuilder().setRefusal("no ".repeat(10_000))),
                        "the refusal has 30000 characters"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("laterMessages")
    void aLaterMessageThatIsNoGoodEndsTheStreamWithASentenceAndWhatWasAcknowledgedStands(
            String name, SubscribeRequest message, String sentence) throws Exception {
        try (Sidecar sidecar = sidecar()) {
            // Given
            sidecar.subscribe(signed, Map.of());
            await().atMost(PATIENCE).until(() -> !sidecar.snapshots.isEmpty() && inForce(sidecar));
            // When
            sidecar.say(message);
            // Then
            assertThat(ended(sidecar)).satisfies(status -> {
                assertThat(status.getCode()).as(name).isEqualTo(Status.Code.INVALID_ARGUMENT);
                assertThat(status.getDescription()).contains(sentence);
            });
            assertThat(inForce(sidecar)).isTrue();
        }
    }

    private static boolean inForce(Sidecar sidecar) {
        return replica.registry
                .report(pod.getMetadata().getUid())
                .filter(report -> report.version().equals(sidecar.latest().getVersion()))
                .isPresent();
    }

    @Test
    void aMessageBeyondAMebibyteEndsThatStreamAndNoOther() throws Exception {
        try (Sidecar well = sidecar();
                Sidecar bad = sidecar()) {
            // Given
            well.subscribe(signed, Map.of());
            await().atMost(PATIENCE).until(() -> !well.snapshots.isEmpty());
            // When
            bad.open(Sidecar.chain(signed)).say(hello(Hello.newBuilder().setRelease("r".repeat(2 * 1024 * 1024))));
            // Then
            assertThat(ended(bad).isOk()).isFalse();
            assertThat(ended(bad).toString()).contains("1048576");
            assertThat(well.ended.get()).isNull();
        }
    }

    @Test
    void aWorkloadCannotSpeakAsAReplica() throws Exception {
        ManagedChannel channel = signer.channel(signed);
        try {
            AtomicReference<Status> refused = new AtomicReference<>();
            StreamObserver<ReplicaState> out = ReplicaAcksGrpc.newStub(channel).share(new StreamObserver<>() {
                @Override
                public void onNext(ReplicaStateEnd value) {}

                @Override
                public void onError(Throwable cause) {
                    refused.set(Status.fromThrowable(cause));
                }

                @Override
                public void onCompleted() {
                    refused.set(Status.OK);
                }
            });
            out.onNext(ReplicaState.newBuilder().setFull(true).build());
            await().atMost(PATIENCE).until(() -> refused.get() != null);
            assertThat(refused.get().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
            assertThat(refused.get().getDescription()).contains("may not call").contains("ReplicaAcks/Share");
        } finally {
            channel.shutdownNow();
        }
    }

    @Test
    void countersTellHowFarTheSidecarsAre() throws Exception {
        replica.server.bind(replica.meters);
        // Given a sidecar that nobody has heard of, and that does not answer
        Pod another = mesh.agentPod("triage-2", "127.0.0.1");
        try (Sidecar sidecar = new Sidecar(replica)) {
            sidecar.silent = true;
            sidecar.subscribe(sidecar.sign(mesh.token(another)), Map.of());
            await().atMost(PATIENCE).until(() -> !sidecar.snapshots.isEmpty());
            await().atMost(PATIENCE).until(() -> gauge("behind") == 1 && trustBehind() == 1);
            // When it refuses
            sidecar.acknowledge(sidecar.latest().getVersion(), "port 3000 is taken");
            await().atMost(PATIENCE).until(() -> gauge("refusing") == 1 && gauge("behind") == 0);
            // When it takes it all the same
            sidecar.acknowledge(sidecar.latest().getVersion(), "");
            // Then
            await().atMost(PATIENCE).until(() -> gauge("current") == 1 && gauge("refusing") == 0 && trustBehind() == 0);
        }
        await().atMost(PATIENCE).until(() -> gauge("current") == 0);
    }

    private static double trustBehind() {
        return replica.meters.get("stockade.sidecars.trust.behind").gauge().value();
    }

    private static double gauge(String state) {
        return replica.meters
                .get("stockade.sidecars.acknowledged")
                .tag("state", state)
                .gauge()
                .value();
    }
}
