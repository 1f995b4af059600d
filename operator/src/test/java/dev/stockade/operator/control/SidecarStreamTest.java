package dev.stockade.operator.control;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.model.identity.BoundPod;
import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.operator.MovingClock;
import dev.stockade.operator.acks.PodSockets;
import dev.stockade.operator.acks.Shown;
import dev.stockade.operator.acks.SidecarRegistry;
import dev.stockade.operator.cluster.Picture;
import dev.stockade.operator.isolation.Outcome;
import dev.stockade.operator.isolation.SidecarVantages;
import dev.stockade.operator.snapshot.CompiledMesh;
import dev.stockade.operator.snapshot.Generations;
import dev.stockade.operator.status.Meshes;
import dev.stockade.policy.MeshView;
import dev.stockade.wire.control.v1.Acknowledgement;
import dev.stockade.wire.control.v1.Hello;
import dev.stockade.wire.control.v1.ProbeOrder;
import dev.stockade.wire.control.v1.ProbeResult;
import dev.stockade.wire.control.v1.Snapshot;
import dev.stockade.wire.control.v1.Socket;
import dev.stockade.wire.control.v1.Sockets;
import dev.stockade.wire.control.v1.SubscribeResponse;
import dev.stockade.wire.control.v1.TrustBundle;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SidecarStreamTest {
    private static final String AGENT =
            Meshes.resource("AgentIdentity", "agents", "triage", "{serviceAccountName: triage}");
    private static final MeshView VIEW = Meshes.of(AGENT, Meshes.pod("agents", "triage-1", "triage", "triage", "{}"))
            .view();
    private static final BoundPod POD = new BoundPod("agents", "triage-1", "uid-triage-1", 1);

    private final MovingClock clock = new MovingClock();
    private final SidecarRegistry registry = new SidecarRegistry(pod -> Duration.ofHours(1), clock);
    private final Observer out = new Observer();
    private Optional<String> lapsed = Optional.empty();
    private final SidecarStream stream = new SidecarStream(
            new Peer.Workload(
                    new SpiffeId("stockade.local", "agents", WorkloadKind.AGENT, "triage"), POD, Shown.certificate()),
            out,
            registry,
            shown -> lapsed,
            clock.instant());

    /** What was sent, and how the call was ended. */
    private static final class Observer extends ServerCallStreamObserver<SubscribeResponse> {
        private final List<SubscribeResponse> sent = new ArrayList<>();
        private @Nullable Status ended;

        @Override
        public void onNext(SubscribeResponse response) {
            sent.add(response);
        }

        @Override
        public void onError(Throwable cause) {
            ended = Status.fromThrowable(cause);
        }

        @Override
        public void onCompleted() {
            ended = Status.OK;
        }

        private List<Snapshot> snapshots() {
            return sent.stream()
                    .filter(SubscribeResponse::hasSnapshot)
                    .map(SubscribeResponse::getSnapshot)
                    .toList();
        }

        @Override
        public boolean isCancelled() {
            return false;
        }

        @Override
        public boolean isReady() {
            return true;
        }

        @Override
        public void setOnCancelHandler(Runnable handler) {}

        @Override
        public void setOnReadyHandler(Runnable handler) {}

        @Override
        public void setCompression(String compression) {}

        @Override
        public void disableAutoInboundFlowControl() {}

        @Override
        public void request(int count) {}

        @Override
        public void setMessageCompression(boolean enable) {}
    }

    private static Offer offer(long picture, long epoch) {
        CompiledMesh mesh = new CompiledMesh(
                VIEW, TrustBundle.newBuilder().setEpoch(epoch).build(), server -> Meshes.KEYS, new Generations());
        return new Offer(new Picture(picture, VIEW, Map.of("pods", 10L)), mesh, Optional.of(Instant.EPOCH));
    }

    private void greet(Map<String, Long> held) {
        stream.greet(Hello.newBuilder().putAllCompiledAt(held).build());
    }

    @Test
    void theEpochOfTheTrustBundleIsAmongWhatASnapshotWasCompiledAt() {
        greet(Map.of());
        assertThat(stream.consider(offer(1, 4))).isTrue();
        assertThat(out.snapshots())
                .singleElement()
                .satisfies(snapshot ->
                        assertThat(snapshot.getCompiledAtMap()).isEqualTo(Map.of("pods", 10L, "trust", 4L)));
    }

    @Test
    void aSidecarThatTrustsALaterEpochIsToldNothingUntilThatIsReached() {
        greet(Map.of("pods", 9L, "trust", 5L));
        assertThat(stream.consider(offer(1, 4))).isTrue();
        assertThat(out.sent).isEmpty();
        assertThat(stream.waitsFor()).contains(Map.of("pods", 9L, "trust", 5L));
        stream.beat(Optional.of(clock.instant()), clock.instant());
        assertThat(out.sent).as("a heartbeat would confirm what it holds").isEmpty();
        // When
        stream.consider(offer(2, 5));
        // Then
        assertThat(out.snapshots()).hasSize(1);
    }

    @Test
    void whatIsOlderInOnePartIsNotSentAndHasToBeMadeAnew() {
        greet(Map.of());
        stream.consider(offer(2, 4));
        assertThat(stream.consider(offer(3, 3))).as("an older trust").isFalse();
        assertThat(stream.consider(offer(1, 5))).as("an older picture").isFalse();
        assertThat(out.snapshots()).hasSize(1);
        assertThat(stream.consider(offer(3, 5))).isTrue();
        assertThat(out.snapshots()).extracting(s -> s.getTrust().getEpoch()).containsExactly(4L, 5L);
    }

    @Test
    void whereTheIssuerOfItsCertificateIsDroppedTheStreamEndsBeforeAnythingIsTold() {
        greet(Map.of());
        stream.consider(offer(1, 4));
        // When
        lapsed = Optional.of("Its issuer issues none any more.");
        stream.consider(offer(2, 5));
        // Then
        assertThat(out.snapshots()).hasSize(1);
        assertThat(out.ended).satisfies(status -> {
            assertThat(status.getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
            assertThat(status.getDescription()).isEqualTo("Its issuer issues none any more.");
        });
    }

    @Test
    void aCertificateThatHasEndedEndsTheStreamAtTheNextBeat() {
        greet(Map.of());
        stream.consider(offer(1, 4));
        lapsed = Optional.of("It has ended.");
        stream.beat(Optional.empty(), clock.instant());
        assertThat(out.ended).satisfies(status -> assertThat(status.getCode()).isEqualTo(Status.Code.UNAUTHENTICATED));
    }

    @Test
    void whoeverSaysNothingForHalfAMinuteIsSentAway() {
        clock.advance(Duration.ofSeconds(30));
        stream.beat(Optional.of(clock.instant()), clock.instant());
        assertThat(out.ended).isNull();
        clock.advance(Duration.ofSeconds(1));
        stream.beat(Optional.of(clock.instant()), clock.instant());
        assertThat(out.ended).satisfies(status -> {
            assertThat(status.getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
            assertThat(status.getDescription()).contains("No Hello came within 30 seconds");
        });
    }

    @Test
    void whatARefusingSidecarHoldsIsNotConfirmed() {
        greet(Map.of());
        stream.consider(offer(1, 4));
        String version = out.snapshots().getFirst().getVersion();
        stream.answered(Acknowledgement.newBuilder()
                .setVersion(version)
                .setRefusal("no")
                .build());
        assertThat(stream.state()).isEqualTo(SidecarStream.State.REFUSING);
        stream.beat(Optional.of(clock.instant()), clock.instant());
        assertThat(out.sent).hasSize(1);
        stream.answered(Acknowledgement.newBuilder().setVersion(version).build());
        assertThat(stream.state()).isEqualTo(SidecarStream.State.CURRENT);
        stream.beat(Optional.of(clock.instant()), clock.instant());
        assertThat(out.sent).hasSize(2);
    }

    @Test
    void anAnswerToWhatWasSentLongAgoSaysNothingAndEndsNothing() {
        greet(Map.of());
        for (int epoch = 1; epoch <= 70; epoch++) {
            stream.consider(offer(epoch, epoch));
        }
        stream.answered(Acknowledgement.newBuilder()
                .setVersion(out.snapshots().getFirst().getVersion())
                .build());
        assertThat(out.ended).isNull();
        assertThat(stream.state()).isEqualTo(SidecarStream.State.BEHIND);
        stream.answered(Acknowledgement.newBuilder()
                .setVersion(out.snapshots().getLast().getVersion())
                .build());
        assertThat(stream.state()).isEqualTo(SidecarStream.State.CURRENT);
    }

    private static final SidecarVantages.Order ORDER =
            new SidecarVantages.Order("tools", "web-0", "uid-web-0", "192.0.2.9", 3000);

    private final List<Outcome> outcomes = new ArrayList<>();

    private void greetAsOneThatProbes() {
        stream.greet(Hello.newBuilder().setProbes(true).build());
        stream.consider(offer(1, 4));
    }

    @Test
    void onlyASidecarThatUnderstandsIsAskedWhereItsPodListens() {
        greet(Map.of());
        assertThat(out.sent).isEmpty();
        assertThat(stream.probes()).isFalse();
        stream.order(ORDER, outcomes::add, clock.instant());
        assertThat(out.sent).isEmpty();
        assertThat(outcomes).containsExactly(Outcome.NOT_TRIED);
    }

    @Test
    void whatTheSidecarSeesListeningIsKnown() {
        greetAsOneThatProbes();
        assertThat(out.sent.getFirst().hasSocketsRequest()).isTrue();
        assertThat(registry.report("uid-triage-1").orElseThrow().sockets()).isEmpty();
        // When
        stream.listening(Sockets.newBuilder()
                .addListening(Socket.newBuilder().setPort(3000).setLoopbackOnly(true))
                .build());
        // Then
        assertThat(registry.report("uid-triage-1").orElseThrow().sockets()).contains(PodSockets.of(Map.of(3000, true)));
    }

    @Test
    void whoeverSaysOfSocketsWhatNoSidecarSaysIsSentAway() {
        greetAsOneThatProbes();
        stream.listening(Sockets.newBuilder()
                .addListening(Socket.newBuilder().setPort(70_000))
                .build());
        assertThat(out.ended)
                .satisfies(status -> assertThat(status.getDescription()).isEqualTo("Sockets: 70000 is not a port."));
    }

    @Test
    void whoeverListsTooManySocketsIsSentAway() {
        greetAsOneThatProbes();
        Sockets.Builder many = Sockets.newBuilder();
        for (int port = 1; port <= 257; port++) {
            many.addListening(Socket.newBuilder().setPort(port));
        }
        stream.listening(many.build());
        assertThat(out.ended).satisfies(status -> assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT));
    }

    @Test
    void anOrderIsAnsweredOnceAndByItsOwnAnswer() {
        greetAsOneThatProbes();
        stream.order(ORDER, outcomes::add, clock.instant());
        ProbeOrder sent = out.sent.getLast().getProbeOrder();
        assertThat(sent)
                .isEqualTo(ProbeOrder.newBuilder()
                        .setId(sent.getId())
                        .setPodNamespace("tools")
                        .setPodName("web-0")
                        .setPodUid("uid-web-0")
                        .setAddress("192.0.2.9")
                        .setPort(3000)
                        .build());
        // When
        stream.tried(result(sent.getId() + 1, ProbeResult.Outcome.OUTCOME_REFUSED));
        stream.tried(result(sent.getId(), ProbeResult.Outcome.OUTCOME_OPEN));
        stream.tried(result(sent.getId(), ProbeResult.Outcome.OUTCOME_REFUSED));
        // Then
        assertThat(outcomes).containsExactly(Outcome.OPEN);
    }

    private static ProbeResult result(long id, ProbeResult.Outcome outcome) {
        return ProbeResult.newBuilder().setId(id).setOutcome(outcome).build();
    }

    @Test
    void whoeverGoesOrDoesNotAnswerHasNotTried() {
        greetAsOneThatProbes();
        stream.order(ORDER, outcomes::add, clock.instant());
        clock.advance(Duration.ofSeconds(61));
        stream.beat(Optional.of(clock.instant()), clock.instant());
        assertThat(outcomes).containsExactly(Outcome.NOT_TRIED);
        stream.order(ORDER, outcomes::add, clock.instant());
        stream.gone();
        assertThat(outcomes).containsExactly(Outcome.NOT_TRIED, Outcome.NOT_TRIED);
        stream.order(ORDER, outcomes::add, clock.instant());
        assertThat(outcomes).hasSize(3).containsOnly(Outcome.NOT_TRIED);
    }
}
