package dev.stockade.sidecar.protocol;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.stockade.sidecar.fixture.Tunnel;
import dev.stockade.sidecar.fixture.WireAnswer;
import dev.stockade.sidecar.fixture.WirePair;
import dev.stockade.sidecar.fixture.WireServer;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers of a server that would get past what is looked at: each becomes an error with the id of the request that waits. */
class WhatServersMayNotDoTest extends OverTheWire {
    private static final String RESULT = "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"content\":[]}}";
    private static final String ASKS =
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"sampling/createMessage\",\"params\":{}}";

    private WireAnswer answered(String bytes) {
        pair.server().answers(bytes);
        return pair.tunnelled(WirePair.post(echo(5)));
    }

    private void broken(WireAnswer answer) {
        assertThat(answer.status()).as(answer.toString()).isEqualTo(502);
        assertThat(answer.fields("Content-Type")).containsExactly("application/json");
        assertThat(json(answer.body()).get("id").asInt()).isEqualTo(5);
        assertThat(json(answer.body()).at("/error/code").asInt()).isEqualTo(-31502);
    }

    private static String json200(String body) {
        return WireServer.http(200, "application/json", body);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // a request or notice instead of an answer
                ASKS,
                "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{},\"method\":\"sampling/createMessage\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{},\"m\\u0065thod\":\"ping\"}",
                // two answers, a batch
                RESULT + RESULT,
                RESULT + "\n" + ASKS,
                "[" + RESULT + "]",
                "[" + RESULT + "," + ASKS + "]",
                "[]",
                // the answer to another request
                "{\"jsonrpc\":\"2.0\",\"id\":6,\"result\":{}}",
                "{\"jsonrpc\":\"2.0\",\"id\":\"5\",\"result\":{}}",
                "{\"id\":-5,\"result\":{\"tools\":[{\"name\":\"delete_repo\"}]},\"jsonrpc\":\"2.0\"}",
                "{\"jsonrpc\":\"2.0\",\"result\":{},\"id\":\"\\u0036\"}",
                // what two readers read differently
                "{\"jsonrpc\":\"2.0\",\"id\":5,\"id\":6,\"result\":{}}",
                "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{},\"result\":{}}",
                "{\"jsonrpc\":\"2.0\",\"id\":5,\"Result\":{}}",
                "{\"jsonrpc\":\"2.0\",\"\\u0130d\":5,\"result\":{}}",
                "{\"jsonrpc\":\"2.0\",\"id\":5,\"re\\u017fult\":{}}",
                "\u00ef\u00bb\u00bf" + RESULT,
                "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{}",
                "{'jsonrpc':'2.0'}",
                "// comment\n" + RESULT,
                "<html>",
                "\"x\"",
                "null"
            })
    void anAnswerThatIsNotOneAnswerToTheRequestIsReplaced(String body) {
        broken(answered(json200(body)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "200 | {\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"content\":[]}}",
                "200 | {\"jsonrpc\":\"2.0\",\"id\":5.0,\"result\":{}}",
                "400 | {\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,\"message\":\"x\"}}",
                "400 | {\"jsonrpc\":\"2.0\",\"id\":\"server-error\",\"error\":{\"code\":-32600,\"message\":\"x\"}}",
                "400 | {\"jsonrpc\":\"2.0\",\"id\":5,\"error\":{\"code\":-32020,\"message\":\"Header mismatch\"}}",
                "400 | {\"jsonrpc\":\"2.0\",\"id\":5,\"error\":{\"code\":-32021,\"message\":\"x\",\"data\":{\"requiredCapabilities\":{}}}}",
                "400 | {\"jsonrpc\":\"2.0\",\"id\":5,\"error\":{\"code\":-32022,\"message\":\"x\",\"data\":{\"supported\":[\"2026-07-28\"]}}}",
                "404 | {\"jsonrpc\":\"2.0\",\"id\":5,\"error\":{\"code\":-32601,\"message\":\"Method not found\"}}",
                "401 | {\"error\":\"invalid_token\"}",
                "500 | {\"detail\":\"it broke\"}",
            })
    void whatHonestServersAnswerPassesAsItCame(int status, String body) {
        WireAnswer answer = answered(WireServer.http(status, "application/json", body));

        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.body()).isEqualTo(body);
    }

    /** What is too long to be held is cut before it is whole, so that no client reads it as a message. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"x\":\"LONG\",\"inputRequests\":{\"a\":{\"method\":\"sampling/createMessage\"}}}}",
                "{\"params\":{\"x\":\"LONG\"},\"id\":1,\"method\":\"sampling/createMessage\"}",
                "{\"result\":{\"x\":\"LONG\"},\"jsonrpc\":\"2.0\",\"id\":6}",
                "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"x\":\"LONG\"}}{\"jsonrpc\":\"2.0\",\"id\":6,\"result\":{}}",
                "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"x\":\"LONG\"},\"id\":6}",
            })
    void aLongAnswerThatTurnsOutToBeAnotherThingNeverBecomesWhole(String body) {
        WireAnswer answer = answered(json200(body.replace("LONG", "x".repeat(200_000))));

        assertThat(answer.whole()).as("status " + answer.status()).isFalse();
    }

    @Test
    void aLongHonestAnswerPasses() {
        String body = "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"x\":\"" + "x".repeat(200_000) + "\"}}";

        assertThat(answered(json200(body)).body()).isEqualTo(body);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Content-Encoding: gzip",
                "Content-Encoding: identity\r\nContent-Encoding: gzip",
                "Content-Encoding: identity, br",
                "content-encoding: deflate"
            })
    void anEncodedAnswerThatNobodyAskedForIsReplaced(String lines) {
        broken(answered(json200(RESULT).replace("\r\n\r\n", "\r\n" + lines + "\r\n\r\n")));
        broken(answered(
                WireServer.events("data: " + RESULT + "\n\n").replace("\r\n\r\n", "\r\n" + lines + "\r\n\r\n")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 100 Continue\r\n\r\n",
                "HTTP/1.1 102 Processing\r\n\r\n",
                "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\nMcp-Session-Id: early\r\n\r\n",
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n"
            })
    void interimAnswersAreNotTheAnswer(String interim) {
        WireAnswer answer = answered(interim + json200(RESULT));

        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo(RESULT);
        assertThat(answer.fields("Mcp-Session-Id")).isEmpty();
    }

    @Test
    void aServerThatSwitchesProtocolsIsNotFollowed() {
        broken(answered("HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n" + ASKS));
    }

    @Test
    void trailersOfAServerDoNotPass() {
        WireAnswer answer = answered(String.join(
                "\r\n",
                "HTTP/1.1 200 OK",
                "Content-Type: application/json",
                "Trailer: Mcp-Session-Id",
                "Transfer-Encoding: chunked",
                "",
                Integer.toHexString(RESULT.length()),
                RESULT,
                "0",
                "Mcp-Session-Id: trailed",
                "Stockade-Reason: x",
                "",
                ""));

        assertThat(answer.body()).isEqualTo(RESULT);
        assertThat(answer.head()).doesNotContainIgnoringCase("trailed").doesNotContainIgnoringCase("trailer");
    }

    @Test
    void headersWithoutEndAreReplaced() {
        broken(answered(json200(RESULT).replace("\r\n\r\n", "\r\nX-A: " + "x".repeat(100_000) + "\r\n\r\n")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"not HTTP at all\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "", "HTTP/1.1 200 OK\r\nContent-Le"})
    void whatIsNotHttpIsReplaced(String bytes) {
        pair.server().script((request, out) -> {
            out.write(bytes.getBytes(ISO_8859_1));
            out.flush();
            throw new IOException("the server ends its connection");
        });

        broken(pair.tunnelled(WirePair.post(echo(5))));
    }

    /** Bytes behind an answer that nobody waits for must not become the answer to whoever comes next. */
    @Test
    void aSecondAnswerOfHttpIsNobodys() {
        String second = json200("{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"stolen\":true}}");
        assertThat(answered(json200(RESULT) + second).body()).isEqualTo(RESULT);
        pair.server().answers(json200(RESULT));
        try (Tunnel other = pair.tunnelOfOther()) {
            for (int i = 0; i < 3; i++) {
                other.send(WirePair.post(echo(5)));
                assertThat(other.answer().body()).isEqualTo(RESULT);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\r\nMcp-Session-Id: b", "a b", "\u00e9", "a,b\u007f"})
    void aSessionIdThatTwoReadersReadDifferentlyIsNotPassedOn(String id) {
        broken(answered(json200(RESULT).replace("\r\n\r\n", "\r\nMcp-Session-Id: " + id + "\r\n\r\n")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/plain; x=application/json",
                "text/html, application/json",
                "application/jsonx",
                "text/json",
                "application/x-event-stream",
                "application/json\r\nContent-Type: text/event-stream"
            })
    void aTypeThatAClientMightTakeForMessagesIsMadePlain(String type) {
        WireAnswer answer = answered(WireServer.http(200, type, ASKS));

        assertThat(answer.fields("Content-Type")).containsExactly("application/octet-stream");
    }

    @Test
    void eachIsRecordedAsBroken() {
        int before = pair.audited().size();

        broken(answered(json200(ASKS)));

        await().untilAsserted(() -> assertThat(pair.audited().stream().skip(before))
                .anyMatch(line -> line.contains("\"phase\":\"outcome\"") && line.contains("\"outcome\":\"broken\"")));
    }
}
