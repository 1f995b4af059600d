package dev.stockade.e2e;

import static dev.stockade.e2e.workload.Manifests.agentIdentity;
import static dev.stockade.e2e.workload.Manifests.policy;
import static dev.stockade.e2e.workload.Manifests.secureMcpServer;
import static dev.stockade.e2e.workload.Manifests.serviceAccount;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.e2e.evidence.Measurements.Row;
import dev.stockade.e2e.mesh.Mesh;
import dev.stockade.e2e.mesh.OnMesh;
import dev.stockade.e2e.mesh.Resource;
import dev.stockade.e2e.mesh.Team;
import dev.stockade.e2e.mesh.Waiting;
import dev.stockade.e2e.workload.Conversation;
import dev.stockade.e2e.workload.Conversation.Told;
import dev.stockade.e2e.workload.Program;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** What changes while agents work: a policy, an agent's suspension, the platform's, a name that a policy waited for. */
@OnMesh
@Order(20)
class ChangeE2E {
    private static final String URL = "http://127.0.0.1:15001/e2e-change/changing";
    private static final String SUM = "{\"a\":19,\"b\":23}";
    private static final String ECHO = "{\"message\":\"hello\"}";

    private final Mesh mesh;
    private final Team team;

    ChangeE2E(Mesh mesh) {
        this.mesh = mesh;
        team = mesh.team("e2e-change");
    }

    @BeforeAll
    void raise() {
        team.apply(
                team.manifests().server("changing", 1, true),
                secureMcpServer("changing", ""),
                policy("edited", "e2e-change", "editor", "changing", "echo"),
                policy("held", "e2e-change", "suspect", "changing", "echo"));
        team.agent("editor", "").agent("suspect", "");
        team.awaitDeployment("changing").awaitReady("editor").awaitReady("suspect");
        team.server("changing").await("Ready", "True");
        team.policy("edited").await("Ready", "True");
        team.policy("held").await("Ready", "True");
    }

    @AfterAll
    void end() {
        team.disband();
    }

    @Test
    void aPolicyEditDecidesTheNextCallOfAnOpenSession() {
        Map<String, Integer> before = processes();
        Resource policy = team.policy("edited");
        Program editor = team.program("editor");
        try (Conversation stream = editor.start("agent", "hold", URL);
                Conversation session = editor.start("agent", "session", URL)) {
            stream.await("the open stream", 0, fact -> is(fact, "stream", "open"));
            assertThat(session.call("get-sum", SUM).at("/error/code").asInt()).isEqualTo(-31403);
            assertThat(session.call("echo", ECHO).has("result")).isTrue();

            long edited = System.nanoTime();
            policy.patch("{\"spec\":{\"allow\":[{\"tools\":[\"get-sum\"]}]}}");
            policy.await("Enforced", "True");
            mesh.measurements().record(Row.POLICY_ENFORCED, since(edited));

            JsonNode granted = session.call("get-sum", SUM);
            assertThat(granted.at("/result/content/0/text").asText())
                    .as("%s", granted)
                    .contains("42");
            assertThat(session.call("echo", ECHO).at("/error/code").asInt()).isEqualTo(-31403);
            assertThat(stream.told()).noneMatch(told -> is(told.fact(), "stream", "end"));
        }
        assertThat(processes()).isEqualTo(before);
    }

    @Test
    void aSuspendedAgentLosesItsStreamAndIsRefusedUntilItIsLetInAgain() {
        Resource suspect = team.agentIdentity("suspect");
        Program program = team.program("suspect");
        try (Conversation stream = program.start("agent", "hold", URL);
                Conversation session = program.start("agent", "session", URL)) {
            stream.await("the open stream", 0, fact -> is(fact, "stream", "open"));
            assertThat(session.call("echo", ECHO).has("result")).isTrue();
            int told = stream.told().size();

            long suspended = System.nanoTime();
            suspect.patch("{\"spec\":{\"suspended\":true}}");
            Told end = stream.await("the end of the stream", told, fact -> is(fact, "stream", "end"));
            mesh.measurements().record(Row.SUSPENSION_CUT, Duration.ofNanos(end.nanos() - suspended));
            JsonNode refused = session.call("echo", ECHO);
            mesh.measurements().record(Row.SUSPENSION_REFUSED, since(suspended));

            assertThat(refused.at("/error/http").asInt()).as("%s", refused).isEqualTo(403);
            assertThat(refused.at("/error/message").asText()).contains("suspended");
            suspect.await("Suspended", "True");
            JsonNode anew = program.call(URL, "echo", ECHO);
            assertThat(anew.at("/error/http").asInt())
                    .as("a new session: %s", anew)
                    .isEqualTo(403);
        }

        suspect.patch("{\"spec\":{\"suspended\":false}}");

        Waiting.until(
                "the agent is let in again",
                () -> program.call(URL, "echo", ECHO),
                () -> program.call(URL, "echo", ECHO).has("result"));
        suspect.await("Suspended", "False").await("Ready", "True");
    }

    @Test
    void aPolicyThatNamesWhoDoesNotExistWaitsAndIsCompletedByTheirArrival() {
        team.apply(policy("early", "e2e-change", "latecomer", "changing", "echo"));
        Resource policy = team.policy("early");
        Resource.Condition unresolved = policy.awaitReason("Ready", "Unresolved");
        assertThat(unresolved.message()).contains("e2e-change/latecomer");

        team.apply(serviceAccount("latecomer"), agentIdentity("latecomer", ""));

        policy.await("Ready", "True");
    }

    @Test
    void theSecondResourceThatClaimsAPodSaysWhoHasIt() {
        team.apply(secureMcpServer("usurper", "").replace("app: usurper", "app: changing"));

        Resource.Condition refused = team.server("usurper").awaitReason("Ready", "Conflict");

        assertThat(refused.status()).isEqualTo("False");
        assertThat(refused.message()).contains("e2e-change/changing");
        team.server("changing").await("Ready", "True");
    }

    /** Every container of the team by pod UID and name, with its restarts. */
    private Map<String, Integer> processes() {
        Map<String, Integer> processes = new TreeMap<>();
        for (Pod pod : team.client().pods().inNamespace(team.namespace()).list().getItems()) {
            Stream.concat(
                            pod.getStatus().getInitContainerStatuses().stream(),
                            pod.getStatus().getContainerStatuses().stream())
                    .forEach((ContainerStatus one) ->
                            processes.put(pod.getMetadata().getUid() + "/" + one.getName(), one.getRestartCount()));
        }
        return processes;
    }

    private static boolean is(JsonNode fact, String field, String value) {
        return fact.path(field).asText().equals(value);
    }

    private static Duration since(long nanos) {
        return Duration.ofNanos(System.nanoTime() - nanos);
    }
}
