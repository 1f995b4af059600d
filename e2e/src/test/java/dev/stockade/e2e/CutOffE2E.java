package dev.stockade.e2e;

import static dev.stockade.e2e.workload.Manifests.agentIdentity;
import static dev.stockade.e2e.workload.Manifests.policy;
import static dev.stockade.e2e.workload.Manifests.secureMcpServer;
import static dev.stockade.e2e.workload.Manifests.serviceAccount;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.e2e.mesh.Audit;
import dev.stockade.e2e.mesh.Disturbing;
import dev.stockade.e2e.mesh.Mesh;
import dev.stockade.e2e.mesh.Team;
import dev.stockade.e2e.mesh.Waiting;
import dev.stockade.e2e.workload.Conversation;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Identities are taken away while sidecars cannot reach the operator: two agents and two of three servers are cut off by a
 * NetworkPolicy; one agent is suspended then, the other's resource is deleted. The agents' sidecars know nothing of it, and their
 * certificates are good for most of an hour: what is refused is refused by the servers.
 */
@Disturbing
@Order(57)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class CutOffE2E {
    private static final String NAMESPACE = "e2e-cutoff";
    private static final String ECHO = "{\"message\":\"hello\"}";
    private static final String SUSPENDED = "suspended";
    private static final String DELETED = "deleted";
    private static final List<String> AGENTS = List.of(SUSPENDED, DELETED);
    /** Reaches the operator all the time. */
    private static final String CONNECTED = "connected";
    /** Does not, and may serve for an hour without. */
    private static final String FAR = "far";
    /** Does not, and may serve for a minute without. */
    private static final String BRIEF = "brief";

    /** Calls go through the mesh, and nothing to the operator; what is open already most implementations let be. */
    private static final String CUT_OFF = """
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: cut-off}
            spec:
              podSelector: {matchExpressions: [{key: app, operator: In, values: [suspended, deleted, far, brief]}]}
              policyTypes: [Egress]
              egress: [{ports: [{port: 15008, protocol: TCP}]}]
            """;

    private final Mesh mesh;
    private final Team team;
    private final Map<String, Conversation> streams = new HashMap<>();

    CutOffE2E(Mesh mesh) {
        this.mesh = mesh;
        team = mesh.team(NAMESPACE);
    }

    @BeforeAll
    void raise() {
        for (String server : List.of(CONNECTED, FAR, BRIEF)) {
            team.apply(
                    team.manifests().server(server, 1, true),
                    secureMcpServer(server, server.equals(BRIEF) ? "limits: {staleAfter: 1m}" : ""));
            AGENTS.forEach(agent -> team.apply(policy(agent + "-" + server, NAMESPACE, agent, server, "echo")));
        }
        for (String agent : AGENTS) {
            team.apply(
                    serviceAccount(agent),
                    agentIdentity(agent, ""),
                    team.manifests().agent(agent, agent, true));
        }
        for (String server : List.of(CONNECTED, FAR, BRIEF)) {
            team.awaitDeployment(server);
            AGENTS.forEach(
                    agent -> team.awaitReady(agent).policy(agent + "-" + server).await("Enforced", "True"));
        }
        List<String> cutOff = Stream.of(SUSPENDED, DELETED, FAR, BRIEF)
                .map(app -> team.pods(app).getFirst().getMetadata().getName())
                .toList();
        Map<String, Long> before = new HashMap<>();
        cutOff.forEach(pod -> before.put(pod, lossesOfTheOperator(pod)));
        team.apply(CUT_OFF);
        mesh.operator().killAll(); // what was open before the policy would go on otherwise
        for (String pod : cutOff) {
            Waiting.until(
                    pod + " has lost the operator",
                    () -> team.sidecarLog(pod),
                    () -> lossesOfTheOperator(pod) > Objects.requireNonNull(before.get(pod)));
        }
    }

    private long lossesOfTheOperator(String pod) {
        return team.sidecarLog(pod)
                .lines()
                .filter(line -> line.contains("no stream of snapshots"))
                .count();
    }

    @AfterAll
    void end() {
        streams.values().forEach(Conversation::close);
        team.disband();
    }

    @Test
    @Order(1)
    void whatIsNotKnownToBeWithdrawnGoesOn() {
        for (String agent : AGENTS) {
            assertThat(call(agent, CONNECTED).has("result")).isTrue();
            assertThat(call(agent, FAR).has("result")).isTrue();
            hold(agent, CONNECTED);
            hold(agent, FAR);
        }
    }

    @Test
    @Order(2)
    void aServerThatKnowsCutsTheStreamAndRefusesNewConnectionsOfACertificateThatHasNotEnded() {
        team.agentIdentity(SUSPENDED).patch("{\"spec\":{\"suspended\":true}}");
        team.agentIdentity(DELETED).delete();

        for (String agent : AGENTS) {
            awaitEnd(agent, CONNECTED);
            Waiting.until(
                    agent + " is refused",
                    () -> call(agent, CONNECTED),
                    () -> call(agent, CONNECTED).at("/error/http").asInt() == 403);
            JsonNode line = new Audit(team, CONNECTED)
                    .await(
                            "the refusal of " + agent,
                            one -> one.path("decision").asText().equals("deny")
                                    && one.path("agent").asText().endsWith("/agent/" + agent));
            // To this server an agent whose resource is gone is one that nobody ever named.
            assertThat(line.path("reason").asText())
                    .as("%s", line)
                    .isIn(agent.equals(SUSPENDED) ? List.of("suspended") : List.of("identity_refused", "no_grant"));
        }
    }

    @Test
    @Order(3)
    void theStatusSaysWhoHasNotHeardOfIt() {
        // Each replica serves sidecars at once, but writes only when it leads: the killed leader's lease is waited for.
        team.agentIdentity(SUSPENDED).await("Suspended", "Unknown");

        assertThat(team.agentIdentity(SUSPENDED).condition("Suspended"))
                .hasValueSatisfying(one -> assertThat(one.message()).contains("far-"));
    }

    @Test
    @Order(4)
    void aServerThatCannotKnowServesNoLongerThanItsBound() {
        for (String agent : AGENTS) {
            Waiting.until(
                    "the server that may serve for a minute refuses " + agent,
                    () -> call(agent, BRIEF),
                    () -> call(agent, BRIEF).has("error"));
            JsonNode answer = call(agent, BRIEF);
            assertThat(answer.at("/error/message").asText()).as("%s", answer).contains("stale");
            // The other one has an hour.
            assertThat(call(agent, FAR).has("result")).isTrue();
            assertThat(ends(agent, FAR)).isFalse();
        }
        Waiting.until(
                "its log says why",
                () -> team.sidecarLog(team.pods(BRIEF).getFirst().getMetadata().getName()),
                () -> team.sidecarLog(team.pods(BRIEF).getFirst().getMetadata().getName())
                        .contains("\"reason\":\"stale\""));
    }

    @Test
    @Order(5)
    void onReconnectionItLearnsAndCuts() {
        team.client()
                .network()
                .v1()
                .networkPolicies()
                .inNamespace(NAMESPACE)
                .withName("cut-off")
                .delete();

        for (String agent : AGENTS) {
            awaitEnd(agent, FAR);
            for (String server : List.of(CONNECTED, FAR, BRIEF)) {
                Waiting.until(
                        "%s is refused by %s".formatted(agent, server),
                        () -> call(agent, server),
                        () -> call(agent, server).has("error"));
            }
        }
        team.agentIdentity(SUSPENDED).await("Suspended", "True");

        team.agentIdentity(SUSPENDED).patch("{\"spec\":{\"suspended\":false}}");
        team.apply(agentIdentity(DELETED, ""));
        for (String agent : AGENTS) {
            for (String server : List.of(CONNECTED, FAR, BRIEF)) {
                Waiting.until(
                        "%s is answered by %s again".formatted(agent, server),
                        () -> call(agent, server),
                        () -> call(agent, server).has("result"));
            }
        }
    }

    private void hold(String agent, String server) {
        Conversation stream = team.programOf(agent).start("agent", "hold", url(server));
        streams.put(agent + " to " + server, stream);
        stream.await("the open stream", 0, fact -> fact.path("stream").asText().equals("open"));
    }

    private void awaitEnd(String agent, String server) {
        Waiting.until(
                "the stream of %s to %s is cut".formatted(agent, server),
                () -> Objects.requireNonNull(streams.get(agent + " to " + server))
                        .told(),
                () -> ends(agent, server));
    }

    private boolean ends(String agent, String server) {
        return Objects.requireNonNull(streams.get(agent + " to " + server)).told().stream()
                .anyMatch(told -> told.fact().path("stream").asText().equals("end"));
    }

    private JsonNode call(String agent, String server) {
        return team.programOf(agent).call(url(server), "echo", ECHO);
    }

    private static String url(String server) {
        return "http://127.0.0.1:15001/%s/%s".formatted(NAMESPACE, server);
    }
}
