package dev.stockade.e2e;

import static dev.stockade.e2e.workload.Manifests.agentIdentity;
import static dev.stockade.e2e.workload.Manifests.policy;
import static dev.stockade.e2e.workload.Manifests.secureMcpServer;
import static dev.stockade.e2e.workload.Manifests.serviceAccount;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.e2e.mesh.Disturbing;
import dev.stockade.e2e.mesh.Mesh;
import dev.stockade.e2e.mesh.Resource;
import dev.stockade.e2e.mesh.Team;
import dev.stockade.e2e.mesh.Waiting;
import dev.stockade.e2e.workload.Conversation;
import dev.stockade.e2e.workload.Program;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.readiness.Readiness;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/**
 * Every way to take an identity away, each with an agent of its own that holds a stream open and works in a session: the stream
 * is cut, the session and new ones are refused, no new certificate is issued, and somebody says why.
 */
@Disturbing
@Order(55)
class WithdrawalE2E {
    private static final String NAMESPACE = "e2e-withdrawn";
    private static final String URL = "http://127.0.0.1:15001/e2e-withdrawn/server";
    private static final String ECHO = "{\"message\":\"hello\"}";
    private static final List<String> AGENTS = List.of("suspended", "stopped", "deleted", "disowned", "evicted");

    private final Mesh mesh;
    private final Team team;

    WithdrawalE2E(Mesh mesh) {
        this.mesh = mesh;
        team = mesh.team(NAMESPACE);
    }

    @BeforeAll
    void raise() {
        team.apply(team.manifests().server("server", 1, true), secureMcpServer("server", ""));
        for (String agent : AGENTS) {
            team.apply(
                    serviceAccount(agent),
                    agentIdentity(agent, ""),
                    policy(agent, NAMESPACE, agent, "server", "echo"),
                    agent.equals("evicted")
                            ? team.manifests().stubbornAgent(agent, agent)
                            : team.manifests().agent(agent, agent, true));
        }
        team.awaitDeployment("server");
        for (String agent : AGENTS) {
            team.awaitReady(agent).policy(agent).await("Enforced", "True");
        }
    }

    @AfterAll
    void end() {
        mesh.trust().patch("{\"spec\":{\"suspended\":[]}}");
        team.disband();
    }

    @Test
    void suspensionByItsOwnerTakesItAwayUntilItIsLifted() {
        Resource agent = team.agentIdentity("suspended");

        withdrawn("suspended", () -> agent.patch("{\"spec\":{\"suspended\":true}}"), "suspended");

        agent.await("Suspended", "True");
        assertThat(agent.condition("Suspended").orElseThrow().message()).contains("spec.suspended");
        team.awaitEvent("suspended", event -> says(event, "e2e-withdrawn/suspended", "spec.suspended"));
        String newcomer = awaitNoCertificateForANewPod("suspended", "suspended");

        agent.patch("{\"spec\":{\"suspended\":false}}");

        awaitAnswer("suspended");
        team.awaitReady(newcomer);
        agent.await("Suspended", "False");
    }

    @Test
    void suspensionByThePlatformGivesItsReasonAndWinsOverTheOwner() {
        Resource agent = team.agentIdentity("stopped");

        withdrawn("stopped", () -> mesh.trust().patch("""
                        {"spec":{"suspended":[{"namespace":"e2e-withdrawn","name":"stopped","reason":"incident 42"}]}}"""), "suspended");

        agent.await("Suspended", "True");
        assertThat(agent.get().<Boolean>get("spec", "suspended")).isFalse();
        assertThat(agent.condition("Suspended").orElseThrow().message()).contains("MeshTrust", "incident 42");
        team.awaitEvent("stopped", event -> says(event, "MeshTrust", "incident 42"));
        String newcomer = awaitNoCertificateForANewPod("stopped", "suspended");

        mesh.trust().patch("{\"spec\":{\"suspended\":[]}}");

        awaitAnswer("stopped");
        team.awaitReady(newcomer);
        agent.await("Suspended", "False");
    }

    @Test
    void deletionOfTheAgentIdentityTakesItAwayUntilThereIsOneAgain() {
        withdrawn("deleted", () -> team.agentIdentity("deleted").delete(), "");

        team.awaitEvent("deleted", event -> says(event, "AgentIdentity e2e-withdrawn/deleted was deleted"));
        String newcomer = awaitNoCertificateForANewPod("deleted", "AgentIdentity");

        team.apply(agentIdentity("deleted", ""));

        awaitAnswer("deleted");
        team.awaitReady(newcomer);
    }

    @Test
    void deletionOfTheServiceAccountTakesItAwayFromThePodsThatHaveIt() {
        withdrawn(
                "disowned",
                () -> team.client()
                        .serviceAccounts()
                        .inNamespace(NAMESPACE)
                        .withName("disowned")
                        .delete(),
                "");

        team.awaitEvent("disowned", event -> says(event, "ServiceAccount e2e-withdrawn/disowned was deleted"));
        // The API server lets nobody make a pod of an account that does not exist; one that was there asks again when
        // its sidecar starts anew.
        mesh.nodes().kill(team.pod("disowned"));
        Waiting.until(
                "the sidecar that started anew waits for a certificate",
                () -> team.sidecarLog("disowned"),
                () -> team.sidecarLog("disowned").contains("no certificate yet"));
        Waiting.until(
                "the pod without a certificate is not ready",
                () -> team.sidecarLog("disowned"),
                () -> !Readiness.isPodReady(team.pod("disowned")));
    }

    /**
     * Its program goes on for two seconds, which nothing but the mesh can stop then. Whether it is still told in that time depends
     * on how busy the machine is, so that the sidecar which cuts it off is asked.
     */
    @Test
    void deletionOfThePodTakesItAwayFromTheProgramThatLivesOn() {
        try (Conversation stream = team.program("evicted").start("agent", "hold", URL)) {
            stream.await("the open stream", 0, fact -> is(fact, "stream", "open"));

            team.client()
                    .pods()
                    .inNamespace(NAMESPACE)
                    .withName("evicted")
                    .withGracePeriod(0)
                    .delete();

            String server = team.pods("server").getFirst().getMetadata().getName();
            Waiting.until(
                    "the server's sidecar cuts the deleted pod off",
                    () -> team.sidecarLog(server),
                    () -> team.sidecarLog(server)
                            .lines()
                            .anyMatch(line -> line.contains("connection cut") && line.contains("/agent/evicted")));
        }
        team.awaitEvent("evicted", event -> says(event, "Pod e2e-withdrawn/evicted was deleted"));
    }

    /** @param word of the refusal, where the agent's pod is told */
    private void withdrawn(String agent, Runnable act, String word) {
        Program program = team.program(agent);
        try (Conversation stream = program.start("agent", "hold", URL);
                Conversation session = program.start("agent", "session", URL)) {
            stream.await("the open stream", 0, fact -> is(fact, "stream", "open"));
            assertThat(session.call("echo", ECHO).has("result")).isTrue();
            int told = stream.told().size();

            act.run();

            stream.await("the end of the stream", told, fact -> is(fact, "stream", "end"));
            JsonNode refused = session.call("echo", ECHO);
            assertThat(refused.has("error")).as("in its session: %s", refused).isTrue();
            if (!word.isEmpty()) {
                assertThat(refused.at("/error/http").asInt()).as("%s", refused).isEqualTo(403);
                assertThat(refused.at("/error/message").asText()).contains(word);
                JsonNode anew = program.call(URL, "echo", ECHO);
                assertThat(anew.at("/error/http").asInt())
                        .as("in a new session: %s", anew)
                        .isEqualTo(403);
            }
        }
    }

    /** @return the pod, which waits */
    private String awaitNoCertificateForANewPod(String agent, String why) {
        String name = agent + "-again";
        team.apply(team.manifests().agent(name, agent, true).replace("app: " + name, "app: " + agent));
        team.awaitEvent(name, event -> says(event, why));
        Waiting.until(
                "the sidecar of %s says why it waits".formatted(name),
                () -> team.sidecarLog(name),
                () -> team.sidecarLog(name)
                        .lines()
                        .anyMatch(line -> line.contains("no certificate yet") && line.contains(why)));
        Pod pod = team.pod(name);
        assertThat(Readiness.isPodReady(pod)).isFalse();
        assertThat(pod.getStatus().getContainerStatuses())
                .allSatisfy(container -> assertThat(container.getStarted()).isFalse());
        return name;
    }

    private void awaitAnswer(String agent) {
        Waiting.until(
                agent + " is let in again",
                () -> team.programOf(agent).call(URL, "echo", ECHO),
                () -> team.programOf(agent).call(URL, "echo", ECHO).has("result"));
    }

    private static boolean says(Event event, String... words) {
        return List.of(words).stream().allMatch(event.getMessage()::contains);
    }

    private static boolean is(JsonNode fact, String field, String value) {
        return fact.path(field).asText().equals(value);
    }
}
