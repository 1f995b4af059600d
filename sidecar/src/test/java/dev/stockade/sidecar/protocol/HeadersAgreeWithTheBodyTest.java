package dev.stockade.sidecar.protocol;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.sidecar.fixture.Tunnel;
import dev.stockade.sidecar.fixture.WireAnswer;
import dev.stockade.sidecar.fixture.WirePair;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Decisions rest on the body alone; the headers that repeat it must agree with it, since a server may go by them (2026-07-28
 * basic/transports/streamable-http, "Request Metadata").
 */
class HeadersAgreeWithTheBodyTest extends OverTheWire {
    private static final String META = "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"}";
    private static final String MODERN = call("1", "{\"name\":\"echo\",\"arguments\":{}," + META + "}");

    private static String encoded(String text) {
        return "=?base64?" + Base64.getEncoder().encodeToString(text.getBytes(UTF_8)) + "?=";
    }

    private void mismatched(String body, String... lines) {
        WireAnswer answer = refused(WirePair.post(body, lines), 400, "malformed");

        assertThat(json(answer.body()).at("/error/code").asInt()).isEqualTo(-32020);
        assertThat(json(answer.body()).at("/error/message").asText()).startsWith("Header mismatch: ");
    }

    private void agrees(String body, String... lines) {
        assertThat(pair.tunnelled(WirePair.post(body, lines)).status()).isEqualTo(200);
        assertThat(seenByTheServer()).containsExactly(body);
    }

    @Test
    void aModernRequestWhoseHeadersAllAgreePassesWithThem() {
        agrees(MODERN, "MCP-Protocol-Version: 2026-07-28", "Mcp-Method: tools/call", "Mcp-Name: echo");
        pair.tunnelled(WirePair.post(MODERN, "mcp-method:tools/call", "MCP-NAME: \t echo \t"));

        assertThat(pair.server().received().getFirst().fields("Mcp-Method")).hasSize(1);
        assertThat(pair.server().received().getFirst().fields("Mcp-Name")).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"tools/list", "Tools/call", "TOOLS/CALL", "tools/call,tools/list", "tools/call;x", "ping", ""})
    void aMethodThatIsNotTheBodysIsRefused(String method) {
        mismatched(MODERN, "Mcp-Method: " + method);
    }

    @ParameterizedTest
    @ValueSource(strings = {"2025-11-25", "2026-07-29", "2026-07-28,2025-11-25", "2026-07-28 x", ""})
    void aVersionThatIsNotTheBodysIsRefused(String version) {
        mismatched(MODERN, "MCP-Protocol-Version: " + version);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "get_issue",
                "Echo",
                "echo,echo",
                "\"echo\"",
                "",
                // not echo, or not in the one form that it has
                "=?base64?Z2V0X2lzc3Vl?=",
                "=?base64?ZWNobw?=",
                "=?base64?ZWNobw=?=",
                "=?base64?ZWNobx==?=",
                "=?base64?ZWNo bw==?=",
                "=?base64?ZWNo_w==?=",
                "=?base64?!!?=",
                "=?base64??=",
                "=?base64?=",
                "=?BASE64?ZWNobw==?=",
                "=?base64?ZWNobw==",
                "=?utf-8?B?ZWNobw==?=",
                "=?base64?ZWNobw==?= x",
                // echo twice encoded; invalid UTF-8
                "=?base64?PT9iYXNlNjQ/WldOb2J3PT0/PQ==?=",
                "=?base64?7aCA?=",
                "=?base64?gA==?="
            })
    void aNameThatIsNotTheBodysIsRefused(String name) {
        mismatched(MODERN, "Mcp-Name: " + name);
    }

    @Test
    void aNameInBase64AgreesWithTheBodysHoweverThatIsSpelled() {
        agrees(MODERN, "Mcp-Name: =?base64?ZWNobw==?=");
        String accented = call("1", "{\"name\":\"\\u00e9cho\"}");
        agrees(accented, "Mcp-Name: " + encoded("\u00e9cho"));
        agrees(WirePair.utf8(call("1", "{\"name\":\"\u00e9cho\"}")), "Mcp-Name: " + encoded("\u00e9cho"));
    }

    /** Two readers of a raw byte beyond ASCII see two names. */
    @Test
    void aNameThatIsNotAsciiMustBeInBase64() {
        mismatched(call("1", "{\"name\":\"\\u00e9cho\"}"), "Mcp-Name: \u00e9cho");
        mismatched(call("1", "{\"name\":\"\\u00e9cho\"}"), "Mcp-Name: " + WirePair.utf8("\u00e9cho"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "resources/read | {\"uri\":\"repo://acme/x\"} | repo://acme/x | repo://acme/y",
                "prompts/get | {\"name\":\"greet\"} | greet | other",
                "resources/subscribe | {\"uri\":\"repo://acme/x\"} | repo://acme/x | REPO://acme/x",
                "completion/complete | {\"ref\":{\"type\":\"ref/prompt\",\"name\":\"greet\"}} | greet | x",
            })
    void aNameIsComparedWithWhatTheMethodNames(String method, String params, String same, String other) {
        agrees(request(1, method, params), "Mcp-Name: " + same);
        mismatched(request(1, method, params), "Mcp-Name: " + other);
    }

    @Test
    void aNameWhereTheBodyHasNoneIsRefused() {
        mismatched(request(1, "tools/list", "{}"), "Mcp-Name: echo");
        mismatched(request(1, "ping", "{\"name\":\"echo\"}"), "Mcp-Name: echo");
        mismatched(notification("notifications/cancelled", "{}"), "Mcp-Name: echo");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Mcp-Method: tools/call", "Mcp-Name: echo", "Mcp-Param-X: 1"})
    void anAnswerThatIsDressedAsARequestIsRefused(String line) {
        mismatched("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", line);
    }

    /** Nothing is decided on headers: a denied tool behind the headers of a granted one is a mismatch, without them a denial. */
    @Test
    void withoutHeadersOrMetaARequestIsGuardedTheSame() {
        mismatched(call("1", "{\"name\":\"delete_repo\"}"), "Mcp-Method: tools/call", "Mcp-Name: echo");
        for (String body : new String[] {
            call("1", "{\"name\":\"delete_repo\"}"), call("1", "{\"name\":\"delete_repo\"," + META + "}")
        }) {
            WireAnswer plain = pair.tunnelled(WirePair.post(body));
            WireAnswer dressed = pair.tunnelled(WirePair.post(
                    body, "MCP-Protocol-Version: 2026-07-28", "Mcp-Method: tools/call", "Mcp-Name: delete_repo"));
            assertThat(json(plain.body()).at("/error/code").asInt()).isEqualTo(-31403);
            assertThat(json(dressed.body()).at("/error/code").asInt()).isEqualTo(-31403);
        }
        agrees(call("1", "{\"name\":\"echo\"}"));
    }

    // --- Mcp-Param-* ---

    private static final String ARGUMENTS = call(
            "1",
            "{\"arguments\":{\"region\":\"us-west1\",\"n\":42,\"big\":9007199254740991,\"on\":true,\"none\":null,"
                    + "\"list\":[\"in-a-list\",7],\"in\":{\"deep\":\"d\\u00e9ep\",\"pad\":\" padded \",\"neg\":-7.0},"
                    + "\"half\":2.5,\"exponent\":3e1,\"quoted\":\"=?base64?literal?=\",\"empty\":\"\"},\"name\":\"echo\"}");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "us-west1",
                "=?base64?dXMtd2VzdDE=?=",
                "42",
                "42.0",
                "9007199254740991",
                "true",
                "-7",
                "=?base64?ZMOpZXA=?=",
                "=?base64?IHBhZGRlZCA=?=",
                "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=",
                "=?base64??=",
                ""
            })
    void aHeaderThatRepeatsAnArgumentAgrees(String value) {
        agrees(ARGUMENTS, "Mcp-Param-X: " + value);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "us-east1",
                "US-WEST1",
                "43",
                "042",
                "4.2e1",
                "30",
                "9007199254740990",
                "false",
                "True",
                "null",
                "2.5",
                "in-a-list",
                "7",
                "region",
                "echo",
                "=?base64?literal?=",
                "=?base64?dXMtd2VzdDF=?=",
                "=?base64?dXMtd2VzdDE?=",
                "us-west1\u00e9"
            })
    void aHeaderThatRepeatsNoArgumentIsRefused(String value) {
        mismatched(ARGUMENTS, "Mcp-Param-Region: " + value);
    }

    @Test
    void eachOfSeveralMustAgree() {
        agrees(ARGUMENTS, "Mcp-Param-Region: us-west1", "mcp-param-n: 42");
        mismatched(ARGUMENTS, "Mcp-Param-Region: us-west1", "mcp-param-n: 41");
        mismatched(ARGUMENTS, "Mcp-Param-Region: us-west1", "mcp-param-region: us-west1");
        mismatched(call("1", "{\"name\":\"echo\"}"), "Mcp-Param-Region: us-west1");
        mismatched(call("1", "{\"name\":\"echo\",\"arguments\":{ } }"), "Mcp-Param-Region: us-west1");
        mismatched(request(1, "tools/list", "{}"), "Mcp-Param-Region: us-west1");
    }

    @Test
    void moreThanAnyToolHasAreRefused() {
        String[] lines = new String[100];
        for (int i = 0; i < lines.length; i++) {
            lines[i] = "Mcp-Param-" + i + ": us-west1";
        }
        mismatched(ARGUMENTS, lines);
    }

    @Test
    void theyGoOnToTheServerAsTheyCame() throws Exception {
        pair.programmed(pair.localPost(ARGUMENTS, "Mcp-Param-Region: us-west1"));

        assertThat(pair.server().received().getFirst().fields("Mcp-Param-Region"))
                .containsExactly("Mcp-Param-Region: us-west1");
    }

    @Test
    void modernRequestsNeedNoSessionAndGetNone() {
        try (Tunnel tunnel = pair.tunnel()) {
            tunnel.send(WirePair.post(MODERN, "MCP-Protocol-Version: 2026-07-28", "Mcp-Method: tools/call"));
            WireAnswer answer = tunnel.answer();
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.fields("Mcp-Session-Id")).isEmpty();
        }
    }
}
