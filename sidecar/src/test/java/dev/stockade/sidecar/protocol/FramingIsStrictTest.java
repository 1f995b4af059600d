package dev.stockade.sidecar.protocol;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.sidecar.fixture.Mesh;
import dev.stockade.sidecar.fixture.Tunnel;
import dev.stockade.sidecar.fixture.WireAnswer;
import dev.stockade.sidecar.fixture.WirePair;
import dev.stockade.sidecar.fixture.WireServer;
import java.net.Socket;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A message of HTTP ends where this side says that it ends, and a new one is written to the server: what could be framed in two
 * ways is refused (RFC 9112 sections 2.2, 5, 6 and 7; RFC 9110 sections 5 and 8.4).
 */
class FramingIsStrictTest extends OverTheWire {
    private static final String PING = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}";
    /** What an attacker wants the server to see. */
    private static final String SMUGGLED = WirePair.post(call("666", "{\"name\":\"delete_repo\"}"));

    private static String head(String... lines) {
        return "POST /mcp HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                + String.join("\r\n", lines)
                + "\r\n\r\n";
    }

    private static String chunk(String size, String text) {
        return size + "\r\n" + text + "\r\n";
    }

    private static String hex(String text) {
        return Integer.toHexString(text.length());
    }

    static Stream<Arguments> twoReadings() {
        String length = "Content-Length: " + PING.length();
        String chunked = chunk(hex(PING), PING) + "0\r\n\r\n";
        return Stream.of(
                Arguments.of("a length and chunks", head(length, "Transfer-Encoding: chunked") + chunked),
                Arguments.of("chunks and a length", head("Transfer-Encoding: chunked", length) + chunked),
                Arguments.of("two lengths", head(length, "Content-Length: 1") + PING),
                Arguments.of("the same length twice", head(length, length) + PING),
                Arguments.of("lengths in a list", head(length + ", " + PING.length()) + PING),
                Arguments.of("a length with a sign", head("Content-Length: +" + PING.length()) + PING),
                Arguments.of("a negative length", head("Content-Length: -1") + PING),
                Arguments.of("a hexadecimal length", head("Content-Length: 0x" + hex(PING)) + PING),
                Arguments.of("a length with a fraction", head(length + ".0") + PING),
                Arguments.of("a length with a space inside", head("Content-Length: 4 2") + PING),
                Arguments.of("an empty length", head("Content-Length:") + PING),
                Arguments.of("a length that is no number", head("Content-Length: many") + PING),
                Arguments.of("the coding identity", head("Transfer-Encoding: identity", length) + PING),
                Arguments.of("the coding identity alone", head("Transfer-Encoding: identity") + PING),
                Arguments.of("another coding", head("Transfer-Encoding: gzip") + chunked),
                Arguments.of("a coding before chunked", head("Transfer-Encoding: gzip, chunked") + chunked),
                Arguments.of("a coding after chunked", head("Transfer-Encoding: chunked, gzip") + chunked),
                Arguments.of("chunked twice", head("Transfer-Encoding: chunked, chunked") + chunked),
                Arguments.of(
                        "two lines of codings",
                        head("Transfer-Encoding: chunked", "Transfer-Encoding: identity") + chunked),
                Arguments.of("chunked with a parameter", head("Transfer-Encoding: chunked;q=1") + chunked),
                Arguments.of("chunked in quotes", head("Transfer-Encoding: \"chunked\"") + chunked),
                Arguments.of("a word that has chunked in it", head("Transfer-Encoding: xchunked") + chunked),
                Arguments.of("a vertical tab before chunked", head("Transfer-Encoding: \u000bchunked") + chunked),
                Arguments.of("a space before the colon", head("Transfer-Encoding : chunked", length) + PING),
                Arguments.of("a tab before the colon", head("Content-Length\t: " + PING.length()) + PING),
                Arguments.of("a folded length", head("Content-Length:\r\n " + PING.length()) + PING),
                Arguments.of("a first line that is folded", "POST /mcp HTTP/1.1\r\n X: a\r\n" + head(length) + PING),
                Arguments.of("a bare line feed after a line", head("X-A: b\nX-B: c", length) + PING),
                Arguments.of("bare line feeds", (head(length) + PING).replace("\r\n", "\n")),
                Arguments.of("a bare line feed that ends the head", head(length).replace("\r\n\r\n", "\r\n\n") + PING),
                Arguments.of("a bare carriage return", head("X-A: b\rX-B: c", length) + PING),
                Arguments.of("two carriage returns", head("X-A: b\r", length) + PING),
                Arguments.of("NUL in a value", head("X-A: b\u0000c", length) + PING),
                Arguments.of("NUL in a name", head("X-\u0000A: b", length) + PING),
                Arguments.of("a line without a colon", head("X-A", length) + PING),
                Arguments.of("a line without a name", head(": b", length) + PING),
                Arguments.of("a name with a space", head("X A: b", length) + PING),
                Arguments.of("a name that is not a token", head("X(A): b", length) + PING),
                Arguments.of("a name that is not ASCII", head("X-\u00e9: b", length) + PING),
                Arguments.of("a chunk's size with a sign", head("Transfer-Encoding: chunked") + chunk("+1", "{")),
                Arguments.of("a negative chunk", head("Transfer-Encoding: chunked") + chunk("-1", "{")),
                Arguments.of("a chunk's size with a prefix", head("Transfer-Encoding: chunked") + chunk("0x1", "{")),
                Arguments.of("a chunk without a size", head("Transfer-Encoding: chunked") + chunk("", "{")),
                Arguments.of("a chunk's size that is no number", head("Transfer-Encoding: chunked") + chunk("z", "{")),
                Arguments.of(
                        "a chunk's size beyond every number",
                        head("Transfer-Encoding: chunked") + chunk("ffffffffffffffff1", "{")),
                Arguments.of(
                        "a chunk that ends with a bare line feed",
                        head("Transfer-Encoding: chunked") + hex(PING) + "\n" + PING + "\n0\n\n"),
                Arguments.of(
                        "a chunk that is longer than it says",
                        head("Transfer-Encoding: chunked") + chunk("1", PING) + "0\r\n\r\n"),
                Arguments.of("no version", head(length).replace(" HTTP/1.1", "") + PING),
                Arguments.of("a word behind the version", head(length).replace("1.1", "1.1 x") + PING),
                Arguments.of("control characters before the request", "\u0001\u0002" + head(length) + PING));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("twoReadings")
    void whatCanBeFramedInTwoWaysIsRefusedAndNothingBehindItIsRead(String what, String bytes) {
        WireAnswer answer;
        try (Tunnel tunnel = pair.tunnel()) {
            tunnel.send(bytes + SMUGGLED);
            answer = tunnel.answer();
            assertThat(answer.status()).as(answer.toString()).isEqualTo(400);
            assertThat(tunnel.rest()).as("what follows the refusal").isEmpty();
        }
        assertThat(answer.fields("Connection")).containsExactly("close");
        assertThat(json(answer.body()).at("/error/data/reason").asText()).isEqualTo("malformed");
        assertThat(seenByTheServer()).isEmpty();
    }

    /** The same from the agent's program, whose own sidecar reads it first: what it lets through is written anew by both. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("twoReadings")
    void nothingIsSmuggledThroughBothSidecars(String what, String bytes) throws Exception {
        String local = (bytes + SMUGGLED)
                .replace("POST /mcp ", "POST " + WirePair.LOCAL_PATH + " ")
                .replaceAll("Host: [a-z.]+", "Host: 127.0.0.1:" + pair.localPort());
        try (Socket socket = pair.program()) {
            socket.getOutputStream().write(local.getBytes(ISO_8859_1));
            socket.shutdownOutput();
            socket.getInputStream().readAllBytes();
        }

        for (WireServer.Received request : pair.server().received()) {
            assertThat(request.head()).startsWith("POST /mcp HTTP/1.1\r\n").doesNotContain("\r\n ", "\r\n\t");
            assertThat(request.fields("Content-Length"))
                    .containsExactly("content-length: " + request.body().length());
            assertThat(request.fields("Transfer-Encoding")).isEmpty();
        }
        assertThat(seenByTheServer()).allMatch(PING::equals);
    }

    static Stream<Arguments> writtenAnew() {
        String length = "Content-Length: " + PING.length();
        return Stream.of(
                Arguments.of("a folded line", head("X-A: b\r\n  c", length) + PING, "X-A: b c"),
                Arguments.of(
                        "a folded line that looks like a field",
                        head("X-A: b\r\n Transfer-Encoding: chunked", length) + PING,
                        "X-A: b Transfer-Encoding: chunked"),
                Arguments.of("spaces around a value", head("X-A: \t b \t", length) + PING, "X-A: b"),
                Arguments.of("no space before a value", head("X-A:b", length) + PING, "X-A: b"),
                Arguments.of(
                        "a length with zeros", head("X-A: b", "Content-Length: 000" + PING.length()) + PING, "X-A: b"),
                Arguments.of(
                        "chunked in capitals",
                        head("X-A: b", "TRANSFER-ENCODING: CHUNKED") + chunk(hex(PING), PING) + "0\r\n\r\n",
                        "X-A: b"),
                Arguments.of(
                        "many chunks, with extensions and zeros before their sizes",
                        head("X-A: b", "Transfer-Encoding: chunked")
                                + chunk("0001;a=b", PING.substring(0, 1))
                                + chunk(Integer.toHexString(PING.length() - 1) + " ;\"x\"", PING.substring(1))
                                + "000\r\n\r\n",
                        "X-A: b"),
                Arguments.of(
                        "a version behind a tab", head("X-A: b", length).replace(" HTTP", "\tHTTP") + PING, "X-A: b"),
                Arguments.of("empty lines before it", "\r\n\r\n" + head("X-A: b", length) + PING, "X-A: b"));
    }

    /** RFC 9112 section 5.2: a proxy may replace what is folded by a space. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("writtenAnew")
    void whatHasOneReadingOnlyIsWrittenAnewInThePlainestForm(String what, String bytes, String line) {
        assertThat(pair.tunnelled(bytes).status()).isEqualTo(200);

        assertThat(pair.server().received()).singleElement().satisfies(request -> {
            assertThat(request.head()).startsWith("POST /mcp HTTP/1.1\r\n").doesNotContain("\r\n ", "\r\n\t");
            assertThat(request.fields("X-A")).containsExactly(line);
            assertThat(request.fields("Content-Length")).containsExactly("content-length: " + PING.length());
            assertThat(request.fields("Transfer-Encoding")).isEmpty();
            assertThat(request.body()).isEqualTo(PING);
        });
    }

    @Test
    void trailersAreNoHeaders() {
        String session;
        try (Tunnel tunnel = pair.tunnel()) {
            session = open(tunnel, "trailed");
        }
        WireAnswer answer = pair.tunnelled(head("Trailer: Mcp-Session-Id", "Transfer-Encoding: chunked")
                + chunk(hex(PING), PING)
                + "0\r\nMcp-Session-Id: " + session + "\r\nStockade-Agent: root\r\nContent-Length: 3\r\n\r\n");

        assertThat(answer.status()).isEqualTo(200);
        assertThat(pair.server().received()).singleElement().satisfies(request -> {
            assertThat(request.fields("Mcp-Session-Id")).isEmpty();
            assertThat(request.fields("Trailer")).isEmpty();
            assertThat(request.fields("Stockade-Agent")).containsExactly("stockade-agent: " + Mesh.TRIAGE.uri());
            assertThat(request.body()).isEqualTo(PING);
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "DELETE"})
    void aBodyWhereNoneBelongsIsNotARequestOfItsOwn(String method) throws Exception {
        try (Tunnel tunnel = pair.tunnel()) {
            String session = open(tunnel, "s-" + method);
            String rest =
                    " HTTP/1.1\r\nHost: 127.0.0.1:" + pair.localPort() + "\r\nMcp-Session-Id: " + session + "\r\n";
            tunnel.send(method + " /mcp" + rest + "Content-Length: " + SMUGGLED.length() + "\r\n\r\n" + SMUGGLED);
            assertThat(tunnel.answer().status()).isEqualTo(400);
            assertThat(tunnel.rest()).isEmpty();
            assertThat(pair.tunnelled(method + " /mcp" + rest + "Transfer-Encoding: chunked\r\n\r\n"
                                    + chunk(hex(SMUGGLED), SMUGGLED)
                                    + "0\r\n\r\n")
                            .status())
                    .isEqualTo(400);
            assertThat(pair.programmed(method + " " + WirePair.LOCAL_PATH + rest + "Content-Length: "
                                    + SMUGGLED.length() + "\r\n\r\n" + SMUGGLED)
                            .status())
                    .isEqualTo(400);
            assertThat(seenByTheServer()).isEmpty();
            assertThat(pair.tunnelled(method + " /mcp" + rest + "Content-Length: 0\r\n\r\n")
                            .status())
                    .isEqualTo(202);
        }
    }

    @Test
    void requestsSentAheadAreEachDecidedOnAndAnsweredInOrder() {
        try (Tunnel tunnel = pair.tunnel()) {
            tunnel.send(WirePair.post(echo(1))
                    + SMUGGLED
                    + WirePair.post(echo(2))
                    + WirePair.post("[]")
                    + WirePair.post(echo(3)));

            assertThat(json(tunnel.answer().body()).get("id").asInt()).isEqualTo(1);
            assertThat(json(tunnel.answer().body()).at("/error/code").asInt()).isEqualTo(-31403);
            assertThat(json(tunnel.answer().body()).get("id").asInt()).isEqualTo(2);
            assertThat(tunnel.answer().status()).isEqualTo(400);
            assertThat(json(tunnel.answer().body()).get("id").asInt()).isEqualTo(3);
        }
        assertThat(seenByTheServer()).containsExactly(echo(1), echo(2), echo(3));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "POST /mcp HTTP/1.0",
                "POST /mcp HTTP/0.9",
                "POST /mcp HTTP/1.2",
                "POST /mcp HTTP/2.0",
                "POST /mcp HTTP/3",
                "POST /mcp ICY/1.1",
                "PRI * HTTP/2.0"
            })
    void anotherVersionOfHttpIsRefused(String line) {
        try (Tunnel tunnel = pair.tunnel()) {
            tunnel.send(line + "\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: " + PING.length()
                    + "\r\n\r\n" + PING + SMUGGLED);
            assertThat(tunnel.answer().status()).isIn(400, 505);
            assertThat(tunnel.rest()).isEmpty();
        }
        assertThat(seenByTheServer()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA",
                "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13",
                "Upgrade: TLS/1.0"
            })
    void noOtherProtocolIsAskedOfTheServer(String lines) {
        pair.tunnelled(WirePair.post(PING, lines.split("\r\n", -1)) + SMUGGLED);

        assertThat(pair.server().received().getFirst().fields("Upgrade")).isEmpty();
        assertThat(pair.server().received().getFirst().fields("Connection")).isEmpty();
        assertThat(pair.server().received().getFirst().fields("HTTP2-Settings")).isEmpty();
        assertThat(seenByTheServer()).containsExactly(PING);
    }

    @Test
    void whoWaitsToBeToldToGoOnIsTold() {
        String expecting = head("Expect: 100-continue", "Content-Length: " + PING.length());
        try (Tunnel tunnel = pair.tunnel()) {
            tunnel.send(expecting);
            assertThat(tunnel.answer().head()).startsWith("HTTP/1.1 100 Continue\r\n");
            tunnel.send(PING);
            assertThat(tunnel.answer().status()).isEqualTo(200);
        }
        assertThat(pair.server().received().getFirst().fields("Expect")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"/other, application/json, 404", "/mcp, text/plain, 415"})
    void whoWaitsToBeToldToGoOnIsToldTheRefusalInstead(String path, String type, int status) {
        try (Tunnel tunnel = pair.tunnel()) {
            tunnel.send(head("Expect: 100-continue", "Content-Length: 20")
                    .replace("/mcp", path)
                    .replace("application/json", type));
            assertThat(tunnel.answer().status()).isEqualTo(status);
            tunnel.send(SMUGGLED);
            assertThat(tunnel.rest()).isEmpty();
        }
        assertThat(seenByTheServer()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "identity", "br, gzip", "deflate", "", "aes128gcm"})
    void anyEncodingOfABodyIsRefused(String encoding) {
        refused(WirePair.post(PING, "Content-Encoding: " + encoding), 415, "malformed");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/plain",
                "application/json, text/plain",
                "application/json;charset=utf-16",
                "application/json; charset=\"utf-16\"",
                "application/json; charset = utf-16",
                "application/json;\tCHARSET=iso-8859-1",
                "application/json; charset=utf-8; charset=utf-7",
                "application/json; x=\";\"; charset=utf-32",
                "application/json-seq",
                "application/x-www-form-urlencoded",
                "multipart/form-data; boundary=x",
                ""
            })
    void whatIsNotJsonInUtf8IsRefused(String type) {
        refused(
                WirePair.post(PING).replace("Content-Type: application/json\r\n", "Content-Type: " + type + "\r\n"),
                415,
                "malformed");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "application/json",
                "Application/JSON",
                "application/json; charset=utf-8",
                "application/json;charset=\"UTF-8\"",
                "application/json; profile=x"
            })
    void whatIsJsonInUtf8Passes(String type) {
        assertThat(pair.tunnelled(WirePair.post(PING)
                                .replace("Content-Type: application/json\r\n", "Content-Type: " + type + "\r\n"))
                        .status())
                .isEqualTo(200);
    }

    @Test
    void aBodyWithoutATypeIsRefused() {
        refused(WirePair.post(PING).replace("Content-Type: application/json\r\n", ""), 415, "malformed");
    }

    @Test
    void theServerIsNotAskedForAnEncodedAnswer() {
        pair.tunnelled(WirePair.post(PING, "Accept-Encoding: gzip, br", "accept-encoding: *"));

        assertThat(pair.server().received().getFirst().fields("Accept-Encoding"))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"PUT", "PATCH", "HEAD", "OPTIONS", "TRACE", "post", "Get", "PROPFIND", "CONNECT"})
    void anotherMethodIsRefused(String method) {
        WireAnswer answer = pair.tunnelled(method + " /mcp HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");

        assertThat(answer.status()).isEqualTo(405);
        assertThat(answer.fields("Allow")).containsExactly("POST, GET, DELETE");
        assertThat(seenByTheServer()).isEmpty();
    }
}
