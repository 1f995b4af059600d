package dev.stockade.sidecar;

import static dev.stockade.sidecar.fixture.Mesh.endpoint;
import static dev.stockade.sidecar.fixture.Mesh.github;
import static dev.stockade.sidecar.fixture.Mesh.githubAt;
import static dev.stockade.sidecar.fixture.Mesh.triage;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.stockade.sidecar.fixture.McpLikeServer;
import dev.stockade.sidecar.fixture.Mesh;
import dev.stockade.sidecar.fixture.TwoPods;
import dev.stockade.wire.control.v1.ServerTarget;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The local endpoint, byte by byte: whom it serves, what it lists, and what it says to whoever asks for something else. */
class LocalEndpointTest {
    private static final String END = "Connection: close\r\nContent-Length: 2\r\n\r\nhi";

    private static final String EVIL = "Origin: https://evil.example\r\n";

    private TwoPods pods;
    private Mesh mesh;
    private McpLikeServer application;
    private Mesh.Pod agent;

    @BeforeEach
    void twoPods(@TempDir Path dir) {
        pods = new TwoPods(dir);
        mesh = pods.mesh();
        application = pods.application();
        agent = pods.agent();
    }

    @AfterEach
    void close() {
        pods.close();
    }

    /** @param bytes with P for the port */
    private String raw(String bytes) throws IOException {
        try (Socket socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), agent.localPort())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream()
                    .write(bytes.replace("{P}", Integer.toString(agent.localPort()))
                            .getBytes(UTF_8));
            return new String(socket.getInputStream().readAllBytes(), UTF_8);
        }
    }

    @Test
    void whatAWebPageOrARebindingNameWouldSendNeverLeavesThePodAndIsRecorded() throws IOException {
        List<String> heads = List.of(
                "POST /tools/github HTTP/1.1\r\nHost: evil.example:{P}\r\n",
                "POST /tools/github HTTP/1.1\r\n",
                "POST /tools/github HTTP/1.1\r\nHost: 127.0.0.1:{P}\r\nHost: evil.example\r\n",
                "POST /tools/github HTTP/1.1\r\nHost: 127.0.0.1:{P}\r\nHost: 127.0.0.1:{P}\r\n",
                "POST /tools/github HTTP/1.1\r\nHost: 127.0.0.1:{P}\r\nOrigin: https://evil.example\r\n",
                "POST /tools/github HTTP/1.1\r\nHost: 127.0.0.1:{P}\r\nOrigin: null\r\n",
                "POST /tools/github HTTP/1.1\r\nHost: 127.0.0.1:{P}\r\nOrigin: http://127.0.0.1:{P}\r\n" + EVIL,
                "GET /tools/github HTTP/1.1\r\nHost: 127.0.0.1:{P}\r\nSec-Fetch-Site: cross-site\r\n",
                "GET /mcp.json HTTP/1.1\r\nHost: evil.example:{P}\r\n",
                "OPTIONS /tools/github HTTP/1.1\r\nHost: 127.0.0.1:{P}\r\nAccess-Control-Request-Method: POST\r\n"
                        + EVIL,
                "POST /tools/github HTTP/1.0\r\nHost: 127.0.0.1:{P}\r\n");
        for (String head : heads) {
            String answer = raw(head + END);

            assertThat(answer)
                    .as(head)
                    .startsWith("HTTP/1.1 403 ")
                    .contains("\"reason\":\"malformed\"", "\"auditId\":\"")
                    .doesNotContainIgnoringCase("Access-Control-Allow");
            String auditId = answer.replaceAll("(?s).*\"auditId\":\"([^\"]*)\".*", "$1");
            await().untilAsserted(() -> assertThat(agent.audited()
                            .lines()
                            .filter(line -> line.contains(auditId))
                            .toList())
                    .as(head)
                    .singleElement()
                    .asString()
                    .contains("\"reason\":\"malformed\"", "\"agent\":\"" + Mesh.TRIAGE.uri() + "\""));
        }
        assertThat(application.heads()).isEmpty();
    }

    @Test
    void whatIsNoHttpIsRefusedAndRecorded() throws IOException {
        for (String bytes : List.of(
                "POST /tools/github\r\n\r\n",
                "GARBAGE\r\n\r\n",
                "POST /tools/github HTTP/1.1\r\nHost : 127.0.0.1:{P}\r\n\r\n")) {
            assertThat(raw(bytes)).as(bytes).startsWith("HTTP/1.1 4").contains("\"reason\":\"malformed\"", "auditId");
        }
        await().untilAsserted(() -> assertThat(
                        agent.audited().lines().filter(line -> line.contains("\"reason\":\"malformed\"")))
                .hasSize(3));
        assertThat(application.heads()).isEmpty();
    }

    @Test
    void anotherTargetThanAnExactPathLeadsNowhere() throws IOException {
        for (String target : List.of(
                "http://127.0.0.1:{P}/tools/github",
                "http://evil.example/tools/github",
                "//tools/github",
                "/tools/github/",
                "/tools/github#x",
                "/tools/./github",
                "/tools%2fgithub",
                "*")) {
            assertThat(raw("POST " + target + " HTTP/1.1\r\nHost: 127.0.0.1:{P}\r\n" + END))
                    .as(target)
                    .startsWith("HTTP/1.1 404 ")
                    .contains("Granted to this agent are exactly these: /tools/github.");
        }
        assertThat(application.heads()).isEmpty();
    }

    @Test
    void theAgentsOwnProgramIsServed() throws IOException {
        for (String head : List.of(
                "Host: 127.0.0.1:{P}\r\n",
                "Host: LOCALHOST:{P}\r\nOrigin: http://localhost:{P}\r\n",
                "Host: localhost:{P}\r\nSec-Fetch-Site: none\r\nSec-Fetch-Mode: cors\r\n")) {
            assertThat(raw("POST /tools/github HTTP/1.1\r\n" + head + END))
                    .as(head)
                    .startsWith("HTTP/1.1 200 ")
                    .endsWith("github:hi");
        }
    }

    @Test
    void theListFollowsWhatIsWilledAndGranted() {
        // Given a server that is willed and not granted
        ServerTarget.Builder willed =
                githubAt(endpoint("server-1", TwoPods.SERVER_ADDRESS)).setGranted(false);
        mesh.tell("agent-1", "agent-v2", s -> s.setAgent(triage(willed)));
        assertThat(listing()).isEqualTo("{\"mcpServers\":{}}");

        // When it is granted, Then it is listed
        mesh.tell("agent-1", "agent-v3", s -> s.setAgent(triage(willed.clone().setGranted(true))));
        assertThat(listing())
                .isEqualTo("{\"mcpServers\":{\"tools-github\":{\"type\":\"http\",\"url\":\"http://127.0.0.1:"
                        + agent.localPort() + "/tools/github\"}}}");

        // When the grant goes, or the agent's owner takes it no more, Then it is gone
        mesh.tell("agent-1", "agent-v4", s -> s.setAgent(triage(willed)));
        assertThat(listing()).isEqualTo("{\"mcpServers\":{}}");
        mesh.tell("agent-1", "agent-v5", s -> s.setAgent(triage()));
        assertThat(listing()).isEqualTo("{\"mcpServers\":{}}");
    }

    private String listing() {
        return mesh.get(agent.localPort(), "/mcp.json").body();
    }

    @Test
    void aServerThatIsNotGrantedIsAnsweredWithThoseThatAre() {
        // Given that tools/github grants nothing any more, and tools/other does
        mesh.tell("server-1", "server-v2", s -> s.setServer(github()));
        mesh.tell(
                "agent-1",
                "agent-v2",
                s -> s.setAgent(triage(
                        githubAt(endpoint("server-1", TwoPods.SERVER_ADDRESS)).setGranted(false),
                        githubAt(endpoint("server-9", "127.0.0.99"))
                                .setName("other")
                                .setSpiffeId("spiffe://test.local/ns/tools/mcp/other"))));

        HttpResponse<String> answer = mesh.call(agent, "/tools/github", "x");

        assertThat(answer.statusCode()).isEqualTo(403);
        assertThat(answer.body())
                .contains("\"reason\":\"no_grant\"", "Granted to this agent are exactly these: /tools/other.");
    }
}
