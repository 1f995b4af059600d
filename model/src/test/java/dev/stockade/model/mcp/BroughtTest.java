package dev.stockade.model.mcp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.mcp.OwnerMarks.Kind;
import dev.stockade.model.mcp.OwnerMarks.Purpose;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BroughtTest {
    private static final SpiffeId TRIAGE = OwnerMarksTest.TRIAGE;
    private static final Purpose CALL = new Purpose("tools/call", "get_issue");
    private static final String STATE =
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{ \"requestState\" : %s ,\"name\":\"get_issue\"}}";
    private static final ObjectMapper PLAIN = new ObjectMapper();
    /** As Python's json writes by default. */
    private static final ObjectMapper ESCAPING =
            JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();

    private final OwnerMarks marks = OwnerMarksTest.marks(1);
    private final McpReader reader = new McpReader(7);

    private Brought read(String body) {
        return switch (reader.read(ByteBuffer.wrap(body.getBytes(UTF_8)))) {
            case McpMessage.Call call -> call.params().brought();
            case McpMessage.Response response -> response.brought();
            case McpMessage.Malformed malformed -> throw new AssertionError(malformed.sentence());
        };
    }

    private String refusal(String body) {
        return reader.read(ByteBuffer.wrap(body.getBytes(UTF_8))) instanceof McpMessage.Malformed malformed
                ? malformed.sentence()
                : "";
    }

    private Optional<String> unmarked(String body, SpiffeId agent) {
        byte[] bytes = body.getBytes(UTF_8);
        return read(body).unmarked(marks, agent, ByteBuffer.wrap(bytes)).map(own -> {
            StringBuilder left = new StringBuilder();
            int from = 0;
            for (ListFilter.Cut cut : own.cuts()) {
                left.append(new String(bytes, from, cut.range().start() - from, UTF_8));
                from = cut.range().end();
            }
            return left.append(new String(bytes, from, bytes.length - from, UTF_8))
                    .toString();
        });
    }

    private String task(String id) {
        return id + marks.mark(Kind.TASK, TRIAGE, Purpose.ANY, id);
    }

    private String state(String value) {
        return value + marks.mark(Kind.REQUEST_STATE, TRIAGE, CALL, value);
    }

    private static String allEscaped(String text) {
        StringBuilder json = new StringBuilder("\"");
        text.chars().forEach(c -> json.append("\\u").append("%04x".formatted(c)));
        return json.append('"').toString();
    }

    private static String random(Random random, int units) {
        StringBuilder text = new StringBuilder();
        while (text.length() < units) {
            switch (random.nextInt(6)) {
                case 0 -> text.append((char) random.nextInt(0x20));
                case 1 -> text.append("\"\\/.st1.".charAt(random.nextInt(8)));
                case 2 -> text.append((char) (0x80 + random.nextInt(0x700)));
                case 3 -> text.append((char) (0x3000 + random.nextInt(0x5000)));
                case 4 -> text.appendCodePoint(0x10000 + random.nextInt(0xfffff));
                default -> text.append((char) (' ' + random.nextInt(0x5f)));
            }
        }
        return text.toString();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void aStateOfAnyContentComesBackAsTheSameStringHoweverTheAgentWritesIt(long seed) throws Exception {
        Random random = new Random(seed);
        for (int i = 0; i < 200; i++) {
            int length = i == 0 ? 64 * 1024 : random.nextInt(200);
            String value = random(random, length);
            String given = state(value);
            for (String json :
                    List.of(PLAIN.writeValueAsString(given), ESCAPING.writeValueAsString(given), allEscaped(given))) {
                String body = STATE.formatted(json);

                assertThat(read(body).hasOwnState(marks, TRIAGE, CALL)).isTrue();
                String left = unmarked(body, TRIAGE).orElseThrow();
                assertThat(PLAIN.readTree(left).at("/params/requestState").textValue())
                        .isEqualTo(value);
                assertThat(left.length()).isLessThan(body.length());
                assertThat(body).startsWith(left.substring(0, left.lastIndexOf("\" ,\"name\"")));
            }
        }
    }

    @Test
    void aStateOfAnotherAgentAnotherToolOrOfNobodyIsNotTheAgents() throws Exception {
        Brought own = read(STATE.formatted(PLAIN.writeValueAsString(state("s"))));
        assertThat(own.hasOwnState(marks, TRIAGE, CALL)).isTrue();
        assertThat(own.hasOwnState(marks, OwnerMarksTest.OTHER, CALL)).isFalse();
        assertThat(own.hasOwnState(marks, TRIAGE, new Purpose("tools/call", "delete_repo")))
                .isFalse();
        assertThat(read(STATE.formatted("\"s\"")).hasOwnState(marks, TRIAGE, CALL))
                .isFalse();
        assertThat(read(STATE.formatted("\"\"")).hasOwnState(marks, TRIAGE, CALL))
                .isFalse();
        assertThat(read(STATE.formatted("null"))).isEqualTo(Brought.NOTHING);
    }

    @ParameterizedTest
    @ValueSource(strings = {"5", "{}", "[\"a\"]", "true"})
    void aStateThatIsNoStringIsRefused(String json) {
        assertThat(refusal(STATE.formatted(json))).isEqualTo("the requestState in params is missing or not a string");
    }

    @ParameterizedTest
    @ValueSource(strings = {"tasks/get", "tasks/result", "tasks/cancel", "tasks/update"})
    void theIdOfATaskComesBackToItsOwnerAlone(String method) {
        String body = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" + method + "\",\"params\":{\"taskId\":\"%s\"}}";

        assertThat(unmarked(body.formatted(task("t-1")), TRIAGE)).contains(body.formatted("t-1"));
        assertThat(unmarked(body.formatted(task("t-1")), OwnerMarksTest.OTHER)).isEmpty();
        assertThat(unmarked(body.formatted("t-1"), TRIAGE)).isEmpty();
        assertThat(refusal(body.replace("\"taskId\":\"%s\"", "")))
                .isEqualTo("the taskId in params is missing or not a string");
        assertThat(refusal(body.replace("\"%s\"", "7"))).isEqualTo("the taskId in params is missing or not a string");
        assertThat(refusal(body.replace("taskId", "TaskId"))).contains("a key differs from 'taskId' only in case");
        assertThat(refusal(body.formatted("a".repeat(Brought.LONGEST_TASK + OwnerMarks.LENGTH + 1))))
                .contains("a string is longer than");
    }

    @Test
    void everyTaskOfASubscriptionMustBeTheAgents() {
        String body = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"subscriptions/listen\",\"params\":{\"notifications\":"
                + "{\"resourceSubscriptions\":[\"a:b\"],\"taskIds\":[ \"%s\" , \"%s\"]}}}";

        assertThat(unmarked(body.formatted(task("1"), task("2")), TRIAGE)).contains(body.formatted("1", "2"));
        assertThat(unmarked(body.formatted(task("1"), "2"), TRIAGE)).isEmpty();
        assertThat(refusal(body.formatted(task("1"), task("2")).replace("[ \"", "[ 5, \"")))
                .isEqualTo("taskIds holds something that is not a string");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"action\":\"accept\",\"_meta\":{\"io.modelcontextprotocol/related-task\":{\"taskId\":\"%s\"}}}}",
                "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progress\":1,\"_meta\":{\"io.modelcontextprotocol/related-task\":{\"taskId\":\"%s\"}}}}",
            })
    void theTaskThatAMessageSaysItBelongsToMustBeTheAgents(String body) {
        assertThat(unmarked(body.formatted(task("t-1")), TRIAGE)).contains(body.formatted("t-1"));
        assertThat(unmarked(body.formatted("t-1"), TRIAGE)).isEmpty();
        assertThat(refusal(body.replace("{\"taskId\":\"%s\"}", "\"t\"")))
                .isEqualTo("the related-task in _meta is not an object");
    }
}
