package dev.stockade.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.e2e.mesh.Audit;
import dev.stockade.e2e.mesh.Mesh;
import dev.stockade.e2e.mesh.OnMesh;
import dev.stockade.e2e.mesh.Standing;
import dev.stockade.e2e.mesh.Team;
import dev.stockade.e2e.workload.Manifests;
import dev.stockade.e2e.workload.Program;
import dev.stockade.e2e.workload.RawSession;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.FieldSource;

/** Nobody but a granted agent, through its sidecar, gets an answer of MCP out of the server. */
@OnMesh
@Order(11)
class NoWayAroundE2E {
    private static final int TUNNEL_PORT = 15008;
    private static final String IN_PLAIN_TEXT = "tunnel in plain text";
    private static final String IN_TLS = "tunnel in TLS";

    /** Who tries, by which way. The granted agent's own way by name is the one that is open, and is not here. */
    static final List<Arguments> ATTEMPTS = attempts();

    private final Standing standing;
    private final ExecutorService together = Executors.newFixedThreadPool(6);
    private final Map<String, Future<JsonNode>> outcomes = new LinkedHashMap<>();
    /** The same attempts, by the same pods, on what does answer: without them a refusal would say nothing. */
    private final Map<String, Future<JsonNode>> controls = new LinkedHashMap<>();

    NoWayAroundE2E(Mesh mesh) {
        standing = mesh.standing();
    }

    private static List<Arguments> attempts() {
        List<Arguments> attempts = new ArrayList<>();
        for (String who : List.of("stranger", "nobody", "outsider", "reader")) {
            for (String way : List.of("service name", "service ip", "pod ip", IN_PLAIN_TEXT, IN_TLS)) {
                if (!(who.equals("reader") && way.equals("service name"))) {
                    attempts.add(Arguments.of(who, way));
                }
            }
        }
        return List.copyOf(attempts);
    }

    /** Most attempts end by a timeout: all at once. */
    @BeforeAll
    void everybodyTries() {
        Target protectedServer = new Target(standing.tools(), Standing.SERVER, TUNNEL_PORT);
        Target unprotected = new Target(standing.outside(), "direct", Manifests.SERVER_PORT);
        for (Arguments attempt : ATTEMPTS) {
            String who = String.valueOf(attempt.get()[0]);
            String way = String.valueOf(attempt.get()[1]);
            Program program = program(who);
            outcomes.put(who + " by " + way, together.submit(() -> program.fact(protectedServer.command(way))));
            String[] control = way.equals(IN_TLS)
                    ? new String[] {"raw", "tls", "kubernetes.default.svc", "443"}
                    : unprotected.command(way);
            controls.put(who + " by " + way, together.submit(() -> program.fact(control)));
        }
    }

    @AfterAll
    void end() {
        together.shutdownNow();
    }

    @ParameterizedTest(name = "{0} by {1}")
    @FieldSource("ATTEMPTS")
    void noAnswerOfMcp(String who, String way) throws Exception {
        JsonNode control =
                Objects.requireNonNull(controls.get(who + " by " + way)).get();
        JsonNode outcome = outcome(who, way);

        if (way.equals(IN_TLS)) {
            assertThat(control.path("alpn").asText())
                    .as("TLS of %s to the API server: %s", who, control)
                    .isEqualTo("h2");
        } else {
            assertThat(control.path("body").asText())
                    .as("the unprotected server's answer to %s by %s: %s", who, way, control)
                    .contains("serverInfo");
        }
        assertThat(outcome.path("status").asInt())
                .as("the answer to %s by %s: %s", who, way, outcome)
                .isNotEqualTo(200);
        assertThat(outcome.path("body").asText()).doesNotContain("serverInfo", "jsonrpc");
    }

    @Test
    void anIdentityWithoutAGrantIsToldSoWithTheIdOfTheRecord() throws Exception {
        JsonNode outcome = outcome("stranger", "service name");

        assertThat(outcome.path("status").asInt()).as("%s", outcome).isEqualTo(403);
        JsonNode error = RawSession.body(outcome).path("error");
        assertThat(error.path("reason").asText()).isEqualTo("no_grant");
        JsonNode line = new Audit(standing.tools(), Standing.SERVER)
                .withId(error.path("auditId").asText());
        assertThat(line.get("decision").asText()).isEqualTo("deny");
        assertThat(line.get("reason").asText()).isEqualTo("no_grant");
        assertThat(line.get("agent").asText()).isEqualTo("spiffe://stockade.local/ns/e2e-agents/agent/stranger");
    }

    @Test
    void theSameRequestIsAnsweredWhereItMay() {
        JsonNode acrossTheMesh = standing.reader().fact(http("http://everything.e2e-tools.svc.cluster.local/mcp"));
        JsonNode unprotected = standing.outsider().fact(http("http://direct.e2e-outside/mcp"));

        assertThat(acrossTheMesh.path("body").asText()).contains("serverInfo");
        assertThat(unprotected.path("body").asText()).contains("serverInfo");
    }

    private JsonNode outcome(String who, String way) throws Exception {
        return Objects.requireNonNull(outcomes.get(who + " by " + way)).get();
    }

    private Program program(String who) {
        return switch (who) {
            case "stranger" -> standing.stranger();
            case "nobody" -> standing.nobody();
            case "outsider" -> standing.outsider();
            default -> standing.reader();
        };
    }

    /** A server, and the port of its pods that is tried where the way is its tunnel. */
    private record Target(Team team, String name, int tunnelPort) {
        String[] command(String way) {
            return switch (way) {
                case "service name" -> http("http://%s.%s.svc.cluster.local/mcp".formatted(name, team.namespace()));
                case "service ip" -> http("http://%s/mcp".formatted(serviceIp()));
                case "pod ip" -> http("http://%s:%d/mcp".formatted(podIp(), Manifests.SERVER_PORT));
                case IN_PLAIN_TEXT -> http("http://%s:%d/mcp".formatted(podIp(), tunnelPort));
                default ->
                    new String[] {
                        "raw",
                        "tls",
                        podIp(),
                        Integer.toString(tunnelPort),
                        podIp() + ":" + Manifests.SERVER_PORT,
                        "spiffe://stockade.local/ns/e2e-agents/agent/reader"
                    };
            };
        }

        private String podIp() {
            return team.pods(name).getFirst().getStatus().getPodIP();
        }

        private String serviceIp() {
            return team.client()
                    .services()
                    .inNamespace(team.namespace())
                    .withName(name)
                    .get()
                    .getSpec()
                    .getClusterIP();
        }
    }

    private static String[] http(String url) {
        return new String[] {"raw", "http", "POST", url, RawSession.HEADERS, RawSession.INITIALIZE};
    }
}
