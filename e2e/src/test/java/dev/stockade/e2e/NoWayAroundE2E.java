package dev.stockade.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.e2e.mesh.Audit;
import dev.stockade.e2e.mesh.Mesh;
import dev.stockade.e2e.mesh.OnMesh;
import dev.stockade.e2e.mesh.Standing;
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

    /** Who tries, by which way. The granted agent's own way by name is the one that is open, and is not here. */
    static final List<Arguments> ATTEMPTS = attempts();

    private final Standing standing;
    private final ExecutorService together = Executors.newFixedThreadPool(6);
    private final Map<String, Future<JsonNode>> outcomes = new LinkedHashMap<>();

    NoWayAroundE2E(Mesh mesh) {
        standing = mesh.standing();
    }

    private static List<Arguments> attempts() {
        List<Arguments> attempts = new ArrayList<>();
        for (String who : List.of("stranger", "nobody", "outsider", "reader")) {
            for (String way :
                    List.of("service name", "service ip", "pod ip", "tunnel in plain text", "tunnel in TLS")) {
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
        String pod =
                standing.tools().pods(Standing.SERVER).getFirst().getStatus().getPodIP();
        String service = standing.tools()
                .client()
                .services()
                .inNamespace("e2e-tools")
                .withName(Standing.SERVER)
                .get()
                .getSpec()
                .getClusterIP();
        for (Arguments attempt : ATTEMPTS) {
            String who = String.valueOf(attempt.get()[0]);
            String way = String.valueOf(attempt.get()[1]);
            String[] command = switch (way) {
                case "service name" -> http("http://everything.e2e-tools.svc.cluster.local/mcp");
                case "service ip" -> http("http://" + service + "/mcp");
                case "pod ip" -> http("http://%s:%d/mcp".formatted(pod, Manifests.SERVER_PORT));
                case "tunnel in plain text" -> http("http://%s:%d/mcp".formatted(pod, TUNNEL_PORT));
                default ->
                    new String[] {
                        "raw",
                        "tls",
                        pod,
                        Integer.toString(TUNNEL_PORT),
                        pod + ":" + Manifests.SERVER_PORT,
                        "spiffe://stockade.local/ns/e2e-agents/agent/reader"
                    };
            };
            Program program = program(who);
            outcomes.put(who + " by " + way, together.submit(() -> program.fact(command)));
        }
    }

    @AfterAll
    void end() {
        together.shutdownNow();
    }

    @ParameterizedTest(name = "{0} by {1}")
    @FieldSource("ATTEMPTS")
    void noAnswerOfMcp(String who, String way) throws Exception {
        JsonNode outcome = outcome(who, way);

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

    private static String[] http(String url) {
        return new String[] {"raw", "http", "POST", url, RawSession.HEADERS, RawSession.INITIALIZE};
    }
}
