package dev.stockade.operator.isolation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.crds.common.Condition.Status;
import dev.stockade.operator.acks.PodSockets;
import dev.stockade.operator.status.Finding;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MeshOnlyTest {
    private static final IngressUnion CLOSED = new IngressUnion(true, List.of());
    private static final Vantage READER = new Vantage("uid-reader", "agents/reader", "agents", "node1");
    private static final Target SERVER = new Target("192.0.2.9", 3000);
    private static final Target CONTROL = new Target("192.0.2.9", 15008);
    private static final PodSockets EVERYWHERE = PodSockets.of(Map.of(3000, false, 15008, false, 15020, false));
    private static final PodSockets LOOPBACK = PodSockets.of(Map.of(3000, true, 15008, false, 15020, false));

    private static Tried closed(Vantage from) {
        return new Tried(from, List.of(), List.of(), List.of());
    }

    private static Tried open(Vantage from, Target target) {
        return new Tried(from, List.of(target), List.of(), List.of());
    }

    private static Tried blocked(Vantage from) {
        return new Tried(from, List.of(), List.of(), List.of(CONTROL));
    }

    private static PodEvidence pod(IngressUnion union, PodSockets sockets, Tried... tried) {
        return new PodEvidence("tools/web-0", union, Optional.of(sockets), Optional.of("1"), List.of(tried));
    }

    private static Finding finding(PodEvidence... pods) {
        return MeshOnly.finding(3000, Set.of(9090), false, List.of(pods));
    }

    private static void is(Finding finding, Status status, String reason) {
        assertThat(finding.status() + " " + finding.reason()).isEqualTo(status + " " + reason);
    }

    @Test
    void itIsProvenWherePoliciesAttemptsAndSocketsAgree() {
        Finding finding = finding(pod(CLOSED, EVERYWHERE, closed(Vantage.OPERATOR), closed(READER)));

        is(finding, Status.TRUE, "NetworkPolicyOnly");
        assertThat(finding.message())
                .isEqualTo("Nothing opened in 1 pod at port 3000, tried from agents/reader, the operator."
                        + " A NetworkPolicy does not stop processes on the pod's own node (kubelet, pods with"
                        + " hostNetwork): let the server listen on 127.0.0.1 alone to close it to them too.");
    }

    @Test
    void aServerOnLoopbackAloneIsClosedToItsNodeToo() {
        Finding finding = finding(pod(CLOSED, LOOPBACK, closed(Vantage.OPERATOR), closed(READER)));

        is(finding, Status.TRUE, "LoopbackOnly");
        assertThat(finding.message()).doesNotContain("hostNetwork");
    }

    @Test
    void anotherPortOfTheApplicationIsNoLoopbackUnlessItsOwnerOpensIt() {
        PodSockets opened = PodSockets.of(Map.of(3000, true, 9090, false));
        PodSockets another = PodSockets.of(Map.of(3000, true, 9091, false));

        is(finding(pod(CLOSED, opened, closed(Vantage.OPERATOR))), Status.TRUE, "LoopbackOnly");
        is(finding(pod(CLOSED, another, closed(Vantage.OPERATOR))), Status.TRUE, "NetworkPolicyOnly");
        is(
                finding(
                        pod(CLOSED, LOOPBACK, closed(Vantage.OPERATOR)),
                        pod(CLOSED, EVERYWHERE, closed(Vantage.OPERATOR))),
                Status.TRUE,
                "NetworkPolicyOnly");
    }

    @Test
    void thatNobodyButTheOperatorTriedIsSaid() {
        assertThat(finding(pod(CLOSED, EVERYWHERE, closed(Vantage.OPERATOR))).message())
                .contains("No sidecar of another namespace was there to try as well.");
        assertThat(finding(pod(CLOSED, EVERYWHERE, closed(Vantage.OPERATOR), blocked(READER)))
                        .message())
                .contains("Could not try: agents/reader.")
                .contains("No sidecar of another namespace was there to try as well.");
    }

    @Test
    void aConnectionThatOpensIsAWayAroundWhateverElseIsKnown() {
        Finding finding = finding(pod(
                new IngressUnion(true, List.of("NetworkPolicy tools/more admits every port from everywhere")),
                EVERYWHERE,
                closed(Vantage.OPERATOR),
                open(READER, SERVER)));

        is(finding, Status.FALSE, "Bypass");
        assertThat(finding.message())
                .startsWith("Reached around the sidecar: pod tools/web-0 at 192.0.2.9:3000 from agents/reader.")
                .contains("NetworkPolicy tools/more admits every port from everywhere");
    }

    @Test
    void aPolicyThatOpensThePodIsNamedThoughNoAttemptGotThrough() {
        Finding finding = finding(pod(
                new IngressUnion(true, List.of("NetworkPolicy tools/more admits port 3000 from some")),
                EVERYWHERE,
                closed(Vantage.OPERATOR)));

        is(finding, Status.FALSE, "OpenedByPolicy");
        assertThat(finding.message()).contains("NetworkPolicy tools/more admits port 3000 from some");
    }

    @Test
    void aPodThatNoPolicySelectsIsNotIsolated() {
        PodEvidence pod = pod(new IngressUnion(false, List.of()), LOOPBACK, closed(Vantage.OPERATOR));

        is(finding(pod), Status.FALSE, "NotIsolated");
        is(MeshOnly.finding(3000, Set.of(), true, List.of(pod)), Status.UNKNOWN, "Isolating");
    }

    @Test
    void withoutTheSidecarsViewNothingIsProven() {
        Finding finding = finding(new PodEvidence(
                "tools/web-0", CLOSED, Optional.empty(), Optional.of("0.1"), List.of(closed(Vantage.OPERATOR))));

        is(finding, Status.UNKNOWN, "SocketsUnknown");
        assertThat(finding.message()).contains("tools/web-0").contains("release 0.1");
    }

    @Test
    void whereNothingListensARefusalProvesNothing() {
        is(
                finding(pod(CLOSED, PodSockets.of(Map.of(4000, false)), closed(Vantage.OPERATOR))),
                Status.UNKNOWN,
                "NotListening");
    }

    @Test
    void morePortsThanAreTriedAreNotProven() {
        Map<Integer, Boolean> many = new TreeMap<>(Map.of(3000, false));
        IntStream.range(0, 64).forEach(i -> many.put(20_000 + i, false));

        is(finding(pod(CLOSED, PodSockets.of(many), closed(Vantage.OPERATOR))), Status.UNKNOWN, "TooManyPorts");
        is(
                finding(pod(
                        CLOSED, new PodSockets(new TreeMap<>(Map.of(3000, false)), true, 0), closed(Vantage.OPERATOR))),
                Status.UNKNOWN,
                "TooManyPorts");
    }

    @Test
    void nothingIsSaidBeforeEveryVantagePointHasAnswered() {
        Tried waiting = new Tried(READER, List.of(), List.of(SERVER), List.of());

        is(finding(pod(CLOSED, EVERYWHERE)), Status.UNKNOWN, "Probing");
        is(finding(pod(CLOSED, EVERYWHERE, closed(Vantage.OPERATOR), waiting)), Status.UNKNOWN, "Probing");
    }

    @Test
    void whoeverCannotReachTheSidecarItselfProvesNothing() {
        is(finding(pod(CLOSED, EVERYWHERE, blocked(Vantage.OPERATOR), blocked(READER))), Status.UNKNOWN, "CouldNotTry");
        is(finding(pod(CLOSED, LOOPBACK, blocked(Vantage.OPERATOR), closed(READER))), Status.TRUE, "LoopbackOnly");
    }

    @Test
    void withoutAPodThereIsNothingToTry() {
        is(finding(), Status.UNKNOWN, "NoPods");
    }
}
