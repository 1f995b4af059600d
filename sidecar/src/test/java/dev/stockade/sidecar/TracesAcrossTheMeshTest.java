package dev.stockade.sidecar;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.stockade.sidecar.fixture.Mesh;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** W3C Trace Context through the agent's and the server's sidecar: as HTTP carries it, and as MCP does in {@code _meta}. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TracesAcrossTheMeshTest {
    private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
    private static final String OTHER = "4bf92f3577b34da6a3ce929d0e0e4736";

    private record Received(List<String> header, String body) {}

    private final BlockingQueue<Received> received = new LinkedBlockingQueue<>();
    private HttpServer application;
    private Mesh mesh;
    private Mesh.Pod server;
    private Mesh.Pod agent;

    @BeforeAll
    void twoPods(@TempDir Path dir) throws IOException {
        application = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        application.createContext("/", exchange -> {
            String body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
            List<String> header = exchange.getRequestHeaders().getOrDefault("traceparent", List.of());
            received.add(new Received(List.copyOf(header), body));
            byte[] answer = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[]}}".getBytes(UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        application.start();
        int port = application.getAddress().getPort();
        mesh = new Mesh(dir);
        mesh.operator().pod("server-1", Mesh.GITHUB).pod("agent-1", Mesh.TRIAGE);
        server = mesh.startServer("server-1", "127.0.0.2");
        agent = mesh.start("agent-1", "127.0.0.3", 1);
        mesh.tell("server-1", "server-v1", s -> s.setServer(Mesh.toolServer(port, "agent-1")));
        mesh.tell(
                "agent-1",
                "agent-v1",
                s -> s.setAgent(Mesh.triage(
                        Mesh.githubAt(Mesh.endpoint("server-1", "127.0.0.2")).setPort(port))));
        mesh.ready(server);
        mesh.ready(agent);
    }

    @AfterAll
    void close() {
        mesh.close();
        application.stop(0);
    }

    private static String echo(String meta) {
        return "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"echo\",\"arguments\":{},"
                + "\"_meta\":" + meta + "}}";
    }

    private static String parent(String trace) {
        return "00-" + trace + "-b7ad6b7169203331-01";
    }

    /** What the server was asked, and the two audit lines of that call. */
    private record Passed(Received request, List<String> lines) {}

    private Passed passed(String body, String... headers) throws InterruptedException {
        int before = server.audited().lines().toList().size();
        String[] all = new String[headers.length + 4];
        System.arraycopy(
                new String[] {"Content-Type", "application/json", "Accept", "application/json, text/event-stream"},
                0,
                all,
                0,
                4);
        System.arraycopy(headers, 0, all, 4, headers.length);

        assertThat(mesh.call(agent, "/tools/github", body, all).statusCode()).isEqualTo(200);

        await("decision and outcome are written")
                .until(() -> server.audited().lines().toList().size() >= before + 2);
        return new Passed(received.take(), server.audited().lines().skip(before).toList());
    }

    private static void recorded(Passed passed, String trace) {
        assertThat(passed.lines())
                .hasSize(2)
                .allSatisfy(line -> assertThat(line).contains("\"traceId\":\"" + trace + "\""));
    }

    @Test
    void theHeaderIsCarriedAndRecorded() throws InterruptedException {
        Passed passed = passed(echo("{}"), "traceparent", parent(TRACE));

        assertThat(passed.request().header()).containsExactly(parent(TRACE));
        recorded(passed, TRACE);
    }

    @Test
    void whatMetaSaysIsCarriedAndRecordedWhereThereIsNoHeader() throws InterruptedException {
        String body = echo("{\"traceparent\":\"" + parent(TRACE) + "\",\"tracestate\":\"a=b\",\"baggage\":\"c=d\"}");

        Passed passed = passed(body);

        assertThat(passed.request().body()).isEqualTo(body);
        assertThat(passed.request().header()).isEmpty();
        recorded(passed, TRACE);
    }

    @Test
    void theHeaderIsRecordedWhereBothAreThereAndBothAreCarried() throws InterruptedException {
        String body = echo("{\"traceparent\":\"" + parent(OTHER) + "\"}");

        Passed passed = passed(body, "traceparent", parent(TRACE));

        assertThat(passed.request().body()).isEqualTo(body);
        assertThat(passed.request().header()).containsExactly(parent(TRACE));
        recorded(passed, TRACE);
    }

    @Test
    void aMalformedHeaderHidesNothingOfMeta() throws InterruptedException {
        Passed passed = passed(echo("{\"traceparent\":\"" + parent(OTHER) + "\"}"), "traceparent", "00-zz");

        assertThat(passed.request().header()).containsExactly("00-zz");
        recorded(passed, OTHER);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"traceparent\":\"\"}",
                "{\"traceparent\":\"00-00000000000000000000000000000000-b7ad6b7169203331-01\"}",
                "{\"traceparent\":\"00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01\"}",
                "{\"traceparent\":\"\\\",\\\"decision\\\":\\\"allow\"}",
                "{\"traceparent\":7}",
                "{\"traceparent\":null}",
                "{\"traceparent\":{\"traceparent\":\"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\"}}",
                "{\"traceparent\":[\"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\"]}",
                "{\"traceParent\":\"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\"}",
            })
    void aMalformedValueBreaksNoCallAndIsNotRecorded(String meta) throws InterruptedException {
        Passed passed = passed(echo(meta));

        assertThat(passed.request().body()).isEqualTo(echo(meta));
        assertThat(passed.lines())
                .hasSize(2)
                .allSatisfy(line -> assertThat(line).doesNotContain("traceId").doesNotContain(TRACE));
    }

    @Test
    void aValueOfAnyLengthBreaksNoCall() throws InterruptedException {
        for (int length : new int[] {257, 20_000}) {
            String meta = "{\"traceparent\":\"" + parent(TRACE) + "-" + "x".repeat(length) + "\"}";

            Passed passed = passed(echo(meta));

            assertThat(passed.request().body()).isEqualTo(echo(meta));
            assertThat(passed.lines())
                    .hasSize(2)
                    .allSatisfy(line -> assertThat(line).doesNotContain("traceId"));
        }
    }
}
