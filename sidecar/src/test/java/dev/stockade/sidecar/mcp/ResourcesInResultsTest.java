package dev.stockade.sidecar.mcp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Links to resources, and resources, in the results of tools and prompts: an agent gets those that it may read. */
class ResourcesInResultsTest {
    private static final String CALL =
            "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"tools/call\",\"params\":{\"name\":\"echo\",\"arguments\":{}}}";
    private static final String LINK = "{\"type\":\"resource_link\",\"uri\":\"%s\",\"name\":\"n\"}";
    private static final String EMBEDDED = "{\"type\":\"resource\",\"resource\":{\"uri\":\"%s\",\"text\":\"s3cret\"}}";
    private static final String HIDDEN =
            "{\"type\":\"text\",\"text\":\"denied by policy: a resource in this result is not"
                    + " allowed for this workload\"}";

    private Rig rig;

    @BeforeEach
    void start() throws Exception {
        rig = new Rig();
    }

    @AfterEach
    void stop() {
        rig.http.shutdownNow();
        rig.close();
    }

    private static String result(String... blocks) {
        return "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"content\":[" + String.join(",", blocks) + "]}}";
    }

    private void answers(boolean events, String json) {
        rig.handler.set((exchange, body) -> Rig.answer(
                exchange,
                200,
                events ? "text/event-stream" : "application/json",
                events ? "id: 9\ndata: " + json + "\n\n" : json));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatTheAgentMayNotReadIsReplacedAndRecorded(boolean events) throws Exception {
        String may = LINK.formatted("repo://acme/a");
        answers(events, result(may, LINK.formatted("repo://other/b"), EMBEDDED.formatted("repo://acme/../c")));

        HttpResponse<String> answer = rig.post(CALL);

        String left = result(may, HIDDEN, HIDDEN);
        assertThat(answer.body()).isEqualTo(events ? "id: 9\ndata: " + left + "\n\n" : left);
        await().until(() -> rig.lines().size() == 4);
        assertThat(rig.lines().stream().filter(l -> l.get("decision").asText().equals("deny")))
                .extracting(
                        l -> l.get("method").asText(),
                        l -> l.get("kind").asText(),
                        l -> l.get("name").asText())
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("tools/call", "resource", "repo://other/b"),
                        org.assertj.core.groups.Tuple.tuple("tools/call", "resource", "repo://acme/../c"));
    }

    @ParameterizedTest
    @CsvSource({"true, 200", "false, 0"})
    void aLongResultIsReplacedIfItsUriComesBeforeItsTextAndNeverBecomesWholeElse(boolean first, int status)
            throws Exception {
        String text = "\"text\":\"" + "s3cret ".repeat(10_000) + "\"";
        String uri = "\"uri\":\"repo://other/b\"";
        answers(
                false,
                result("{\"type\":\"resource\",\"resource\":{" + (first ? uri + "," + text : text + "," + uri) + "}}"));

        var answer = rig.http.sendAsync(
                rig.request().POST(HttpRequest.BodyPublishers.ofString(CALL)).build(),
                HttpResponse.BodyHandlers.ofString());

        if (status == 200) {
            assertThat(answer.get().body()).isEqualTo(result(HIDDEN));
        } else {
            assertThat(answer).failsWithin(java.time.Duration.ofSeconds(20));
        }
    }

    @Test
    void aPromptsMessagesAreLookedAtToo() throws Exception {
        String prompt = "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"messages\":[{\"role\":\"user\",\"content\":%s}]}}";
        answers(false, prompt.formatted(EMBEDDED.formatted("repo://other/b")));

        String answer = rig.post(
                        "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"prompts/get\",\"params\":{\"name\":\"greet\"}}")
                .body();

        assertThat(answer).isEqualTo(prompt.formatted(HIDDEN));
    }

    @Test
    void anAgentThatMayReadEverythingGetsTheBytesAsTheyCame() throws Exception {
        rig.allow(Rig.rule(List.of("echo"), List.of("*"), List.of(), Set.of()));
        String whole = result(EMBEDDED.formatted("repo://other/b"), LINK.formatted("repo://acme/../c"));
        answers(false, whole);

        assertThat(rig.post(CALL).body()).isEqualTo(whole);
    }

    @Test
    void whatAnAllowedReadReturnsIsNotLookedAt() throws Exception {
        String whole =
                "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"contents\":[{\"uri\":\"file:///b\",\"text\":\"t\"}]}}";
        answers(false, whole);

        JsonNode answer = Rig.json(rig.post(
                        "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"resources/read\",\"params\":{\"uri\":\"repo://acme/a\"}}")
                .body());

        assertThat(answer).isEqualTo(Rig.json(whole));
        assertThat(rig.audit.toString(UTF_8)).doesNotContain("s3cret");
    }
}
