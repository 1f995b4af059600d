package dev.stockade.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.e2e.mesh.Audit;
import dev.stockade.e2e.mesh.Mesh;
import dev.stockade.e2e.mesh.OnMesh;
import dev.stockade.e2e.mesh.Standing;
import dev.stockade.e2e.workload.RawSession;
import java.util.List;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Given a grant for some tools: those work, and nothing else is there. */
@OnMesh
@Order(10)
class GrantedCallE2E {
    private static final int DENIED = -31403;

    private final Standing standing;
    private final Audit audit;

    GrantedCallE2E(Mesh mesh) {
        standing = mesh.standing();
        audit = new Audit(standing.tools(), Standing.SERVER);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                Standing.LOCAL,
                "http://everything.e2e-tools/mcp",
                "http://everything.e2e-tools.svc/mcp",
                "http://everything.e2e-tools.svc.cluster.local/mcp",
            })
    void aGrantedToolAnswersByEveryNameOfTheServer(String url) {
        JsonNode answer = standing.reader().call(url, "echo", "{\"message\":\"first light\"}");

        assertThat(text(answer)).isEqualTo("Echo: first light");
    }

    @Test
    void anAgentBesideTheServerUsesItsShortName() {
        JsonNode answer = standing.neighbour().call("http://everything/mcp", "echo", "{\"message\":\"hello\"}");

        assertThat(text(answer)).isEqualTo("Echo: hello");
    }

    @Test
    void theListShowsWhatIsGrantedAndNothingElse() {
        assertThat(standing.reader().tools(Standing.LOCAL)).containsExactlyInAnyOrderElementsOf(Standing.GRANTED);
        assertThat(standing.neighbour().tools("http://everything/mcp")).containsExactly("echo");
    }

    @ParameterizedTest
    @ValueSource(strings = {"resources", "prompts"})
    void aListOfWhatIsNotGrantedIsEmpty(String kind) {
        assertThat(standing.reader().fact("agent", "list", Standing.LOCAL, kind).get(kind))
                .isEmpty();
    }

    @Test
    void aToolThatIsNotGrantedAndOneThatDoesNotExistAreRefusedAlike() {
        JsonNode ungranted = error(standing.reader().call(Standing.LOCAL, "get-sum", "{\"a\":1,\"b\":2}"));
        JsonNode missing = error(standing.reader().call(Standing.LOCAL, "no-such-tool", "{}"));

        assertThat(ungranted.get("code").asInt()).isEqualTo(DENIED);
        assertThat(ungranted.get("message").asText())
                .isEqualTo("denied by policy: tool 'get-sum' is not allowed for this workload");
        assertThat(missing.get("code").asInt()).isEqualTo(DENIED);
        assertThat(missing.get("message").asText())
                .isEqualTo("denied by policy: tool 'no-such-tool' is not allowed for this workload");
        for (JsonNode refusal : List.of(ungranted, missing)) {
            assertThat(refusal.at("/data/reason").asText()).isEqualTo("policy_denied");
            assertThat(refusal.at("/data/kind").asText()).isEqualTo("tool");
            JsonNode line = audit.withId(refusal.at("/data/auditId").asText());
            assertThat(line.get("decision").asText()).isEqualTo("deny");
            assertThat(line.get("reason").asText()).isEqualTo("policy_denied");
            assertThat(line.get("name")).isEqualTo(refusal.at("/data/name"));
            assertThat(line.get("agent").asText()).isEqualTo("spiffe://stockade.local/ns/e2e-agents/agent/reader");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"7", "\"request-7\"", "9007199254740991"})
    void aRefusalCarriesTheIdOfItsRequest(String id) {
        RawSession session = RawSession.open(standing.reader(), Standing.LOCAL);

        JsonNode answer = session.post("""
                {"jsonrpc":"2.0","id":%s,"method":"tools/call","params":{"name":"get-sum","arguments":{}}}
                """.formatted(id).strip());

        assertThat(answer.get("status").asInt()).isEqualTo(200);
        JsonNode body = RawSession.body(answer);
        assertThat(body.get("id").toString()).isEqualTo(id);
        assertThat(body.at("/error/code").asInt()).isEqualTo(DENIED);
    }

    @Test
    void anAllowedCallLeavesItsDecisionAndItsOutcome() {
        standing.reader().call(Standing.LOCAL, "echo", "{\"message\":\"for the record\"}");

        JsonNode outcome = audit.await(
                "the outcome of echo",
                line -> line.path("phase").asText().equals("outcome")
                        && line.path("name").asText().equals("echo"));
        List<JsonNode> both = audit.lines(line -> line.path("id").equals(outcome.get("id")));
        assertThat(both).hasSize(2);
        JsonNode decision = both.getFirst();
        assertThat(decision.get("phase").asText()).isEqualTo("decision");
        assertThat(decision.get("decision").asText()).isEqualTo("allow");
        assertThat(decision.get("server").asText()).isEqualTo("e2e-tools/everything");
        assertThat(decision.get("method").asText()).isEqualTo("tools/call");
        assertThat(decision.get("kind").asText()).isEqualTo("tool");
        assertThat(decision.get("policy").asText()).isEqualTo("e2e-tools/readers");
        assertThat(decision.get("rule").asText()).isEqualTo("allow[0]");
        assertThat(decision.get("agentPod").asText()).contains("reader");
        assertThat(decision.get("serverPod").asText()).contains("everything-");
        assertThat(outcome.get("outcome").asText()).isEqualTo("ok");
        assertThat(audit.lines().toString()).doesNotContain("for the record");
    }

    @Test
    void theLinesOfOneSidecarFormAChain() {
        standing.reader().call(Standing.LOCAL, "echo", "{\"message\":\"chain\"}");

        for (List<String> lines : audit.raw()) {
            for (int i = 1; i < lines.size(); i++) {
                assertThat(Audit.parsed(lines.get(i)).path("prev").asText())
                        .as("line %d speaks of the one before", i)
                        .isEqualTo(Audit.digest(lines.get(i - 1)));
            }
        }
    }

    @Test
    void mcpJsonListsWhatIsGrantedAndNothingWithoutAGrant() {
        JsonNode granted = standing.reader().fact("agent", "mcpjson");
        JsonNode none = standing.stranger().fact("agent", "mcpjson");

        assertThat(granted.toString())
                .isEqualTo("{\"mcpServers\":{\"e2e-tools-everything\":{\"type\":\"http\",\"url\":\"%s\"}}}"
                        .formatted(Standing.LOCAL));
        assertThat(none.toString()).isEqualTo("{\"mcpServers\":{}}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/mcp", "/", "/mcp.json"})
    void aLongerPathThanTheServersIsNotFound(String more) {
        JsonNode answer = standing.reader().fact("raw", "http", "POST", Standing.LOCAL + more, "{}", "{}");

        assertThat(answer.get("status").asInt()).isEqualTo(404);
    }

    private static String text(JsonNode answer) {
        assertThat(answer.has("result")).as("an answer: %s", answer).isTrue();
        return answer.at("/result/content/0/text").asText();
    }

    private static JsonNode error(JsonNode answer) {
        assertThat(answer.has("error")).as("a refusal: %s", answer).isTrue();
        return answer.get("error");
    }
}
