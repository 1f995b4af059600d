package dev.stockade.sidecar.protocol;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.sidecar.fixture.Tunnel;
import dev.stockade.sidecar.fixture.WireAnswer;
import dev.stockade.sidecar.fixture.WirePair;
import dev.stockade.sidecar.fixture.WireServer;
import dev.stockade.wire.control.v1.Rule;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A session is used by the identity that opened it, and a server's question answered by whom it asked, once. */
class SessionsBelongToWhoOpenedThemTest extends OverTheWire {
    @BeforeAll
    void theServerMayAskForInput() {
        pair.allow(rule());
    }

    @AfterAll
    void forgetIt() {
        pair.allow(WirePair.defaultRule());
    }

    private static Rule.Builder rule() {
        return WirePair.defaultRule().addClientFeatures("elicitation");
    }

    private static String bare(String method, String session) {
        return method + " /mcp HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\nMcp-Session-Id: " + session
                + "\r\n\r\n";
    }

    private String sessionOfTriage(String id) {
        try (Tunnel tunnel = pair.tunnel()) {
            return open(tunnel, id);
        }
    }

    @Test
    void theServerAndTheAgentKnowItByTwoNames() {
        String session = sessionOfTriage("names");
        assertThat(session).matches("[0-9a-f]{12}\\.names");

        pair.tunnelled(WirePair.post(echo(1), "Mcp-Session-Id: " + session));

        assertThat(pair.server().received().getFirst().fields("Mcp-Session-Id"))
                .containsExactly("mcp-session-id: names");
        assertThat(String.join("\n", pair.audited())).doesNotContain("names");
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "GET", "DELETE"})
    void anothersSessionDoesNotExist(String method) {
        String session = sessionOfTriage("of-triage-" + method);
        String bytes =
                method.equals("POST") ? WirePair.post(echo(1), "Mcp-Session-Id: " + session) : bare(method, session);

        try (Tunnel other = pair.tunnelOfOther()) {
            other.send(bytes);
            assertThat(other.answer().status()).isEqualTo(404);
        }

        assertThat(seenByTheServer()).isEmpty();
        assertThat(pair.tunnelled(WirePair.post(echo(1), "Mcp-Session-Id: " + session))
                        .status())
                .as("its owner still has it")
                .isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"%s ", "%s,%s", "%s.x", "x%s", "%S", "x", "000000000000.x", "\"%s\""})
    void aSessionThatIsSpelledOtherwiseIsUnknown(String spelling) {
        String session = sessionOfTriage("spelled");
        String given = spelling.replace("%S", session.toUpperCase(Locale.ROOT)).replace("%s", session);

        int status = pair.tunnelled(WirePair.post(echo(1), "Mcp-Session-Id: " + given))
                .status();

        assertThat(status).isEqualTo(given.strip().equals(session) ? 200 : 404);
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "DELETE"})
    void withoutASessionThereIsNothingToReadOrToEnd(String method) {
        WireAnswer answer = pair.tunnelled(method + " /mcp HTTP/1.1\r\nHost: a\r\n\r\n");

        assertThat(answer.status()).isEqualTo(405);
        assertThat(answer.fields("Allow")).containsExactly("POST, GET, DELETE");
        assertThat(seenByTheServer()).isEmpty();
    }

    @Test
    void aSessionThatWasEndedIsGone() {
        String session = sessionOfTriage("ended");
        assertThat(pair.tunnelled(bare("DELETE", session)).status()).isEqualTo(202);
        assertThat(pair.server().received().getFirst().head()).startsWith("DELETE /mcp HTTP/1.1\r\n");
        pair.server().reset();

        assertThat(pair.tunnelled(WirePair.post(echo(1), "Mcp-Session-Id: " + session))
                        .status())
                .isEqualTo(404);
        assertThat(seenByTheServer()).isEmpty();
    }

    /** The id of a server's that is another identity's already is not given to a second one. */
    @Test
    void aServerCannotGiveOneSessionToTwoIdentities() {
        sessionOfTriage("shared");
        pair.server()
                .answers(WireServer.http(200, "application/json", "{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":{}}")
                        .replace("\r\n\r\n", "\r\nMcp-Session-Id: shared\r\n\r\n"));

        try (Tunnel other = pair.tunnelOfOther()) {
            other.send(WirePair.post(request(0, "initialize", "{}")));
            assertThat(other.answer().status()).isEqualTo(502);
        }
    }

    // --- answers to what a server asks ---

    private static final String QUESTION =
            "event: message\ndata: {\"jsonrpc\":\"2.0\",\"id\":%s,\"method\":\"elicitation/create\",\"params\":{}}\n\n";

    private static String answer(String id) {
        return "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"result\":{\"action\":\"accept\"}}";
    }

    /** A call in this session, in whose answer the server asks with that id until the latch opens. */
    private CountDownLatch asks(Tunnel tunnel, String session, String id) {
        CountDownLatch done = new CountDownLatch(1);
        pair.server().script((request, out) -> {
            if (request.body().contains("tools/call") && !request.body().contains("987654")) {
                out.write(WireServer.events(QUESTION.formatted(id)).getBytes(ISO_8859_1));
                out.flush();
                try {
                    done.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
                out.write("data: {\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{}}\n\n".getBytes(ISO_8859_1));
            } else {
                out.write((request.body().contains("\"result\"")
                                ? "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
                                : WireServer.http(
                                        200,
                                        "application/json",
                                        "{\"jsonrpc\":\"2.0\",\"id\":" + request.id() + ",\"result\":{}}"))
                        .getBytes(ISO_8859_1));
            }
        });
        tunnel.send(WirePair.post(echo(5), "Mcp-Session-Id: " + session));
        tunnel.awaitText("elicitation/create");
        return done;
    }

    private long answersThatTheServerGot() {
        return pair.server().received().stream()
                .filter(request -> request.body().contains("accept"))
                .count();
    }

    private void dropped(String body, String... lines) {
        WireAnswer answer = pair.tunnelled(WirePair.post(body, lines));
        assertThat(answer.status()).isEqualTo(202);
        assertThat(answer.body()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "\"1\"", "0", "-1", "\"q\""})
    void onlyTheOneAnswerThatWasAskedForPasses(String id) {
        String session = sessionOfTriage("asking-" + id.replace("\"", "s"));
        String elsewhere = sessionOfTriage("elsewhere-" + id.replace("\"", "s"));
        try (Tunnel tunnel = pair.tunnel();
                Tunnel other = pair.tunnelOfOther()) {
            String ofOther = open(other, "of-other-" + id.replace("\"", "s"));
            dropped(answer(id), "Mcp-Session-Id: " + session);
            pair.server().reset();
            CountDownLatch done = asks(tunnel, session, id);

            // another id; the same as another type; another session; no session
            dropped(answer("7"), "Mcp-Session-Id: " + session);
            dropped(
                    answer(id.startsWith("\"") ? id.replace("\"", "").replace("q", "8") : "\"" + id + "\""),
                    "Mcp-Session-Id: " + session);
            dropped(answer(id), "Mcp-Session-Id: " + elsewhere);
            dropped(answer(id));
            other.send(WirePair.post(answer(id), "Mcp-Session-Id: " + ofOther));
            assertThat(other.answer().status()).isEqualTo(202);
            other.send(WirePair.post(answer(id), "Mcp-Session-Id: " + session));
            assertThat(other.answer().status()).isEqualTo(404);
            assertThat(answersThatTheServerGot()).isZero();

            // the right one, once
            assertThat(pair.tunnelled(WirePair.post(answer(id), "Mcp-Session-Id: " + session))
                            .status())
                    .isEqualTo(202);
            dropped(answer(id), "Mcp-Session-Id: " + session);
            assertThat(answersThatTheServerGot()).isEqualTo(1);
            done.countDown();
        }
    }

    @Test
    void anAnswerToARequestThatWasRefusedIsDropped() {
        pair.allow(WirePair.defaultRule());
        String session = sessionOfTriage("refused");
        try (Tunnel tunnel = pair.tunnel()) {
            pair.server()
                    .script((request, out) -> out.write((request.body().contains("tools/call")
                                    ? WireServer.events(QUESTION.formatted("1")
                                            + "data: {\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{}}\n\n")
                                    : "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")
                            .getBytes(ISO_8859_1)));
            tunnel.send(WirePair.post(echo(5), "Mcp-Session-Id: " + session));
            assertThat(tunnel.answer().body()).doesNotContain("elicitation").contains("\"id\":5");

            dropped(answer("1"), "Mcp-Session-Id: " + session);
            assertThat(answersThatTheServerGot()).isZero();
        } finally {
            pair.allow(rule());
        }
    }
}
