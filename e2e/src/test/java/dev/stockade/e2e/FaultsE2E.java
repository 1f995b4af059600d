package dev.stockade.e2e;

import static dev.stockade.e2e.evidence.Effects.seconds;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.e2e.cluster.Rig;
import dev.stockade.e2e.mesh.Disturbing;
import dev.stockade.e2e.mesh.Mesh;
import dev.stockade.e2e.mesh.Operator;
import dev.stockade.e2e.mesh.Steady;
import dev.stockade.e2e.mesh.Waiting;
import dev.stockade.e2e.workload.Calls;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.readiness.Readiness;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;

/**
 * What the operator and the control plane may suffer while an agent calls: not one call fails, the stream stays, nothing is lost,
 * and all statuses become what they were without anybody's doing.
 */
@Disturbing
@Tag("faults")
@Order(70)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class FaultsE2E {
    private static final Duration OUTAGE = Duration.ofSeconds(60);
    private static final int BURST = 500;

    private final Mesh mesh;
    private final Rig rig;
    private final Operator operator;
    private final Steady steady;

    FaultsE2E(Mesh mesh) {
        this.mesh = mesh;
        rig = mesh.rig();
        operator = mesh.operator();
        steady = Steady.begin(mesh);
    }

    @AfterAll
    void end() {
        rig.mend();
        steady.close();
    }

    private void row(String fault, String expected, Calls calls, String more) {
        mesh.effects().record(fault, expected, Steady.measured(calls) + more);
    }

    @Test
    @Order(1)
    void aLeaderThatStopsHandsOverAndTheOtherAloneAdmitsSignsAndStreams() {
        Instant from = Instant.now();
        Pod leader = operator.leader();
        String holder = operator.holder();
        int replicas = operator.wanted();

        operator.leaveOnlyTheOther(leader);
        Waiting.until(
                "the lease is given back",
                operator::holder,
                () -> !operator.holder().equals(holder));
        Duration without = operator.awaitAnother(holder);
        Duration edit = steady.editEnforced();
        Waiting.until(
                "one replica is left",
                operator::names,
                () -> mesh.client()
                                .pods()
                                .inNamespace(leader.getMetadata().getNamespace())
                                .withName(leader.getMetadata().getName())
                                .get()
                        == null);

        // Admitted, signed and sent its snapshot by the one that is left.
        assertThat(operator.names())
                .hasSize(1)
                .doesNotContain(leader.getMetadata().getName());
        steady.team().apply(steady.team().manifests().agent("late", Steady.AGENT, true));
        steady.team().awaitReady("late");
        operator.scale(replicas);
        operator.awaitReady();
        steady.awaitReady();
        row(
                "the operator's leader is stopped (its lease is given back)",
                "every call is answered, the stream stays; the other admits, signs and streams",
                steady.assertUnharmed(from),
                "; without a leader %s; first edit enforced after %s".formatted(seconds(without), seconds(edit)));
    }

    @Test
    @Order(2)
    void aLeaderThatIsKilledIsFollowedByTheOther() {
        Instant from = Instant.now();
        String holder = operator.holder();

        operator.kill(operator.leader());
        Duration without = operator.awaitAnother(holder);
        Duration edit = steady.editEnforced();

        operator.awaitReady();
        steady.awaitReady();
        row(
                "the operator's leader is killed (SIGKILL)",
                "every call is answered, the stream stays; the other leads once the lease has run out",
                steady.assertUnharmed(from),
                "; without a leader %s; first edit enforced after %s".formatted(seconds(without), seconds(edit)));
    }

    @Test
    @Order(3)
    void withoutAnyOperatorCallsGoOn() {
        Instant from = Instant.now();

        operator.killAll();
        Duration back = Duration.between(from, Instant.now());
        Duration edit = steady.editEnforced();

        steady.awaitReady();
        row(
                "both replicas of the operator are killed at once",
                "every call is answered, the stream stays; edits and new pods wait",
                steady.assertUnharmed(from),
                "; both ready again after %s; first edit enforced %s later".formatted(seconds(back), seconds(edit)));
    }

    @Test
    @Order(4)
    void anApiServerThatStandsStillForAMinuteHarmsNoCallUntilItCallsPodsNotReady() {
        Instant from = Instant.now();

        rig.freeze(Rig.API_SERVER);
        try {
            Waiting.until(
                    "the minute is over", Instant::now, () -> Instant.now().isAfter(from.plus(OUTAGE)));
        } finally {
            rig.thaw(Rig.API_SERVER);
        }
        Duration edit = steady.editEnforced();

        operator.awaitReady();
        steady.awaitReady();
        // Nodes that could not report for so long are NotReady for a moment once it goes on, and with them all their
        // pods.
        Calls calls = steady.assertNothingLost(from);
        assertThat(without(calls, "REFUSED HTTP 503 "))
                .as("failures, of %s", calls.counted())
                .isEmpty();
        assertThat(calls.reasons().keySet()).allMatch(reason -> reason.contains("no replica that is ready"));
        row(
                "the API server stands still for 60 s (SIGSTOP)",
                "every call is answered meanwhile; once it goes on, calls may be refused until the nodes have reported again",
                calls,
                "; first edit enforced %s after it goes on".formatted(seconds(edit)));
    }

    @Test
    @Order(5)
    void anApiServerThatIsRestartedCutsEveryWatchAndHarmsNoCall() {
        Instant from = Instant.now();

        rig.restart(Rig.API_SERVER);
        Duration edit = steady.editEnforced();

        operator.awaitReady();
        steady.awaitReady();
        row(
                "the API server is killed and started: every watch is cut",
                "every call is answered, the stream stays",
                steady.assertUnharmed(from),
                "; first edit enforced after %s, its start included".formatted(seconds(edit)));
    }

    @Test
    @Order(6)
    void anEtcdThatIsRestartedHarmsNoCall() {
        Instant from = Instant.now();

        rig.restart(Rig.ETCD);
        Duration edit = steady.editEnforced();

        operator.awaitReady();
        steady.awaitReady();
        row(
                "etcd is killed and started",
                "every call is answered, the stream stays",
                steady.assertUnharmed(from),
                "; first edit enforced after %s".formatted(seconds(edit)));
    }

    @Test
    @Order(7)
    void aReplicaThatCannotReachTheApiServerIsLeftByAll() {
        Instant from = Instant.now();
        Pod victim = operator.leader();
        String holder = operator.holder();

        rig.cut(victim.getStatus().getPodIP());
        Duration left;
        Duration edit;
        try {
            operator.awaitAnother(holder);
            // Its sidecars hear of the edit from the other one, though their connections to it are sound.
            edit = steady.editEnforced();
            Waiting.until(
                    "the replica says that it is not ready",
                    () -> mesh.client().resource(victim).get().getStatus().getConditions(),
                    () -> !Readiness.isPodReady(mesh.client().resource(victim).get()));
            left = Duration.between(from, Instant.now());
        } finally {
            rig.mend();
        }

        operator.awaitReady();
        steady.awaitReady();
        row(
                "the operator's leader is cut from the API server",
                "every call is answered, the stream stays; the other leads; the Service and all sidecars leave the one"
                        + " that is cut",
                steady.assertUnharmed(from),
                "; an edit enforced everywhere after %s; left after %s".formatted(seconds(edit), seconds(left)));
    }

    @Test
    @Order(8)
    void fiveHundredEditsInABurstEndWithTheLast() {
        Instant from = Instant.now();
        int last = 1_000_000 + BURST;

        for (int i = 1; i <= BURST; i++) {
            steady.edit(1_000_000 + i);
        }
        Duration burst = Duration.between(from, Instant.now());
        Instant done = Instant.now();
        steady.team().policy(Steady.POLICY).await("Enforced", "True");
        Duration enforced = Duration.between(done, Instant.now());

        assertThat(String.valueOf(steady.team().policy(Steady.POLICY).get().getAdditionalProperties()))
                .contains("edit-" + last);
        steady.awaitReady();
        row(
                "%d edits of a policy, one after the other".formatted(BURST),
                "every call is answered, the stream stays; the last one is enforced",
                steady.assertUnharmed(from),
                "; the burst took %s, the last one enforced %s later".formatted(seconds(burst), seconds(enforced)));
    }

    @Test
    @Order(9)
    void aServerRolledOutTenTimesLosesNoCall() {
        Instant from = Instant.now();

        for (int i = 0; i < 10; i++) {
            Instant rolled = steady.collect();
            mesh.client()
                    .apps()
                    .deployments()
                    .inNamespace(Steady.NAMESPACE)
                    .withName(Steady.SERVER)
                    .rolling()
                    .restart();
            steady.awaitRolledOut();
            steady.logsMayBeGone(rolled, Instant.now());
        }

        steady.awaitReady();
        Calls calls = steady.assertNothingLost(from);
        // A session ends with its replica, and its client begins another one. This server ends at once when it is told
        // to, whatever
        // it is at.
        assertThat(without(calls, "REFUSED HTTP 404 ", "REFUSED HTTP 502 ", "REFUSED HTTP 503 "))
                .as("failures, of %s", calls.counted())
                .isEmpty();
        row(
                "a server is rolled out ten times",
                "no call is lost; a session of a replica that is gone is refused with 404, and its client begins"
                        + " another; what the server drops as it ends is an error",
                calls,
                "");
    }

    private static Map<String, Long> without(Calls calls, String... expected) {
        Map<String, Long> others = calls.reasons();
        others.keySet().removeIf(reason -> Stream.of(expected).anyMatch(reason::startsWith));
        return others;
    }
}
