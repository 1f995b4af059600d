package dev.stockade.sidecar.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A server that does not speak Streamable HTTP at its path: the agent is told so, and so is the operator. */
class NotStreamableTest {
    private static final String INITIALIZE =
            "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-11-25\"}}";
    private static final String CALL =
            "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"tools/call\",\"params\":{\"name\":\"echo\",\"arguments\":{}}}";
    private Rig rig;

    @BeforeEach
    void start() throws Exception {
        rig = new Rig();
    }

    @AfterEach
    void stop() {
        rig.close();
    }

    @ParameterizedTest
    @CsvSource({"404, text/html", "405, text/plain", "404, ''"})
    void theAgentHearsInASentenceWhatIsMissingAndTheStatusStays(int status, String type) throws Exception {
        rig.handler.set(
                (exchange, body) -> Rig.answer(exchange, status, type, type.isEmpty() ? "" : "Cannot POST /mcp"));

        HttpResponse<String> answer = rig.post(INITIALIZE);

        assertThat(answer.statusCode()).isEqualTo(status);
        JsonNode error = Rig.json(answer.body()).path("error");
        assertThat(error.path("code").asInt()).isEqualTo(-31502);
        assertThat(error.path("message").asText())
                .contains(status + " at /mcp", "spec.path of SecureMcpServer tools/github", "2024-11-05");
        assertThat(rig.own.refusedInitialize()).isEqualTo(status);
    }

    @Test
    void aServerThatAnswersAMessageIsLeftItsWords() throws Exception {
        String own = "{\"jsonrpc\":\"2.0\",\"id\":0,\"error\":{\"code\":-32001,\"message\":\"no such tenant\"}}";
        rig.handler.set((exchange, body) -> Rig.answer(exchange, 404, "application/json", own));

        assertThat(rig.post(INITIALIZE).body()).isEqualTo(own);
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 403, 500})
    void otherRefusalsSayNothingOfTheTransport(int status) throws Exception {
        rig.handler.set((exchange, body) -> Rig.answer(exchange, status, "text/plain", "no"));

        assertThat(rig.post(INITIALIZE).body()).isEqualTo("no");
        assertThat(rig.own.refusedInitialize()).isZero();
    }

    @Test
    void theOperatorHearsThatItWorksAgain() throws Exception {
        rig.handler.set((exchange, body) -> Rig.answer(exchange, 404, "text/plain", "no"));
        rig.post(INITIALIZE);
        // What does not begin a conversation says nothing: a session may have ended.
        rig.post(CALL);
        assertThat(rig.own.refusedInitialize()).isEqualTo(404);

        rig.handler.set(Rig::echo);
        rig.post(INITIALIZE);

        assertThat(rig.own.refusedInitialize()).isZero();
    }
}
