package dev.stockade.sidecar.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.stockade.sidecar.fixture.Mesh;
import dev.stockade.sidecar.fixture.Tunnel;
import dev.stockade.sidecar.fixture.WireAnswer;
import dev.stockade.sidecar.fixture.WirePair;
import dev.stockade.sidecar.fixture.WireServer;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which headers are taken from an agent, which go on to the server, and which come back. */
class HeadersAtTheEdgeTest extends OverTheWire {
    private static final String PING = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}";

    private static final String TRACE_RECORDED = "\"traceId\":\"4bf92f3577b34da6a3ce929d0e0e4736\"";

    private WireServer.Received passed(String... lines) {
        assertThat(pair.tunnelled(WirePair.post(PING, lines)).status()).isEqualTo(200);
        return pair.server().received().getLast();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Mcp-Session-Id",
                "MCP-Protocol-Version",
                "Mcp-Method",
                "Mcp-Name",
                "Last-Event-ID",
                "Content-Type",
                "Host",
                "Authorization"
            })
    void aHeaderThatTwoReadersMightTakeFromDifferentLinesIsRefusedWhenItStandsTwice(String name) {
        refused(WirePair.post(PING, name + ": a", name.toLowerCase(Locale.ROOT) + ": a"), 400, "malformed");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Stockade-Agent",
                "stockade-agent",
                "Stockade_Agent",
                "STOCKADE-Reason",
                "X-Stockade-Anything",
                "Origin",
                "Forwarded",
                "Via",
                "X-Forwarded-For",
                "X-Forwarded-Host",
                "X-Forwarded-Proto",
                "X-Forwarded-User",
                "X-Forwarded-Client-Cert",
                "X_Forwarded_For",
                "X-Real-IP",
                "True-Client-IP",
                "X-Client-IP",
                "X-Remote-User",
                "X-Remote-Group",
                "X-Remote-Extra-Scopes",
                "Remote-User",
                "Remote-Groups",
                "Remote-Email",
                "Impersonate-User",
                "Impersonate-Group",
                "Impersonate-Extra-Scopes",
                "X-SSL-Client-CN",
                "SSL-Client-Cert",
                "X-Client-Cert",
                "X-Spiffe-Id",
                "X-Auth-Request-User",
                "X-Authenticated-User",
                "X-Envoy-Peer-Metadata",
                "X-Goog-Authenticated-User-Email",
                "X-Amzn-Oidc-Identity",
                "X-MS-Client-Principal-Name",
                "Cf-Access-Authenticated-User-Email",
                "Tailscale-User-Login",
                "l5d-client-id",
                "X-WebAuth-User",
                "Proxy-Authorization",
                "Proxy-Connection",
                "Keep-Alive",
                "TE",
                "Trailer",
                "Upgrade"
            })
    void whatAnAgentSaysAboutItselfDoesNotGoOn(String name) {
        WireServer.Received request = passed(name + ": spiffe://test.local/ns/agents/agent/root");

        assertThat(request.head()).doesNotContain("/root");
        assertThat(request.fields("Stockade-Agent")).containsExactly("stockade-agent: " + Mesh.TRIAGE.uri());
        assertThat(request.fields("Host")).containsExactly("host: localhost:3000");
    }

    @Test
    void whoAsksIsWhoseCertificateItIs() {
        try (Tunnel tunnel = pair.tunnelOfOther()) {
            tunnel.send(WirePair.post(PING, "Stockade-Agent: " + Mesh.TRIAGE.uri()));
            tunnel.answer();
        }

        assertThat(pair.server().received().getFirst().fields("Stockade-Agent"))
                .containsExactly("stockade-agent: " + WirePair.OTHER.uri());
    }

    /** RFC 9110 section 7.6.1: what Connection names belongs to this connection; what we write is not an agent's to remove. */
    @Test
    void connectionTakesAwayWhatItNamesAndNothingOfOurs() {
        WireServer.Received request = passed(
                "Connection: X-Hop, host , Stockade-Agent,content-length",
                "Connection: keep-alive, X-Other",
                "X-Hop: 1",
                "X-Other: 1",
                "X-Custom: 1");

        assertThat(request.fields("X-Hop")).isEmpty();
        assertThat(request.fields("X-Other")).isEmpty();
        assertThat(request.fields("Connection")).isEmpty();
        assertThat(request.fields("X-Custom")).containsExactly("X-Custom: 1");
        assertThat(request.fields("Stockade-Agent")).containsExactly("stockade-agent: " + Mesh.TRIAGE.uri());
        assertThat(request.fields("Host")).containsExactly("host: localhost:3000");
        assertThat(request.fields("Content-Length")).containsExactly("content-length: " + PING.length());
    }

    @Test
    void whatIsTheServersBusinessPasses() {
        WireServer.Received request =
                passed("Authorization: Bearer t", "Cookie: a=b", "MCP-Protocol-Version: 2025-11-25", "User-Agent: x");

        assertThat(request.fields("Authorization")).containsExactly("Authorization: Bearer t");
        assertThat(request.fields("Cookie")).containsExactly("Cookie: a=b");
        assertThat(request.fields("MCP-Protocol-Version")).containsExactly("MCP-Protocol-Version: 2025-11-25");
        assertThat(request.fields("Accept")).containsExactly("Accept: application/json, text/event-stream");
        assertThat(String.join("\n", pair.audited())).doesNotContain("Bearer");
    }

    @Test
    void aTracePassesBothWaysAndIsRecorded() {
        String parent = "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        String state = "tracestate: rojo=00f067aa0ba902b7,congo=t61rcWkgMzE";
        pair.server()
                .answers(WireServer.http(200, "application/json", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}")
                        .replace("\r\n\r\n", "\r\ntraceresponse: 00-x\r\ntracestate: back=1\r\n\r\n"));

        WireAnswer answer = pair.tunnelled(WirePair.post(PING, parent, state, "baggage: userId=alice"));

        WireServer.Received request = pair.server().received().getLast();
        assertThat(request.fields("traceparent")).containsExactly(parent);
        assertThat(request.fields("tracestate")).containsExactly(state);
        assertThat(request.fields("baggage")).containsExactly("baggage: userId=alice");
        assertThat(answer.fields("traceresponse")).containsExactly("00-x");
        assertThat(answer.fields("tracestate")).containsExactly("back=1");
        await("decision and outcome have the trace")
                .until(() -> pair.audited().stream()
                                .filter(line -> line.contains(TRACE_RECORDED))
                                .count()
                        == 2);
    }

    /** The server may understand more than we do; our log does not repeat it. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0z",
                "4bf92f3577b34da6a3ce929d0e0e4736",
                "\",\"injected\":\"allow"
            })
    void aMalformedTracePassesAndIsNotRecorded(String parent) {
        WireServer.Received request = passed("traceparent: " + parent);

        assertThat(request.fields("traceparent")).containsExactly("traceparent: " + parent);
        assertThat(String.join("\n", pair.audited()).replace(TRACE_RECORDED, ""))
                .isNotEmpty()
                .doesNotContain("traceId")
                .doesNotContain(parent);
    }

    @Test
    void noHeaderOfTheMeshsOwnComesBackFromAServer() {
        pair.server()
                .answers(String.join(
                        "\r\n",
                        "HTTP/1.1 200 OK",
                        "Content-Type: application/json",
                        "Stockade-Agent: x",
                        "Stockade-Reason: x",
                        "Connection: X-Hop",
                        "X-Hop: 1",
                        "Keep-Alive: timeout=5",
                        "Upgrade: h2c",
                        "X-Custom: 1",
                        "WWW-Authenticate: Bearer realm=x",
                        "Content-Length: 36",
                        "",
                        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}"));

        WireAnswer answer = pair.tunnelled(WirePair.post(PING));

        assertThat(answer.head())
                .doesNotContainIgnoringCase("stockade")
                .doesNotContainIgnoringCase("x-hop")
                .doesNotContainIgnoringCase("keep-alive")
                .doesNotContainIgnoringCase("upgrade");
        assertThat(answer.fields("X-Custom")).containsExactly("1");
        assertThat(answer.fields("WWW-Authenticate")).containsExactly("Bearer realm=x");
    }

    /** Only an answer that opens a session gives one out, under the name that the mesh has for it. */
    @ParameterizedTest
    @ValueSource(ints = {302, 400, 404, 500})
    void theServersOwnNameForASessionDoesNotComeBack(int status) {
        pair.server()
                .answers(WireServer.http(status, "application/json", "{}")
                        .replace("\r\n\r\n", "\r\nMcp-Session-Id: raw\r\n\r\n"));

        WireAnswer answer = pair.tunnelled(WirePair.post(PING));

        assertThat(answer.status()).isEqualTo(status);
        assertThat(answer.fields("Mcp-Session-Id")).isEmpty();
    }
}
