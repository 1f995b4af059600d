package dev.stockade.model.mcp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.model.mcp.HandedOut.Asked;
import dev.stockade.model.mcp.HandedOut.Insert;
import dev.stockade.model.mcp.OwnerMarks.Kind;
import dev.stockade.model.mcp.OwnerMarks.Purpose;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HandedOutTest {
    private static final Purpose CALL = new Purpose("tools/call", "get_issue");
    private static final String META = "\"_meta\":{\"io.modelcontextprotocol/related-task\":{\"taskId\":\"%s\"}}";

    private final OwnerMarks marks = OwnerMarksTest.marks(1);
    private final Set<String> own = new HashSet<>();
    private final HandedOut.Tasks tasks = new HandedOut.Tasks() {
        @Override
        public boolean owns(String id) {
            return own.contains(id);
        }

        @Override
        public void opened(String id) {
            own.add(id);
        }
    };

    private String task(String id) {
        return id + marks.mark(Kind.TASK, OwnerMarksTest.TRIAGE, Purpose.ANY, id);
    }

    private static AnswerScanner scan(String message, int piece) {
        AnswerScanner scanner = new AnswerScanner();
        byte[] bytes = message.getBytes(UTF_8);
        for (int at = 0; at < bytes.length; at += piece) {
            // The bytes before and after are another message's.
            byte[] around = new byte[bytes.length + 2];
            System.arraycopy(bytes, 0, around, 1, bytes.length);
            scanner.feed(around, at + 1, 1 + Math.min(bytes.length, at + piece));
        }
        assertThat(scanner.fault()).isEmpty();
        assertThat(scanner.complete()).isTrue();
        return scanner;
    }

    private String marked(String message, Asked asked, boolean ours) {
        String first = "";
        for (int piece : new int[] {message.length() + 10, 1, 7}) {
            List<Insert> inserts =
                    new HandedOut(marks, OwnerMarksTest.TRIAGE, asked, tasks).inserts(scan(message, piece), 0, ours);
            byte[] bytes = message.getBytes(UTF_8);
            StringBuilder out = new StringBuilder();
            int from = 0;
            for (Insert insert : inserts) {
                out.append(new String(bytes, from, (int) insert.at() - from, UTF_8))
                        .append(insert.text());
                from = (int) insert.at();
            }
            String whole = out.append(new String(bytes, from, bytes.length - from, UTF_8))
                    .toString();
            assertThat(first).isIn("", whole);
            first = whole;
        }
        return first;
    }

    private static Asked call(boolean task) {
        return new Asked(CALL, task, Set.of());
    }

    @Test
    void aStateGetsAMarkForTheRequestThatItAnswers() {
        String answer =
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"inputRequests\":{\"a\":{\"method\":\"roots/list\"}},"
                        + "\"requestState\":\"%s\",\"resultType\":\"input_required\",\"x\":{\"requestState\":\"inner\"}}}";
        String value = "\u00fc\ud83d\ude00";

        assertThat(marked(answer.formatted(value + "\\n\\\""), call(false), true))
                .isEqualTo(answer.formatted(value + "\\n\\\""
                        + marks.mark(Kind.REQUEST_STATE, OwnerMarksTest.TRIAGE, CALL, value + "\n\"")));
    }

    @Test
    void aStateInAnAnswerToAnUnknownRequestStaysWithoutOneAndSoWorthless() {
        String answer = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"requestState\":\"s\"}}";
        assertThat(marked(answer, Asked.NOTHING, false)).isEqualTo(answer);
    }

    @Test
    void aTaskIsTheAgentsOnceItsCallGoesOnAsThisTask() {
        String legacy =
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"task\":{\"taskId\":\"%s\",\"status\":\"working\"}}}";
        assertThat(marked(legacy.formatted("t-1"), call(true), true)).isEqualTo(legacy.formatted(task("t-1")));

        String modern = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"taskId\":\"%s\",\"resultType\":\"task\"}}";
        assertThat(marked(modern.formatted("t-2"), call(false), true)).isEqualTo(modern.formatted(task("t-2")));
        assertThat(own).containsExactlyInAnyOrder("t-1", "t-2");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"task\":{\"taskId\":\"theirs\"}}}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"taskId\":\"theirs\"}}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"taskId\":\"theirs\",\"resultType\":\"complete\"}}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"_meta\":{\"io.modelcontextprotocol/related-task\":{\"taskId\":\"theirs\"}}}}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[{\"taskId\":\"theirs\"}],\"structuredContent\":{\"taskId\":\"theirs\",\"task\":{\"taskId\":\"theirs\"}}}}",
                "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tasks\",\"params\":{\"taskId\":\"theirs\"}}",
            })
    void aTaskThatIsOnlyNamedDoesNotBecomeTheAgents(String message) {
        assertThat(marked(message, call(false), true)).isEqualTo(message);
        assertThat(own).isEmpty();
    }

    @Test
    void theAgentsOwnTaskGetsItsMarkWhereverItIsNamed() {
        own.add("mine");
        Asked asked = new Asked(new Purpose("tasks/get", ""), false, Set.of("asked"));
        for (String message : List.of(
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"taskId\":\"%s\",\"status\":\"working\"}}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[]," + META + "}}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"elicitation/create\",\"params\":{" + META + "}}",
                "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tasks/status\",\"params\":{\"taskId\":\"%s\"}}",
                "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/subscriptions/acknowledged\",\"params\":{\"notifications\":{\"taskIds\":[\"%s\"]}}}")) {
            assertThat(marked(message.formatted("mine"), asked, true)).isEqualTo(message.formatted(task("mine")));
            assertThat(marked(message.formatted("asked"), asked, true)).isEqualTo(message.formatted(task("asked")));
        }
    }

    @Test
    void aMessageNamesOnlyTasksOfTheAgentOrIsNotForIt() {
        own.add("mine");
        HandedOut handedOut = new HandedOut(marks, OwnerMarksTest.TRIAGE, Asked.NOTHING, tasks);
        String notice = "{\"method\":\"notifications/tasks\",\"params\":{\"taskId\":\"%s\"," + META + "}}";
        assertThat(handedOut.ownsAll(scan(notice.formatted("mine", "mine"), 9))).isTrue();
        assertThat(handedOut.ownsAll(scan(notice.formatted("mine", "theirs"), 9)))
                .isFalse();
        assertThat(handedOut.ownsAll(scan(notice.formatted("theirs", "mine"), 9)))
                .isFalse();
        String acknowledged = "{\"params\":{\"notifications\":{\"taskIds\":[\"mine\",\"%s\"]}},\"method\":\"x\"}";
        assertThat(handedOut.ownsAll(scan(acknowledged.formatted("mine"), 9))).isTrue();
        assertThat(handedOut.ownsAll(scan(acknowledged.formatted("theirs"), 9))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"method\":\"a\",\"params\":{\"taskId\":\"mine\",\"taskId\":\"theirs\"}}",
                "{\"method\":\"a\",\"params\":{\"taskId\":\"mine\",\"TASKID\":\"theirs\"}}",
                "{\"method\":\"a\",\"params\":{\"_meta\":{\"io.modelcontextprotocol/related-task\":\"x\",\"io.modelcontextprotocol/related-task\":{}}}}",
                "{\"method\":\"a\",\"params\":{\"_meta\":{\"io.modelcontextprotocol/related-task\":[\"theirs\"]}}}",
                "{\"method\":\"a\",\"params\":{\"notifications\":{\"taskIds\":{\"a\":\"theirs\"}}}}",
                "{\"method\":\"a\",\"params\":{\"notifications\":{\"taskIds\":[5]}}}",
                "{\"method\":\"a\",\"params\":{\"inputRequests\":[]}}",
            })
    void whatTheReceiverCouldTakeForAnotherTaskIsAFault(String message) {
        AnswerScanner scanner = new AnswerScanner();
        byte[] bytes = message.getBytes(UTF_8);
        assertThat(scanner.feed(bytes, 0, bytes.length)).isFalse();
    }

    @Test
    void aStateMayBeLongButNotWithoutEnd() {
        String answer = "{\"id\":1,\"result\":{\"requestState\":\"%s\"}}";
        assertThat(scan(answer.formatted("a".repeat(Brought.LONGEST_STATE)), 8192)
                        .handed())
                .hasSize(1);

        AnswerScanner tooLong = new AnswerScanner();
        byte[] bytes = answer.formatted("a".repeat(Brought.LONGEST_STATE + 1)).getBytes(UTF_8);
        assertThat(tooLong.feed(bytes, 0, bytes.length)).isFalse();
        assertThat(tooLong.fault()).contains("requestState");
    }

    @Test
    void whatANoticeOfATaskAsksOfTheAgentIsSeen() {
        AnswerScanner notice = scan(
                "{\"method\":\"notifications/tasks\",\"params\":{\"taskId\":\"t\",\"inputRequests\":{\"a\":{\"method\":\"sampling/createMessage\"}}}}",
                5);
        assertThat(notice.inputMethods()).containsExactly("sampling/createMessage");
    }
}
