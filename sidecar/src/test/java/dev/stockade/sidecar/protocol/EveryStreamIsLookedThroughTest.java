package dev.stockade.sidecar.protocol;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.sidecar.fixture.Tunnel;
import dev.stockade.sidecar.fixture.WireAnswer;
import dev.stockade.sidecar.fixture.WirePair;
import dev.stockade.sidecar.fixture.WireServer;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Streams of events in every form that the standard allows (WHATWG HTML, section 9.2): what passes, and how. */
class EveryStreamIsLookedThroughTest extends OverTheWire {
    private static final String RESULT = "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{}}";
    private static final String LAST = "data: " + RESULT + "\n\n";
    private static final String ASKS =
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"sampling/createMessage\",\"params\":{}}";
    private static final String TELLS =
            "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"data\":\"%s\"}}";

    private String streamed(String body, String events) {
        pair.server().answers(WireServer.events(events));
        WireAnswer answer = pair.tunnelled(WirePair.post(body));
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.fields("Content-Type")).containsExactly("text/event-stream");
        return answer.body();
    }

    private String streamed(String events) {
        return streamed(echo(5), events);
    }

    static Stream<String> honest() {
        String notice = TELLS.formatted("x");
        return Stream.of(
                LAST,
                "event: message\n" + LAST,
                "event:message\ndata:" + RESULT + "\n\n",
                "event: message\r\ndata: " + RESULT + "\r\n\r\n",
                "event: message\rdata: " + RESULT + "\r\r",
                "\ufeffdata: " + RESULT + "\n\n",
                ": comment\n\n" + LAST,
                ":\n\n:\r\n\r\n" + LAST,
                "\n\n\n" + LAST,
                "id: 7\nretry: 10\n\n" + LAST,
                "id: 7\ndata:\n\n" + LAST,
                "id: 7\ndata\n\n" + LAST,
                "id: 7\r\nevent: message\r\nretry: 3000\r\ndata: " + notice + "\r\n\r\n" + LAST,
                "data: {\"jsonrpc\":\"2.0\",\ndata: \"id\":5,\ndata:\ndata:  \"result\":{}}\n\n",
                "data: " + notice + "\n\ndata: " + notice + "\r\n\r\n" + LAST,
                "unknown: field\nalso unknown\n" + LAST,
                "data: " + notice + "\n: comment between\nid: 8\n\n" + LAST,
                LAST + ": after the answer\n\n",
                LAST + "data: " + notice + "\n\n");
    }

    @ParameterizedTest
    @MethodSource("honest")
    void whatIsMcpPassesByteForByte(String events) {
        String bytes = WirePair.utf8(events);

        assertThat(streamed(bytes)).isEqualTo(bytes);
    }

    static Stream<Arguments> asking() {
        return Stream.of(
                Arguments.of("plain", "data: " + ASKS + "\n\n"),
                Arguments.of("with a type", "event: message\ndata: " + ASKS + "\n\n"),
                Arguments.of("with another type", "event: other\ndata: " + ASKS + "\n\n"),
                Arguments.of("without a space", "data:" + ASKS + "\n\n"),
                Arguments.of("CRLF", "data: " + ASKS + "\r\n\r\n"),
                Arguments.of("CR", "data: " + ASKS + "\r\r"),
                Arguments.of("mixed", "id: 1\rdata: " + ASKS + "\r\n\n"),
                Arguments.of("in many lines", "data: " + ASKS.replace(",", ",\ndata: ") + "\n\n"),
                Arguments.of("in many lines and endings", "data: " + ASKS.replace(",", ",\rdata:\r\ndata: ") + "\n\n"),
                Arguments.of("behind a byte order mark", "\ufeffdata: " + ASKS + "\n\n"),
                Arguments.of("behind a comment", ": c\n: d\ndata: " + ASKS + "\n\n"),
                Arguments.of("behind empty data", "data:\ndata: " + ASKS + "\n\n"),
                Arguments.of("with an escaped method", "data: " + ASKS.replace("sampling", "s\\u0061mpling") + "\n\n"),
                Arguments.of("with an escaped key", "data: " + ASKS.replace("\"method\"", "\"m\\u0065thod\"") + "\n\n"),
                Arguments.of(
                        "with its method last",
                        "data: {\"id\":1,\"params\":{\"method\":\"ping\"},\"jsonrpc\":\"2.0\",\"method\":\"roots/list\"}\n\n"),
                Arguments.of("as a notification", "data: " + ASKS.replace("\"id\":1,", "") + "\n\n"),
                Arguments.of("as an unknown method", "data: " + ASKS.replace("sampling/", "sampling2/") + "\n\n"),
                Arguments.of(
                        "of elicitation",
                        "data: " + ASKS.replace("sampling/createMessage", "elicitation/create") + "\n\n"),
                Arguments.of("of roots", "data: " + ASKS.replace("sampling/createMessage", "roots/list") + "\n\n"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("asking")
    void whatTheAgentMayNotBeAskedIsLeftOutInEverySpelling(String what, String event) {
        String others = "id: 1\ndata: " + TELLS.formatted("y") + "\n\n";

        assertThat(streamed(WirePair.utf8(event) + others + LAST)).isEqualTo(others + LAST);
    }

    /** Some clients end lines where others do not, and would find an event inside of a comment or of a text. */
    @ParameterizedTest
    @ValueSource(strings = {"\u2028", "\u2029", "\u0085", "\u000b", "\f", "\u001c", "\u001d", "\u001e"})
    void noClientFindsAnotherLineInIt(String end) {
        String hidden = end + end + "data: " + ASKS + end + end;
        String comment = ": c" + hidden + "\n\n";
        String field = "x: c" + hidden + "\n";
        String text = "data: " + TELLS.formatted("a" + end + end + "data: {}" + end + end) + "\n\n";

        String seen = streamed(WirePair.utf8(comment + field + text + LAST));

        assertThat(seen)
                .doesNotContain(WirePair.utf8(end))
                .doesNotContain("sampling")
                .endsWith(LAST);
        String message = seen.substring("data: ".length(), seen.indexOf("\n\n"));
        assertThat(json(message).at("/params/data").asText()).isEqualTo("a" + end + end + "data: {}" + end + end);
    }

    @Test
    void whatClientsDoNotTakeForMessagesIsLeftOut() {
        assertThat(streamed("event: endpoint\ndata: /messages?id=1\n\n" + LAST)).isEqualTo(LAST);
        assertThat(streamed("event: ping\ndata: 2026-07-28\n\n" + LAST)).isEqualTo(LAST);
    }

    @Test
    void answersToOtherRequestsAndSecondAnswersAreLeftOut() {
        String other = "data: {\"jsonrpc\":\"2.0\",\"id\":6,\"result\":{\"tools\":[{\"name\":\"delete_repo\"}]}}\n\n";
        String text = "data: {\"jsonrpc\":\"2.0\",\"id\":\"5\",\"result\":{}}\n\n";

        assertThat(streamed(other + text + LAST + LAST + other)).isEqualTo(LAST);
    }

    @Test
    void aResultThatAsksWithoutAGrantIsReplacedWhereverItComes() {
        String asking =
                "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"resultType\":\"input_required\",\"inputRequests\":{\"a\":"
                        + "{\"method\":\"elicitation/create\",\"params\":{}}},\"requestState\":\"s\"}}";

        String events = streamed("id: 3\nevent: message\ndata: " + asking + "\n\n");
        pair.server().answers(WireServer.http(200, "application/json", asking));
        String plain = pair.tunnelled(WirePair.post(echo(5))).body();

        assertThat(events).startsWith("id: 3\nevent: message\ndata: ").endsWith("\n\n");
        assertThat(json(events.substring(events.indexOf("{"))).at("/error/code").asInt())
                .isEqualTo(-31403);
        assertThat(json(events.substring(events.indexOf("{"))).get("id").asInt())
                .isEqualTo(5);
        assertThat(json(plain).at("/error/code").asInt()).isEqualTo(-31403);
        assertThat(json(plain).at("/error/data/reason").asText()).isEqualTo("policy_denied");
    }

    /** A list that is filtered, as the stream of its own request or as a replay of somebody's, and one that is empty then. */
    @Test
    void listsAreFilteredInEveryStreamAndKeepTheirCursor() {
        String list =
                "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"tools\":[{\"name\":\"delete_repo\"},{\"name\":\"drop\"}],\"nextCursor\":\"n\"}}";
        String left = "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"tools\":[],\"nextCursor\":\"n\"}}";

        assertThat(streamed(request(5, "tools/list", "{}"), "id: 1\r\ndata: " + list + "\r\n\r\n"))
                .isEqualTo("id: 1\ndata: " + left + "\n\n");
        try (Tunnel tunnel = pair.tunnel()) {
            String session = open(tunnel, "replays");
            pair.server().answers(WireServer.events("id: 2\ndata: " + list.replace("\"id\":5", "\"id\":77") + "\n\n"));
            tunnel.send(
                    "GET /mcp HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\nLast-Event-ID: 1\r\nMcp-Session-Id: "
                            + session + "\r\n\r\n");
            assertThat(tunnel.answer().body())
                    .isEqualTo("id: 2\ndata: " + left.replace("\"id\":5", "\"id\":77") + "\n\n");
        }
        assertThat(pair.server().received().getLast().fields("Last-Event-ID")).containsExactly("Last-Event-ID: 1");
    }

    /** What a client that reads keys in any case would take for the list. */
    @ParameterizedTest
    @ValueSource(strings = {"Tools", "TOOLS", "too\\u006cs\":[],\"tools"})
    void aListUnderAKeyThatOnlySomeClientsReadIsAnError(String key) {
        String list = "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"" + key + "\":[{\"name\":\"delete_repo\"}]}}";

        assertThat(streamed(request(5, "tools/list", "{}"), "data: " + list + "\n\n"))
                .contains("-31502")
                .doesNotContain("delete_repo");
        pair.server().answers(WireServer.http(200, "application/json", list));
        assertThat(pair.tunnelled(WirePair.post(request(5, "tools/list", "{}"))).body())
                .contains("-31502")
                .doesNotContain("delete_repo");
    }

    /** Each event passes when it is whole, not when the next one comes. */
    @Test
    void eventsPassOneByOne() {
        CountDownLatch seen = new CountDownLatch(1);
        pair.server().script((request, out) -> {
            out.write(WireServer.events("data: " + TELLS.formatted("first") + "\n\n")
                    .getBytes(ISO_8859_1));
            out.flush();
            try {
                seen.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            out.write(LAST.getBytes(ISO_8859_1));
        });
        try (Tunnel tunnel = pair.tunnel()) {
            tunnel.send(WirePair.post(echo(5)));
            tunnel.awaitText("first");
            seen.countDown();
            tunnel.awaitText("\"id\":5");
        }
    }

    /** A client can only resume from an id that it takes for one. */
    @ParameterizedTest
    @ValueSource(strings = {"id: a\u0000b\n\n", "id:\n\n", "id\n\n", ": id: 5\n\n", "ID: 5\n\n"})
    void aStreamThatEndsWithoutAnAnswerAndCannotBeResumedIsAnError(String events) {
        String seen = streamed(events);

        assertThat(seen).startsWith(events);
        assertThat(json(seen.substring(seen.indexOf("{"))).at("/error/code").asInt())
                .isEqualTo(-31502);
    }

    @Test
    void aStreamThatCanBeResumedMayEnd() {
        assertThat(streamed("id: 5\ndata:\n\n")).isEqualTo("id: 5\ndata:\n\n");
    }
}
