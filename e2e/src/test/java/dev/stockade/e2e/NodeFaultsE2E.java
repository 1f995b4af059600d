package dev.stockade.e2e;

import static dev.stockade.e2e.evidence.Effects.seconds;
import static dev.stockade.e2e.workload.Manifests.policy;
import static dev.stockade.e2e.workload.Manifests.secureMcpServer;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.e2e.cluster.Rig;
import dev.stockade.e2e.mesh.Audit;
import dev.stockade.e2e.mesh.Disturbing;
import dev.stockade.e2e.mesh.Mesh;
import dev.stockade.e2e.mesh.Resource;
import dev.stockade.e2e.mesh.Steady;
import dev.stockade.e2e.mesh.Team;
import dev.stockade.e2e.mesh.Waiting;
import dev.stockade.e2e.workload.Calls;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.readiness.Readiness;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;

/**
 * What pods and nodes may suffer while an agent calls: the other replica answers, nothing is lost silently, the status says what
 * is not known, and all of it becomes what it was without anybody's doing.
 */
@Disturbing
@Tag("faults")
@Order(71)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class NodeFaultsE2E {
    private static final String ECHO = "{\"message\":\"what time is it\"}";

    private final Mesh mesh;
    private final Rig rig;
    private final Steady steady;
    private final Team team;

    NodeFaultsE2E(Mesh mesh) {
        this.mesh = mesh;
        rig = mesh.rig();
        mesh.nodes().processes(); // a look from each node, before one of them is lost
        steady = Steady.begin(mesh);
        team = steady.team();
    }

    @AfterAll
    void end() {
        steady.close();
    }

    /** All is well again; nothing was lost; and calls that were begun once the fault had been noticed were answered. */
    private void recovered(String fault, String expected, Instant from, String more) {
        Instant until = Instant.now();
        steady.awaitReady();
        Duration ready = Duration.between(until, Instant.now());
        Calls calls = steady.assertNothingLost(from);
        mesh.effects()
                .record(
                        fault,
                        expected,
                        "%s; streams ended: %d; all Ready %s after its end%s"
                                .formatted(Steady.measured(calls), steady.streamsEnded(from), seconds(ready), more));
        calls.reasons().forEach((reason, times) -> System.out.println("e2e: " + fault + ": " + times + " x " + reason));
    }

    /** Until the cluster knows that the pod is out of reach, and no status has claimed anything for it. */
    private void goesOnWithout(Pod away) {
        String name = away.getMetadata().getName();
        steady.goesOn();
        assertNotSaidToBeEnforcedBy(away);
        Waiting.until(
                "the pod is known to be out of reach",
                () -> team.pod(name).getStatus().getConditions(),
                () -> !Readiness.isPodReady(team.pod(name)));
    }

    /** While a sidecar cannot hear of it, an edit is not said to be enforced, and the message names the pod. */
    private void assertNotSaidToBeEnforcedBy(Pod pod) {
        steady.editUnenforced();
        String name = pod.getMetadata().getName();
        Waiting.until(
                "the status names the pod that has not acknowledged",
                () -> team.policy(Steady.POLICY).conditions(),
                () -> team.policy(Steady.POLICY)
                        .condition("Enforced")
                        .filter(one -> one.observedGeneration()
                                == team.policy(Steady.POLICY).generation())
                        .filter(one ->
                                !one.status().equals("True") && one.message().contains(name))
                        .isPresent());
        Resource.Condition ready = team.policy(Steady.POLICY).condition("Ready").orElseThrow();
        assertThat(ready.status()).as("%s", ready).isNotEqualTo("True");
    }

    @Test
    @Order(1)
    void aNodeWhoseLinkIsCutIsLeftAndComesBack() {
        Pod away = steady.replicaOn(steady.otherNode());
        Instant from = steady.collect();

        rig.link(false);
        try {
            goesOnWithout(away);
        } finally {
            rig.link(true);
        }

        recovered(
                "the link of a node is cut, until the node is known to be NotReady",
                "the other replica answers; what the lost one had taken ends with an error; an edit is not said to be"
                        + " enforced",
                from,
                "");
    }

    @Test
    @Order(2)
    void aSidecarWhoseVolumeIsFullGoesOnAndStartsAgain() {
        Pod pod = steady.replicaOn(steady.otherNode());
        Instant from = steady.collect();

        long filled = mesh.nodes().fill(pod);
        assertThat(filled).isPositive();
        mesh.nodes().kill(pod);
        try {
            steady.awaitReady();
            steady.editEnforced();
        } finally {
            mesh.nodes().empty(pod);
        }

        recovered(
                "the volume of a sidecar is full to the last byte, and the sidecar is killed",
                "it starts with the bundle that it had kept, and says what it cannot keep",
                from,
                "; filled with %d bytes".formatted(filled));
    }

    @Test
    @Order(3)
    void aServersSidecarThatIsKilledComesBack() {
        Instant from = steady.collect();

        mesh.nodes().kill(steady.replicaOn(steady.otherNode()));

        recovered(
                "the sidecar of a server's replica is killed (SIGKILL)",
                "calls that it had taken end with an error; the other replica answers",
                from,
                "");
    }

    @Test
    @Order(4)
    void anAgentsSidecarThatIsKilledComesBack() {
        Instant from = steady.collect();

        mesh.nodes().kill(team.pod(Steady.AGENT));

        recovered(
                "the sidecar of the agent is killed (SIGKILL)",
                "calls meanwhile end with an error: nothing listens",
                from,
                "");
    }

    @Test
    @Order(5)
    void aServersPodThatIsTakenAwayWithoutAWordIsReplaced() {
        Pod pod = steady.replicaOn(steady.otherNode());
        Instant from = steady.collect();

        mesh.client().resource(pod).withGracePeriod(0).delete();
        steady.awaitRolledOut();
        steady.logsMayBeGone(from, Instant.now());

        recovered(
                "a pod of the server is deleted with --force --grace-period=0",
                "calls that it had taken end with an error; its sessions are refused with 404; the other replica"
                        + " answers",
                from,
                "");
    }

    @Test
    @Order(6)
    void aNodeThatIsGoneIsLeftAndComesBack() {
        Pod away = steady.replicaOn(steady.otherNode());
        Instant from = steady.collect();

        rig.lose();
        try {
            goesOnWithout(away);
        } finally {
            steady.logsMayBeGone(from, Instant.now());
            rig.giveBack();
        }

        mesh.operator().awaitReady();
        recovered(
                "a node is gone with all that ran on it, and is switched on again once it is known to be NotReady",
                "the other replica answers; what the lost one had taken ends with an error; an edit is not said to be"
                        + " enforced",
                from,
                "");
    }

    @Test
    @Order(7)
    void aSidecarWhoseClockIsTwoMinutesOffServesAndIsServed() {
        Instant from = steady.collect();
        int calls = 20;
        team.agent("usual", "");

        for (Duration off : List.of(Duration.ofMinutes(2), Duration.ofMinutes(-2))) {
            String server = off.isNegative() ? "behind" : "ahead";
            String agent = server + "-agent";
            mesh.otherClockInNewSidecars(off);
            try {
                team.apply(
                        team.manifests().server(server, 1, true),
                        secureMcpServer(server, ""),
                        policy(server, Steady.NAMESPACE, "usual", server, "echo"),
                        policy(agent, Steady.NAMESPACE, agent, Steady.SERVER, "echo"));
                team.agent(agent, "").awaitDeployment(server).awaitReady(agent);
            } finally {
                mesh.rightClockInNewSidecars();
            }
            team.policy(server).await("Enforced", "True");
            team.policy(agent).await("Enforced", "True");

            JsonNode one = team.program(agent).fact("agent", "burst", url(Steady.SERVER), "echo", ECHO, "" + calls);
            assertThat(one.path("ok").asInt()).as("%s", one).isEqualTo(calls);
            JsonNode other = team.program("usual").fact("agent", "burst", url(server), "echo", ECHO, "" + calls);
            assertThat(other.path("ok").asInt()).as("%s", other).isEqualTo(calls);
            // It is that clock that the sidecar goes by.
            Instant recorded = Instant.parse(new Audit(team, server)
                    .await("a call", line -> line.path("decision").asText().equals("allow"))
                    .path("time")
                    .asText());
            assertThat(Duration.between(Instant.now(), recorded).abs()).isGreaterThan(Duration.ofSeconds(60));
        }

        recovered(
                "the clock of a sidecar is two minutes ahead, or behind: an agent's, a server's",
                "it is certified, serves and is served; its log and audit lines have its own time",
                from,
                "");
    }

    private static String url(String server) {
        return "http://127.0.0.1:15001/%s/%s".formatted(Steady.NAMESPACE, server);
    }
}
