package dev.stockade.operator.acks;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Timestamp;
import dev.stockade.model.identity.BoundPod;
import dev.stockade.operator.MovingClock;
import dev.stockade.policy.MeshPod;
import dev.stockade.wire.control.v1.SidecarState;
import dev.stockade.wire.control.v1.Socket;
import dev.stockade.wire.control.v1.Sockets;
import dev.stockade.wire.control.v1.Source;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SidecarRegistryTest {
    private static final String POLICY = "policy-uid";

    private final MovingClock clock = new MovingClock();
    private final SidecarRegistry registry = new SidecarRegistry(pod -> Duration.ofHours(1), clock);
    private final BoundPod bound = new BoundPod("tools", "github-1", "uid-1", 1);
    private final MeshPod pod = pod("github-1", "uid-1", "10.0.0.1");

    private static MeshPod pod(String name, String uid, String... ips) {
        return new MeshPod(
                "tools", name, uid, List.of(ips), "default", Map.of(), true, true, false, false, List.of(), Map.of());
    }

    private static List<Source> sources(long generation) {
        return List.of(
                Source.newBuilder().setUid(POLICY).setGeneration(generation).build());
    }

    private void serves(long generation) {
        registry.connected(bound, "1", Shown.certificate());
        registry.acknowledged(bound, "v" + generation, sources(generation), Duration.ofHours(1));
    }

    private Standing standing(long generation) {
        return registry.standing(POLICY, generation, List.of(pod));
    }

    @Test
    void aGenerationIsInForceOnceTheSidecarHasAcknowledgedItOrALaterOne() {
        serves(3);
        assertThat(standing(2).complete()).isTrue();
        assertThat(standing(3).complete()).isTrue();
        assertThat(standing(4).complete()).isFalse();
        assertThat(standing(4).waiting()).containsExactly("tools/github-1: its sidecar has not acknowledged yet");
    }

    @Test
    void aSnapshotWithoutTheResourceSaysNothingOfIt() {
        registry.connected(bound, "1", Shown.certificate());
        registry.acknowledged(bound, "v", List.of(), Duration.ofHours(1));
        assertThat(standing(1).complete()).isFalse();
    }

    @Test
    void aSidecarThatNobodyHasHeardOfIsWaitedFor() {
        assertThat(standing(1).waiting()).containsExactly("tools/github-1: its sidecar has not connected yet");
    }

    @Test
    void aPodThatNeverRanDoesNotCount() {
        assertThat(registry.standing(POLICY, 1, List.of(pod("new", "uid-2"))))
                .isEqualTo(new Standing(0, 0, List.of(), List.of()));
    }

    @Test
    void aSidecarThatRefusesByItselfLeavesTheCountAndIsNamed() {
        // Given
        serves(1);
        registry.disconnected(bound);
        clock.advance(Duration.ofMinutes(59));
        assertThat(standing(2).complete()).isFalse();
        // When it has been away for longer than staleAfter
        clock.advance(Duration.ofMinutes(2));
        // Then
        assertThat(standing(2).complete()).isTrue();
        assertThat(standing(2).departed()).containsExactly("tools/github-1: disconnected since 2026-01-01T12:00:00Z");
    }

    @Test
    void aSidecarIsWaitedForAsLongAsItServesByWhatItHolds() {
        // Given one that holds a staleAfter of a day, while the server says an hour by now
        registry.connected(bound, "1", Shown.certificate());
        registry.acknowledged(bound, "v1", sources(1), Duration.ofDays(1));
        registry.disconnected(bound);
        clock.advance(Duration.ofHours(23));
        assertThat(standing(2).departed()).isEmpty();
        assertThat(standing(2).complete()).isFalse();
        clock.advance(Duration.ofHours(2));
        assertThat(standing(2).complete()).isTrue();
    }

    @Test
    void aConnectedSidecarNeverLeavesTheCount() {
        serves(1);
        clock.advance(Duration.ofDays(1));
        assertThat(standing(2).counted()).isOne();
    }

    @Test
    void aRefusalIsNamedAndWhatWasInForceStaysSo() {
        serves(1);
        registry.refused(bound, "port 3000 is taken");
        assertThat(standing(1).complete()).isTrue();
        assertThat(standing(2).waiting())
                .containsExactly("tools/github-1: its sidecar refused the snapshot (port 3000 is taken)");
    }

    private SidecarState elsewhere(boolean connected, long generation) {
        return SidecarState.newBuilder()
                .setPodUid("uid-1")
                .setPodNamespace("tools")
                .setPodName("github-1")
                .setConnected(connected)
                .setSince(Timestamp.newBuilder().setSeconds(clock.instant().getEpochSecond()))
                .addAllSources(sources(generation))
                .build();
    }

    @Test
    void anotherReplicasSidecarCounts() {
        registry.replicaSays("b", true, List.of(elsewhere(true, 5)));
        assertThat(standing(5).complete()).isTrue();
    }

    @Test
    void theReplicaThatHasItConnectedIsBelieved() {
        // Given a sidecar that went from here to another replica
        serves(1);
        clock.advance(Duration.ofSeconds(1));
        registry.replicaSays("b", true, List.of(elsewhere(true, 2)));
        // When its end here is noticed late
        clock.advance(Duration.ofSeconds(20));
        registry.disconnected(bound);
        // Then
        assertThat(registry.report("uid-1").orElseThrow().connected()).isTrue();
        assertThat(standing(2).complete()).isTrue();
    }

    @Test
    void aReplicaThatIsLostHasItsSidecarsConnectedNoMoreButTheirAcknowledgementsStand() {
        registry.replicaSays("b", true, List.of(elsewhere(true, 2)));
        registry.replicaLost("b");
        SidecarReport report = registry.report("uid-1").orElseThrow();
        assertThat(report.connected()).isFalse();
        assertThat(report.has(POLICY, 2)).isTrue();
    }

    @Test
    void aFullStateReplacesWhatThatReplicaSaidBefore() {
        registry.replicaSays("b", true, List.of(elsewhere(true, 2)));
        registry.replicaSays("b", true, List.of());
        assertThat(registry.report("uid-1")).isEmpty();
    }

    @Test
    void podsThatAreGoneAreForgotten() {
        serves(1);
        registry.retain(Set.of());
        assertThat(registry.report("uid-1"))
                .as("connected, and ahead of the caches")
                .isPresent();
        registry.disconnected(bound);
        registry.retain(Set.of());
        assertThat(registry.report("uid-1")).isEmpty();
    }

    @Test
    void everyChangeIsToldOnce() {
        AtomicInteger changes = new AtomicInteger();
        registry.onChange(changes::incrementAndGet);
        registry.connected(bound, "1", Shown.certificate());
        registry.acknowledged(bound, "v", List.of(), Duration.ofHours(1));
        registry.disconnected(bound);
        assertThat(changes).hasValue(3);
    }

    @Test
    void aSidecarArrivesOnceAtThisReplicaAndOnceThroughAnother() {
        AtomicInteger arrived = new AtomicInteger();
        registry.onArrival(arrived::incrementAndGet);

        serves(1);
        registry.disconnected(bound);
        serves(2);
        assertThat(arrived).hasValue(1);

        SidecarState known = registry.own(bound.uid()).orElseThrow();
        SidecarState other = known.toBuilder().setPodUid("uid-2").build();
        registry.replicaSays("replica", true, List.of(known));
        assertThat(arrived).hasValue(1);
        registry.replicaSays("replica", false, List.of(other));
        registry.replicaSays("replica", false, List.of(other));
        registry.replicaLost("replica");
        assertThat(arrived).hasValue(2);
    }

    private Optional<PodSockets> sockets() {
        return registry.report("uid-1").flatMap(SidecarReport::sockets);
    }

    @Test
    void whereAPodListensIsKnownWhileItsSidecarComesFromAnotherReplica() {
        Sockets told = Sockets.newBuilder()
                .addListening(Socket.newBuilder().setPort(3000))
                .build();
        registry.replicaSays(
                "b",
                true,
                List.of(elsewhere(true, 2).toBuilder().setSockets(told).build()));
        registry.replicaLost("b");
        assertThat(sockets()).hasValue(PodSockets.of(told));

        registry.connected(bound, "1", Shown.certificate());
        assertThat(sockets()).hasValue(PodSockets.of(told));

        clock.advance(SidecarReport.COMES_BACK);
        assertThat(sockets()).as("by now it has had the time to say so itself").isEmpty();

        Sockets now = Sockets.newBuilder()
                .addListening(Socket.newBuilder().setPort(4000))
                .build();
        registry.listening(bound, now);
        assertThat(sockets()).hasValue(PodSockets.of(now));
    }

    @Test
    void aSidecarIsHeardForAsLongAsItTakesToComeBack() {
        registry.connected(bound, "1", Shown.certificate());
        clock.advance(Duration.ofHours(1));
        assertThat(registry.report("uid-1").orElseThrow().heard(clock.instant()))
                .isTrue();

        registry.disconnected(bound);
        clock.advance(SidecarReport.COMES_BACK.minusSeconds(1));
        assertThat(registry.report("uid-1").orElseThrow().heard(clock.instant()))
                .isTrue();
        clock.advance(Duration.ofSeconds(1));
        assertThat(registry.report("uid-1").orElseThrow().heard(clock.instant()))
                .isFalse();
    }
}
