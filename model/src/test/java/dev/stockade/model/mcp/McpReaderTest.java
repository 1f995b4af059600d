package dev.stockade.model.mcp;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.model.json.StrictJson;
import dev.stockade.model.policy.GuardedKind;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class McpReaderTest {
    private final McpReader reader = new McpReader(42);

    private McpMessage read(byte[] body) {
        McpMessage onHeap = reader.read(ByteBuffer.wrap(body));
        ByteBuffer direct = ByteBuffer.allocateDirect(body.length + 7).position(3);
        direct.put(body).flip().position(3);
        assertThat(reader.read(direct)).as("the same from direct memory").isEqualTo(onHeap);
        assertThat(direct.position()).isEqualTo(3);
        return onHeap;
    }

    private McpMessage read(String body) {
        return read(body.getBytes(UTF_8));
    }

    private static String call(String params) {
        return "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":" + params + "}";
    }

    /** Every item under "Refuse" that the reader alone can see: the bytes, and a word of the sentence. */
    static List<Arguments> hostile() {
        List<Arguments> all = new ArrayList<>();
        String ok = call("{\"name\":\"a\"}");
        // 1. duplicate keys at any depth
        refuse(all, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"method\":\"tools/list\"}", "twice");
        refuse(all, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"\\u006dethod\":\"tools/list\"}", "twice");
        refuse(all, call("{\"name\":\"a\",\"name\":\"b\"}"), "twice");
        refuse(all, call("{\"name\":\"a\",\"n\\u0061me\":\"b\"}"), "twice");
        refuse(all, call("{\"name\":\"a\",\"arguments\":{\"x\":[{\"y\":1,\"y\":2}]}}"), "twice");
        refuse(all, call("{\"name\":\"a\",\"arguments\":{\"é\":1,\"\\u00e9\":2}}"), "twice");
        // keys that differ only in case, in the envelope and in params
        refuse(all, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"Method\":\"tools/list\"}", "case");
        refuse(all, "{\"jsonrpc\":\"2.0\",\"id\":1,\"METHOD\":\"tools/list\"}", "case");
        refuse(all, "{\"jsonrpc\":\"2.0\",\"ID\":1,\"method\":\"ping\"}", "case");
        refuse(all, call("{\"name\":\"a\",\"Name\":\"b\"}"), "case");
        refuse(all, call("{\"Name\":\"a\"}"), "case");
        refuse(all, call("{\"name\":\"a\",\"Arguments\":{}}"), "case");
        refuse(all, call("{\"name\":\"a\",\"x\":1,\"X\":2}"), "case");
        refuse(all, call("{\"name\":\"a\",\"_meta\":{\"x\":1,\"X\":2}}"), "case");
        refuse(
                all,
                call("{\"ref\":{\"type\":\"ref/prompt\",\"name\":\"a\",\"Name\":\"b\"}}")
                        .replace("tools/call", "completion/complete"),
                "case");
        // Go folds the long s and the Kelvin sign
        refuse(
                all,
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"param\u017f\":{\"name\":\"a\"}}",
                "case");
        refuse(all, call("{\"name\":\"a\",\"ta\u017fk\":{}}"), "case");
        refuse(all, call("{\"name\":\"a\",\"tas\u212a\":{}}"), "case");
        // what JavaScript may take for the prototype, from which members are inherited
        refuse(all, call("{\"name\":\"a\",\"__proto__\":{\"arguments\":{\"x\":1}}}"), "__proto__");
        refuse(all, call("{\"name\":\"a\",\"_meta\":{\"\\u005f_proto__\":{\"x\":1}}}"), "__proto__");
        refuse(all, call("{\"name\":\"a\",\"arguments\":{\"x\":[{\"__proto__\":{\"y\":1}}]}}"), "__proto__");
        // NUL in keys
        refuse(all, call("{\"name\":\"a\",\"name\\u0000\":\"b\"}"), "NUL");
        refuse(all, call("{\"name\":\"a\",\"arguments\":{\"x\\u0000\":1}}"), "NUL");
        refuse(all, call("{\"name\":\"a\",\"arguments\":{\"x\u0000\":1}}"), "control character");
        // lone surrogates
        refuse(all, call("{\"name\":\"\\ud800\"}"), "surrogate");
        refuse(all, call("{\"name\":\"\\udc00\"}"), "surrogate");
        refuse(all, call("{\"name\":\"\\ud800\\ud800\"}"), "surrogate");
        refuse(all, call("{\"name\":\"\\ud800x\"}"), "surrogate");
        refuse(all, call("{\"name\":\"a\",\"arguments\":{\"\\udead\":1}}"), "surrogate");
        // invalid UTF-8: cut, overlong, a raw surrogate, beyond Unicode, a lone continuation
        for (String bytes : new String[] {
            "\u00c3",
            "\u00c0\u00ae",
            "\u00e0\u0080\u00ae",
            "\u00f0\u0080\u0080\u00ae",
            "\u00ed\u00a0\u0080",
            "\u00f4\u0090\u0080\u0080",
            "\u0080",
            "\u00ff"
        }) {
            all.add(Arguments.of(call("{\"name\":\"" + bytes + "\"}").getBytes(ISO_8859_1), "UTF-8"));
        }
        // non-finite numbers
        refuse(all, call("{\"name\":\"a\",\"arguments\":{\"x\":NaN}}"), "value");
        refuse(all, call("{\"name\":\"a\",\"arguments\":{\"x\":Infinity}}"), "value");
        refuse(all, call("{\"name\":\"a\",\"arguments\":{\"x\":-Infinity}}"), "digit");
        refuse(all, call("{\"name\":\"a\",\"arguments\":{\"x\":1e400}}"), "too large");
        refuse(all, call("{\"name\":\"a\",\"arguments\":{\"x\":1E+0000309}}"), "too large");
        refuse(all, call("{\"name\":\"a\",\"arguments\":{\"x\":" + "9".repeat(310) + "}}"), "too large");
        refuse(all, call("{\"name\":\"a\",\"arguments\":{\"x\":" + "9".repeat(211) + "e99}}"), "too large");
        refuse(all, call("{\"name\":\"a\",\"arguments\":{\"x\":" + "9".repeat(5000) + "}}"), "characters");
        // batches
        refuse(all, "[]", "batch");
        refuse(all, "[" + ok + "]", "batch");
        refuse(all, " \n[" + ok + "," + ok + "]", "batch");
        // a second document
        refuse(all, ok + ok, "follows");
        refuse(all, ok + "\n" + ok, "follows");
        refuse(all, ok + "\u0000", "follows");
        refuse(all, ok + "]", "follows");
        // byte order mark, UTF-16
        refuse(all, "\ufeff" + ok, "byte order mark");
        all.add(Arguments.of(ok.getBytes(UTF_16LE), "key in quotes"));
        all.add(Arguments.of(("\ufeff" + ok).getBytes(UTF_16LE), "UTF-8"));
        all.add(Arguments.of(ok.getBytes(UTF_16BE), "UTF-8"));
        all.add(Arguments.of(("\ufeff" + ok).getBytes(UTF_16BE), "UTF-8"));
        all.add(Arguments.of(ok.getBytes(Charset.forName("UTF-32BE")), "UTF-8"));
        // nesting
        refuse(all, call("{\"name\":\"a\",\"arguments\":{\"x\":" + "[".repeat(100) + "]".repeat(100) + "}}"), "nest");
        refuse(
                all,
                call("{\"name\":\"a\",\"arguments\":" + "{\"x\":".repeat(100) + "1" + "}".repeat(100) + "}"),
                "nest");
        refuse(all, "{\"a\":".repeat(100_000), "no such key");
        // 2. ids
        refuse(all, ok.replace(":1,", ":null,"), "null");
        refuse(all, ok.replace(":1,", ":1.5,"), "neither");
        refuse(all, ok.replace(":1,", ":1.0,"), "neither");
        refuse(all, ok.replace(":1,", ":1e2,"), "neither");
        refuse(all, ok.replace(":1,", ":9007199254740993,"), "2^53");
        refuse(all, ok.replace(":1,", ":-9007199254740993,"), "2^53");
        refuse(all, ok.replace(":1,", ":123456789012345678901234567890,"), "2^53");
        refuse(all, ok.replace(":1,", ":-0,"), "2^53");
        refuse(all, ok.replace(":1,", ":true,"), "neither");
        refuse(all, ok.replace(":1,", ":[1],"), "neither");
        refuse(all, ok.replace(":1,", ":\"" + "x".repeat(300) + "\","), "longer");
        refuse(all, ok.replace("\"id\":1,", ""), "needs an id");
        // what is no message
        refuse(all, "", "empty");
        refuse(all, "  ", "empty");
        refuse(all, "null", "object");
        refuse(all, "\"x\"", "object");
        refuse(all, "{}", "2.0");
        refuse(all, "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}", "2.0");
        refuse(all, "{\"jsonrpc\":\"2.0\",\"id\":1}", "neither a request");
        refuse(all, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"result\":{}}", "at once");
        refuse(all, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{},\"error\":{}}", "neither a request");
        refuse(all, "{\"jsonrpc\":\"2.0\",\"result\":{}}", "needs the id");
        refuse(all, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"extra\":1}", "no such key");
        refuse(all, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":5}", "method");
        refuse(all, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"notifications/initialized\"}", "no id");
        refuse(all, call("[\"a\"]"), "params");
        refuse(all, call("{}"), "name");
        refuse(all, call("{\"name\":5}"), "name");
        refuse(all, call("{\"name\":\"a\",\"arguments\":[]}"), "arguments");
        refuse(all, call("{\"name\":\"" + "x".repeat(10_000) + "\"}"), "longer");
        // grammar
        refuse(all, ok.substring(0, ok.length() - 1), "middle");
        refuse(all, call("{\"name\":\"a\",}"), "quotes");
        refuse(all, call("{\"name\":\"a\" \"b\":1}"), "comma");
        refuse(all, call("{\"name\":\"a\",\"x\":01}"), "comma");
        refuse(all, call("{\"name\":\"a\",\"x\":.5}"), "value");
        refuse(all, call("{\"name\":\"a\",\"x\":1.}"), "digit");
        refuse(all, call("{\"name\":\"a\",\"x\":+1}"), "value");
        refuse(all, call("{\"name\":\"a\",\"x\":'b'}"), "value");
        refuse(all, call("{name:\"a\"}"), "quotes");
        refuse(all, call("{\"name\":\"a\\x41\"}"), "escape");
        refuse(all, call("{\"name\":\"a\nb\"}"), "control");
        refuse(all, call("{\"name\":\"a\"/**/}"), "comma");
        return all;
    }

    private static void refuse(List<Arguments> all, String body, String word) {
        all.add(Arguments.of(body.getBytes(UTF_8), word));
    }

    @ParameterizedTest
    @MethodSource("hostile")
    void whatTwoParsersMightReadDifferentlyIsRefusedWithASentence(byte[] body, String word) {
        assertThat(read(body))
                .isInstanceOfSatisfying(
                        McpMessage.Malformed.class,
                        malformed -> assertThat(malformed.sentence()).contains(word));
    }

    @Test
    void aCallIsReadWithEscapesDecoded() {
        String body =
                "{ \"\\u006dethod\" : \"tools\\/call\",\"params\":{\"arguments\":{\"a\":{\"b\":[1,2.5e3,true,null]}},"
                        + "\"n\\u0061me\":\"\\u0065cho \\ud83d\\ude00\"},\"id\":-7,\"jsonrpc\":\"2.0\"}\r\n";

        McpMessage message = read(body);

        assertThat(message).isInstanceOfSatisfying(McpMessage.Request.class, request -> {
            assertThat(request.method()).isEqualTo("tools/call");
            assertThat(request.known()).contains(McpMethod.TOOLS_CALL);
            assertThat(request.id()).isEqualTo(new RequestId("-7", false, "-7"));
            assertThat(request.params().targets()).containsExactly(new Target(GuardedKind.TOOL, "echo \ud83d\ude00"));
            String arguments = body.substring(
                    request.params().arguments().start(),
                    request.params().arguments().end());
            assertThat(arguments).isEqualTo("{\"a\":{\"b\":[1,2.5e3,true,null]}}");
        });
    }

    @Test
    void idsOfTheSameTypeAndValueAreEqualAndEchoedAsTheyCame() {
        McpMessage.Request plain = (McpMessage.Request) read("{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"ping\"}");
        McpMessage.Request escaped =
                (McpMessage.Request) read("{\"jsonrpc\":\"2.0\",\"id\":\"\\u0061\",\"method\":\"ping\"}");
        McpMessage.Request number = (McpMessage.Request) read("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}");
        McpMessage.Request digits = (McpMessage.Request) read("{\"jsonrpc\":\"2.0\",\"id\":\"1\",\"method\":\"ping\"}");

        assertThat(escaped.id()).isEqualTo(plain.id());
        assertThat(escaped.id().json()).isEqualTo("\"\\u0061\"");
        assertThat(number.id()).isNotEqualTo(digits.id());
    }

    @ParameterizedTest
    @ValueSource(strings = {"9007199254740992", "-9007199254740992", "0", "\"\""})
    void theLargestAndSmallestIdsAreRead(String id) {
        assertThat(read("{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"method\":\"ping\"}"))
                .isInstanceOf(McpMessage.Request.class);
    }

    @Test
    void namesUrisAndReferencesAreFoundWhereTheMethodHasThem() {
        assertThat(targets("prompts/get", "{\"name\":\"p\"}")).containsExactly(new Target(GuardedKind.PROMPT, "p"));
        assertThat(targets("resources/read", "{\"uri\":\"a:b\"}"))
                .containsExactly(new Target(GuardedKind.RESOURCE, "a:b"));
        assertThat(targets("completion/complete", "{\"ref\":{\"type\":\"ref/prompt\",\"name\":\"p\"}}"))
                .containsExactly(new Target(GuardedKind.PROMPT, "p"));
        assertThat(targets("completion/complete", "{\"ref\":{\"type\":\"ref/resource\",\"uri\":\"a:{b}\"}}"))
                .containsExactly(new Target(GuardedKind.RESOURCE, "a:{b}"));
        assertThat(
                        targets(
                                "subscriptions/listen",
                                "{\"notifications\":{\"resourceSubscriptions\":[ \"a:\\\"1\", \"a:2\"],\"toolsListChanged\":true}}"))
                .containsExactly(new Target(GuardedKind.RESOURCE, "a:\"1"), new Target(GuardedKind.RESOURCE, "a:2"));
    }

    private List<Target> targets(String method, String params) {
        McpMessage message =
                read("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" + method + "\",\"params\":" + params + "}");
        assertThat(message).isInstanceOf(McpMessage.Request.class);
        return ((McpMessage.Request) message).params().targets();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"notifications\":{\"resourceSubscriptions\":[1]}}",
                "{\"notifications\":{\"resourceSubscriptions\":\"a:b\"}}",
                "{\"notifications\":{\"taskIds\":[{\"a\":\"t\"}]}}",
                "{\"notifications\":[]}",
                "{}"
            })
    void aSubscriptionThatCannotBeDecidedOnIsRefused(String params) {
        assertThat(read("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"subscriptions/listen\",\"params\":" + params + "}"))
                .isInstanceOf(McpMessage.Malformed.class);
    }

    @Test
    void aMalformedRequestKeepsItsIdWhereThatMuchWasRead() {
        assertThat(read(call("{}")))
                .isInstanceOfSatisfying(
                        McpMessage.Malformed.class,
                        malformed -> assertThat(malformed.id()).contains(new RequestId("1", false, "1")));
    }

    @Test
    void answersAreRead() {
        assertThat(read("{\"jsonrpc\":\"2.0\",\"id\":3,\"result\":{}}"))
                .isEqualTo(new McpMessage.Response(new RequestId("3", false, "3"), false));
        assertThat(read("{\"jsonrpc\":\"2.0\",\"id\":\"x\",\"error\":{\"code\":1}}"))
                .isInstanceOfSatisfying(
                        McpMessage.Response.class, r -> assertThat(r.error()).isTrue());
    }

    /** The last: a trace decides nothing, so that a key in other case is somebody's own, beside the members that do decide. */
    @Test
    void aTraceIsNotedInMetaAndRefusesNothing() {
        assertThat(trace("{\"traceparent\":\"00-ab-cd-01\"}")).isEqualTo("00-ab-cd-01");
        assertThat(trace("{\"x\":\"" + "y".repeat(40_000) + "\",\"tracep\\u0061rent\":\"\\u0030\"}"))
                .isEqualTo("0");
        for (String none : List.of(
                "{}",
                "7",
                "{\"traceparent\":7}",
                "{\"traceparent\":\"" + "x".repeat(300) + "\"}",
                "{\"traceparent\":{\"traceparent\":\"x\"}}",
                "{\"inside\":{\"traceparent\":\"x\"}}",
                "{\"traceParent\":\"x\"}")) {
            assertThat(trace(none)).as(none).isEmpty();
        }
        assertThat(
                        read(
                                call(
                                        "{\"name\":\"a\",\"_meta\":{\"traceparent\":\"x\",\"io.modelcontextprotocol/PROTOCOLVersion\":\"1\"}}")))
                .isInstanceOf(McpMessage.Malformed.class);
    }

    private String trace(String meta) {
        McpMessage message = read(call("{\"name\":\"a\",\"_meta\":" + meta + "}"));
        assertThat(message).as(meta).isInstanceOf(McpMessage.Request.class);
        return ((McpMessage.Request) message).params().traceparent();
    }

    @Test
    void argumentsMayHoldWhatTheEnvelopeMayNot() {
        assertThat(read(call("{\"name\":\"a\",\"arguments\":{\"x\":1,\"X\":2,\"name\":3,\"Name\":4}}")))
                .isInstanceOf(McpMessage.Request.class);
    }

    @Test
    void manyKeysInManyObjectsAreReadAndTooManyOpenOnesAreNot() {
        StringBuilder list = new StringBuilder("[");
        for (int i = 0; i < 40_000; i++) {
            list.append(i == 0 ? "" : ",").append("{\"a\":1,\"b\":2}");
        }
        assertThat(read(call("{\"name\":\"a\",\"arguments\":{\"x\":" + list + "]}}")))
                .isInstanceOf(McpMessage.Request.class);
        StringBuilder wide = new StringBuilder("{\"k\":1");
        for (int i = 0; i < StrictJson.MOST_OPEN_KEYS; i++) {
            wide.append(",\"k").append(i).append("\":1");
        }
        assertThat(read(call("{\"name\":\"a\",\"arguments\":" + wide + "}}")))
                .isInstanceOfSatisfying(
                        McpMessage.Malformed.class,
                        malformed -> assertThat(malformed.sentence()).contains("more than"));
    }
}
