package dev.stockade.sidecar.protocol;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.sidecar.fixture.WireAnswer;
import dev.stockade.sidecar.fixture.WirePair;
import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Bodies that two parsers read differently, byte by byte, from a stream of an agent and from its program: refused with 400, and no
 * server ever sees one. What each parser makes of thousands more is compared in the reader's own tests.
 */
class RefusedBodiesTest extends OverTheWire {
    private static final String OK = echo(1);

    private static String utf8(String text) {
        return WirePair.utf8(text);
    }

    private static String in(Charset charset, String text) {
        return new String(text.getBytes(charset), ISO_8859_1);
    }

    private static String arguments(String members) {
        return call("1", "{\"name\":\"echo\",\"arguments\":{" + members + "}}");
    }

    static List<Arguments> refusedBodies() {
        List<Arguments> all = new ArrayList<>();
        String deny = "delete_repo";
        // duplicate keys, at any depth and in any spelling; keys that differ in case; NUL
        add(all, "method twice", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"method\":\"tools/call\"}");
        add(all, "id twice", OK.replace("\"id\":1", "\"id\":1,\"id\":2"));
        add(all, "params twice", OK.replace("\"params\"", "\"params\":{\"name\":\"" + deny + "\"},\"params\""));
        add(all, "name twice", call("1", "{\"name\":\"echo\",\"name\":\"" + deny + "\"}"));
        add(all, "name twice, once escaped", call("1", "{\"name\":\"echo\",\"n\\u0061me\":\"" + deny + "\"}"));
        add(all, "uri twice", request(1, "resources/read", "{\"uri\":\"repo://acme/x\",\"uri\":\"repo://b/x\"}"));
        add(all, "an argument twice", arguments("\"a\":1,\"a\":2"));
        add(all, "deep in the arguments twice", arguments("\"a\":[{\"b\":{\"c\":1,\"\\u0063\":2}}]"));
        add(all, "in _meta twice", call("1", "{\"name\":\"echo\",\"_meta\":{\"a\":1,\"a\":1}}"));
        add(all, "Method", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"Method\":\"tools/call\"}");
        add(all, "METHOD alone", "{\"jsonrpc\":\"2.0\",\"id\":1,\"METHOD\":\"ping\"}");
        add(all, "Name", call("1", "{\"name\":\"echo\",\"Name\":\"" + deny + "\"}"));
        add(all, "nAme alone", call("1", "{\"nAme\":\"echo\"}"));
        add(all, "x and X in params", call("1", "{\"name\":\"echo\",\"x\":1,\"X\":2}"));
        add(all, "params with a long s", utf8(OK.replace("\"params\"", "\"param\u017f\"")));
        add(all, "the long s in an escape", OK.replace("\"params\"", "\"param\\u017f\""));
        add(all, "task with a Kelvin sign", utf8(call("1", "{\"name\":\"echo\",\"tas\u212a\":{}}")));
        add(all, "id with a dotted I", utf8("{\"jsonrpc\":\"2.0\",\"\u0130d\":1,\"method\":\"ping\"}"));
        add(all, "id with a dotless i", utf8("{\"jsonrpc\":\"2.0\",\"\u0131d\":1,\"method\":\"ping\"}"));
        add(all, "a key outside of the envelope", OK.replace("\"id\"", "\"Id\":2,\"id\""));
        add(all, "NUL in a key", call("1", "{\"name\":\"echo\",\"name\\u0000\":\"" + deny + "\"}"));
        add(all, "NUL in an argument's key", arguments("\"\\u0000\":1"));
        add(all, "a raw NUL in a key", arguments("\"a\u0000\":1"));
        add(all, "a raw NUL in a value", arguments("\"a\":\"\u0000\""));
        add(all, "__proto__", call("1", "{\"name\":\"echo\",\"__proto__\":{\"name\":\"" + deny + "\"}}"));
        // surrogates and UTF-8
        for (String half : new String[] {"\\ud800", "\\udc00", "\\ud800\\ud800", "\\udc00\\ud800", "\\uD83Dx"}) {
            add(all, "half a pair in the name " + half, call("1", "{\"name\":\"echo" + half + "\"}"));
            add(all, "half a pair in an argument " + half, arguments("\"a\":\"" + half + "\""));
            add(all, "half a pair in a key " + half, arguments("\"" + half + "\":1"));
            add(all, "half a pair in the id " + half, OK.replace("\"id\":1", "\"id\":\"" + half + "\""));
            add(all, "half a pair in the method " + half, request(1, "tools/list" + half, "{}"));
        }
        for (String bytes : new String[] {
            "\u00c3",
            "\u00c0\u00ae",
            "\u00c1\u00bf",
            "\u00e0\u0080\u00ae",
            "\u00f0\u0080\u0080\u00ae",
            "\u00ed\u00a0\u0080",
            "\u00ed\u00a0\u00bd\u00ed\u00b8\u0080",
            "\u00f4\u0090\u0080\u0080",
            "\u00f8\u0088\u0080\u0080\u0080",
            "\u0080",
            "\u00ff",
            "\u00fe"
        }) {
            String hex = in(UTF_16BE, bytes).replace("\u0000", "");
            add(all, "no UTF-8 in the name", call("1", "{\"name\":\"echo" + hex + "\"}"));
            add(all, "no UTF-8 in the method", request(1, "ping" + hex, "{}"));
            add(all, "no UTF-8 in the id", OK.replace("\"id\":1", "\"id\":\"" + hex + "\""));
            add(all, "no UTF-8 in a key", arguments("\"" + hex + "\":1"));
            add(all, "no UTF-8 in an argument", arguments("\"a\":\"" + hex + "\""));
            add(all, "no UTF-8 between tokens", "{" + hex + OK.substring(1));
            add(all, "no UTF-8 at the end", OK + hex);
        }
        // numbers
        for (String number : new String[] {
            "NaN",
            "Infinity",
            "-Infinity",
            "1e400",
            "-1e309",
            "1E+0000309",
            "01",
            "+1",
            ".5",
            "1.",
            "0x10",
            "1_0",
            "-",
            "--1"
        }) {
            add(all, "the number " + number, arguments("\"a\":" + number));
        }
        // batches, second documents
        add(all, "an empty batch", "[]");
        add(all, "an empty batch with spaces", " [ ] ");
        add(all, "a batch of one", "[" + OK + "]");
        add(all, "a batch of two", "[" + OK + "," + call("2", "{\"name\":\"" + deny + "\"}") + "]");
        add(all, "a batch in a batch", "[[]]");
        add(all, "a second message", OK + call("2", "{\"name\":\"" + deny + "\"}"));
        add(all, "a second message behind a line feed", OK + "\n" + OK);
        add(all, "a second message behind a record separator", OK + "\u001e" + OK);
        add(all, "a NUL behind the message", OK + "\u0000");
        add(all, "a brace behind the message", OK + "}");
        add(all, "a comma behind the message", OK + ",");
        // marks and encodings
        add(all, "a byte order mark", utf8("\ufeff" + OK));
        add(all, "a byte order mark after a space", utf8(" \ufeff" + OK));
        add(all, "UTF-16, little end first", in(UTF_16LE, OK));
        add(all, "UTF-16, big end first", in(UTF_16BE, OK));
        add(all, "UTF-16 with a mark", in(UTF_16LE, "\ufeff" + OK));
        add(all, "UTF-16 with the other mark", in(UTF_16BE, "\ufeff" + OK));
        add(all, "UTF-32", in(Charset.forName("UTF-32LE"), OK));
        add(all, "UTF-7", "+AHs-" + OK.substring(1));
        add(all, "gzip without saying so", "\u001f\u008b\u0008\u0000" + OK);
        // depth
        add(all, "arrays too deep", arguments("\"a\":" + "[".repeat(65) + "]".repeat(65)));
        add(all, "objects too deep", arguments("\"a\":" + "{\"a\":".repeat(65) + "1" + "}".repeat(65)));
        add(
                all,
                "arrays without end",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{\"a\":" + "[".repeat(60_000));
        // ids
        for (String id : new String[] {
            "null",
            "1.5",
            "1.0",
            "-0",
            "1e0",
            "1E2",
            "-0.0",
            "9007199254740993",
            "-9007199254740993",
            "9223372036854775807",
            "18446744073709551616",
            "1e400",
            "true",
            "false",
            "[1]",
            "{}",
            "[]",
            "01",
            "+1"
        }) {
            add(all, "the id " + id, call(id, "{\"name\":\"echo\"}"));
        }
        add(all, "tools/call without an id", OK.replace("\"id\":1,", ""));
        add(all, "resources/read without an id", notification("resources/read", "{\"uri\":\"repo://acme/x\"}"));
        add(all, "tools/list without an id", notification("tools/list", "{}"));
        add(all, "initialize without an id", notification("initialize", "{}"));
        add(all, "a notification with an id", request(1, "notifications/initialized", "{}"));
        // what is no message
        add(all, "nothing", "");
        add(all, "a space", " ");
        add(all, "a string", "\"tools/call\"");
        add(all, "a number", "1");
        add(all, "an empty object", "{}");
        add(all, "another version", OK.replace("2.0", "2.1"));
        add(all, "a version that is a number", OK.replace("\"2.0\"", "2.0"));
        add(all, "no version", OK.replace("\"jsonrpc\":\"2.0\",", ""));
        add(all, "a request and an answer at once", OK.replace("\"id\"", "\"result\":{},\"id\""));
        add(all, "a result and an error", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{},\"error\":{}}");
        add(all, "params in an array", request(1, "tools/call", "[\"echo\"]"));
        add(all, "params that are null", request(1, "tools/call", "null"));
        add(all, "no name", call("1", "{}"));
        add(all, "a name that is an array", call("1", "{\"name\":[\"echo\"]}"));
        add(all, "a name that is null", call("1", "{\"name\":null}"));
        add(all, "a method that is an array", OK.replace("\"tools/call\"", "[\"tools/call\"]"));
        add(all, "arguments in an array", call("1", "{\"name\":\"echo\",\"arguments\":[1]}"));
        // grammar
        add(all, "a comma too much", call("1", "{\"name\":\"echo\",}"));
        add(all, "single quotes", OK.replace('"', '\''));
        add(all, "no quotes", "{jsonrpc:\"2.0\",id:1,method:\"ping\"}");
        add(all, "a comment", "/**/" + OK);
        add(all, "a comment at the end", OK + "//");
        add(all, "a form feed", "\f" + OK);
        add(all, "a no-break space", utf8("\u00a0" + OK));
        add(all, "a hexadecimal escape", call("1", "{\"name\":\"ech\\x6f\"}"));
        add(all, "an escape in capitals", call("1", "{\"name\":\"ech\\U006f\"}"));
        add(all, "a raw line feed in a string", call("1", "{\"name\":\"echo\n\"}"));
        add(all, "a raw tab in a string", arguments("\"a\":\"\t\""));
        add(all, "a message that is cut", OK.substring(0, OK.length() - 1));
        return all;
    }

    private static void add(List<Arguments> all, String what, String body) {
        all.add(Arguments.of(what, body));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refusedBodies")
    void itIsRefusedAndTheServerNeverSeesIt(String what, String body) {
        WireAnswer answer = pair.tunnelled(WirePair.post(body));

        assertThat(answer.status()).as(answer.toString()).isEqualTo(400);
        JsonNode error = json(answer.body());
        assertThat(error.at("/error/code").asInt()).isEqualTo(-32600);
        assertThat(error.at("/error/data/reason").asText()).isEqualTo("malformed");
        assertThat(error.at("/error/message").asText())
                .as("a sentence without the body")
                .doesNotContain("delete_repo");
        assertThat(pair.server().received()).isEmpty();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("refusedBodies")
    void fromTheAgentsProgramItIsRefusedTheSame(String what, String body) throws Exception {
        assertThat(pair.programmed(pair.localPost(body)).status()).isEqualTo(400);
        assertThat(pair.server().received()).isEmpty();
    }

    /** Escapes are decoded, then matched; and then the bytes that came go on, not what was made of them. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"\\u006dethod\":\"tools\\/call\",\"id\":1,\"jsonrpc\":\"2\\u002e0\",\"params\":{\"n\\u0061me\":\"\\u0065cho\"}}",
                " {\"jsonrpc\":\"2.0\",\r\n\t\"id\" : -7 ,\"method\":\"tools/call\",\"params\":{\"name\":\"echo\"}}\n\n",
                "{\"jsonrpc\":\"2.0\",\"id\":\"\\ud83d\\ude00\",\"method\":\"tools/call\",\"params\":{\"name\":\"echo\",\"arguments\":{\"a\":1.50,\"b\":1E2,\"c\":-0,\"d\":12345678901234567890,\"A\":{}}}}",
                "{\"params\":{\"arguments\":null,\"name\":\"get_\\u00e9\"},\"method\":\"tools/call\",\"id\":9007199254740992,\"jsonrpc\":\"2.0\"}"
            })
    void whatIsReadGoesOnByteForByte(String body) throws Exception {
        assertThat(pair.tunnelled(WirePair.post(body)).status()).isEqualTo(200);
        assertThat(pair.programmed(pair.localPost(body)).status()).isEqualTo(200);

        assertThat(seenByTheServer()).containsExactly(body, body);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"delete\\u005frepo", "\\u0064elete_repo", "delete_repo\\u0020", "ECHO", "echo\\u200b", "get"})
    void anEscapedNameIsDeniedAsWhatItMeans(String name) {
        WireAnswer answer = pair.tunnelled(WirePair.post(call("1", "{\"name\":\"" + name + "\"}")));

        assertThat(json(answer.body()).at("/error/code").asInt()).isEqualTo(-31403);
        assertThat(seenByTheServer()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "repo://acme/../other/x",
                "repo://acme/%2e%2e/other",
                "repo://acme/%252e%252e/other",
                "repo://acme/a%2fb",
                "repo://acme/a\\\\b",
                "repo://root@acme/x",
                "repo://acme/\\u0000",
                "repo://acme/%00",
                " repo://acme/x",
                "REPO://acme/x",
                "repo://ACME/x",
                "repo:/acme/x",
                "repo://acme",
                "file:///etc/passwd"
            })
    void aUriThatIsNotTheGrantedOneInEverySpellingIsDenied(String uri) {
        for (String method : new String[] {"resources/read", "resources/subscribe", "resources/unsubscribe"}) {
            WireAnswer answer = pair.tunnelled(WirePair.post(request(1, method, "{\"uri\":\"" + uri + "\"}")));
            assertThat(json(answer.body()).at("/error/code").asInt()).as(method).isEqualTo(-31403);
        }
        assertThat(pair.tunnelled(WirePair.post(request(1, "resources/read", "{\"uri\":\"repo://acme/%78\"}")))
                        .body())
                .contains("\"result\"");
        assertThat(seenByTheServer()).hasSize(1);
    }

    /** A header says one thing about the body, and the body another: the strict reading is of bytes, whatever their type is called. */
    @ParameterizedTest
    @ValueSource(strings = {"a", "\u00e9", "\u2028", "\ud83d\ude00"})
    void honestTextInUtf8Passes(String text) {
        String body = new String(
                call("1", "{\"name\":\"echo\",\"arguments\":{\"a\":\"" + text + "\"}}")
                        .getBytes(UTF_8),
                ISO_8859_1);

        assertThat(pair.tunnelled(WirePair.post(body)).status()).isEqualTo(200);
        assertThat(seenByTheServer()).containsExactly(body);
    }
}
