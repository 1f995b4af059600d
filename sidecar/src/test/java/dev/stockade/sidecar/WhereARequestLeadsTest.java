package dev.stockade.sidecar;

import static dev.stockade.sidecar.fixture.Mesh.endpoint;
import static dev.stockade.sidecar.fixture.Mesh.github;
import static dev.stockade.sidecar.fixture.Mesh.githubAt;
import static dev.stockade.sidecar.fixture.Mesh.triage;
import static dev.stockade.sidecar.fixture.Mesh.triageAt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.stockade.fixture.Ports;
import dev.stockade.sidecar.fixture.McpLikeServer;
import dev.stockade.sidecar.fixture.Mesh;
import dev.stockade.sidecar.fixture.TwoPods;
import dev.stockade.sidecar.state.AgentRules;
import dev.stockade.wire.control.v1.ServiceName;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which replica of which server a request of the agent's reaches, and what it is told where it reaches none. */
class WhereARequestLeadsTest {
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

    @Test
    void anUnknownPathNamesTheOnesThatExistAndIsRecordedHere() {
        for (String path : Set.of("/tools/github/", "/tools/github/mcp", "/tools/GitHub", "/tools/github?x=1", "/")) {
            HttpResponse<String> answer = mesh.call(agent, path, "x");
            assertThat(answer.statusCode()).as(path).isEqualTo(404);
            assertThat(answer.body()).contains("\"reason\":\"unknown_path\"", "/tools/github");
        }
        await().untilAsserted(() -> assertThat(agent.audited())
                .contains("\"reason\":\"unknown_path\"", "\"name\":\"/tools/github/mcp\"")
                .doesNotContain("x=1"));
    }

    @Test
    void webPagesAreRefused() {
        assertThat(mesh.call(agent, "/tools/github", "x", "Origin", "https://evil.example")
                        .statusCode())
                .isEqualTo(403);
        assertThat(mesh.call(agent, "/tools/github", "x", "Origin", "null").statusCode())
                .isEqualTo(403);
        assertThat(mesh.call(agent, "/tools/github", "x", "Origin", "http://127.0.0.1:" + agent.localPort())
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void mcpJsonListsWhatIsGranted() {
        HttpResponse<String> listing = mesh.get(agent.localPort(), "/mcp.json");

        assertThat(listing.body())
                .isEqualTo("{\"mcpServers\":{\"tools-github\":{\"type\":\"http\",\"url\":\"http://127.0.0.1:"
                        + agent.localPort() + "/tools/github\"}}}");
    }

    @Test
    void aSessionStaysOnItsReplicaAndNewWorkIsSpread() {
        McpLikeServer second = new McpLikeServer("second");
        mesh.operator().pod("server-2", Mesh.GITHUB);
        mesh.operator()
                .send(
                        "server-2",
                        mesh.operator()
                                .snapshot("server2-v1")
                                .setServer(github().addAgents(triageAt("agent-1")))
                                .build());
        Mesh.Pod other = mesh.start("server-2", "127.0.0.5", second.port());
        mesh.inForce("server-2", "server2-v1");
        mesh.ready(other);
        mesh.tell(
                "agent-1",
                "agent-v2",
                s -> s.setAgent(triage(githubAt(
                        endpoint("server-1", "127.0.0.2"),
                        endpoint("server-2", "127.0.0.5").setReady(true)))));

        Set<String> spread = new HashSet<>();
        for (int i = 0; i < 6; i++) {
            spread.add(mesh.call(agent, "/tools/github", "").body());
            assertThat(mesh.call(agent, "/tools/github", "", "Mcp-Session-Id", AgentRules.tagOf("server-2") + ".abc")
                            .body())
                    .isEqualTo("second:");
        }
        assertThat(spread).containsExactlyInAnyOrder("github:", "second:");

        HttpResponse<String> gone =
                mesh.call(agent, "/tools/github", "", "Mcp-Session-Id", AgentRules.tagOf("server-9") + ".abc");
        assertThat(gone.statusCode()).isEqualTo(404);
        assertThat(gone.body()).contains("\"reason\":\"unknown_session\"");
        second.close();
    }

    @Test
    void aReplicaThatCannotBeReachedIsPassedOver() {
        mesh.tell(
                "agent-1",
                "agent-v2",
                s -> s.setAgent(triage(githubAt(endpoint("server-1", "127.0.0.2"), endpoint("dead", "127.0.0.77")))));

        for (int i = 0; i < 4; i++) {
            assertThat(mesh.call(agent, "/tools/github", "x").body()).isEqualTo("github:x");
        }
    }

    @Test
    void aServerWithoutAReplicaIsUnreachable() {
        mesh.tell("agent-1", "agent-v2", s -> s.setAgent(triage(githubAt())));

        HttpResponse<String> answer = mesh.call(agent, "/tools/github", "x");

        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.body()).contains("\"reason\":\"unreachable\"", "has no replica that is ready.");
        await().untilAsserted(() -> assertThat(agent.audited()).contains("\"reason\":\"unreachable\"", "tools/github"));
    }

    @Test
    void aReplicaThatIsCalledNotReadyIsTriedWhereNoneIsReady() {
        // Given a Kubernetes that has lost sight of a server that serves
        mesh.tell(
                "agent-1",
                "agent-v2",
                s -> s.setAgent(
                        triage(githubAt(endpoint("server-1", "127.0.0.2").setReady(false)))));

        assertThat(mesh.call(agent, "/tools/github", "x").body()).isEqualTo("github:x");

        // And given one that is not there
        mesh.tell(
                "agent-1",
                "agent-v3",
                s -> s.setAgent(triage(githubAt(endpoint("dead", "127.0.0.77").setReady(false)))));

        HttpResponse<String> answer = mesh.call(agent, "/tools/github", "x");

        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.body()).contains("no replica that is ready, and those that are not cannot be reached");
    }

    @Test
    void aSessionWhoseReplicaIsBeingTakenAwayAndCannotBeReachedIsGone() {
        String session = AgentRules.tagOf("dead") + ".abc";

        // Given a replica that may come back: the session may live
        mesh.tell("agent-1", "agent-v2", s -> s.setAgent(triage(githubAt(endpoint("dead", "127.0.0.77")))));
        assertThat(mesh.call(agent, "/tools/github", "", "Mcp-Session-Id", session)
                        .statusCode())
                .isEqualTo(503);

        // When it is being taken away
        mesh.tell(
                "agent-1",
                "agent-v3",
                s -> s.setAgent(triage(
                        githubAt(endpoint("dead", "127.0.0.77").setReady(false).setTerminating(true)))));

        // Then its client is told to begin anew
        HttpResponse<String> answer = mesh.call(agent, "/tools/github", "", "Mcp-Session-Id", session);
        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.body()).contains("\"reason\":\"unknown_session\"", "Start a new one");
    }

    @Test
    void anotherIdentityThanTheServersIsNotBelieved() {
        // Given that the address of tools/github is held by a pod with another server's certificate
        mesh.tell(
                "agent-1",
                "agent-v2",
                s -> s.setAgent(triage(githubAt(endpoint("server-1", "127.0.0.2"))
                        .setName("other")
                        .setSpiffeId("spiffe://test.local/ns/tools/mcp/other"))));

        HttpResponse<String> answer = mesh.call(agent, "/tools/other", "x");

        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(application.heads()).isEmpty();
    }

    @Test
    void anotherPortThanTheServersIsNotConnectedTo() {
        mesh.tell(
                "agent-1",
                "agent-v2",
                s -> s.setAgent(
                        triage(githubAt(endpoint("server-1", "127.0.0.2")).setPort(application.port()))));

        HttpResponse<String> answer = mesh.call(agent, "/tools/github", "x");

        assertThat(answer.statusCode()).isEqualTo(502);
        assertThat(answer.body()).contains("answered 400 to CONNECT");
        assertThat(application.heads()).isEmpty();
    }

    @Test
    void aServiceNameLeadsToTheServerAtItsOwnPath() throws Exception {
        int port = Ports.next();
        mesh.operator().pod("agent-3", Mesh.TRIAGE);
        mesh.operator()
                .send(
                        "server-1",
                        mesh.operator()
                                .snapshot("server-v2")
                                .setServer(github().addAgents(triageAt("agent-1", "agent-3")))
                                .build());
        mesh.operator()
                .send(
                        "agent-3",
                        mesh.operator()
                                .snapshot("agent3-v1")
                                .setAgent(triage(githubAt(endpoint("server-1", "127.0.0.2"))
                                        .addServices(ServiceName.newBuilder()
                                                .setNamespace("tools")
                                                .setName("github-svc")
                                                .setPort(port))))
                                .build());
        Mesh.Pod capturing = mesh.start(
                "agent-3",
                "127.0.0.6",
                1,
                Map.of("STOCKADE_CAPTURE", "{\"tools/github-svc:" + port + "\":\"127.80.1.2\"}"));
        mesh.inForce("agent-3", "agent3-v1");
        mesh.ready(capturing);

        String right = plainRequest("127.80.1.2", port, "POST /mcp", "github-svc.tools:" + port);
        String wrongPath = plainRequest("127.80.1.2", port, "POST /other", "github-svc.tools:" + port);
        String wrongHost = plainRequest("127.80.1.2", port, "POST /mcp", "evil.example:" + port);

        assertThat(right).startsWith("HTTP/1.1 200").endsWith("github:hi");
        assertThat(wrongPath).startsWith("HTTP/1.1 404").contains("/mcp alone");
        assertThat(wrongHost).startsWith("HTTP/1.1 403");
    }

    private static String plainRequest(String address, int port, String start, String host) throws IOException {
        try (java.net.Socket socket = new java.net.Socket(java.net.InetAddress.ofLiteral(address), port)) {
            socket.getOutputStream()
                    .write((start + " HTTP/1.1\r\nHost: " + host
                                    + "\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi")
                            .getBytes(StandardCharsets.US_ASCII));
            socket.setSoTimeout(1500);
            StringBuilder answer = new StringBuilder();
            try {
                for (int c = socket.getInputStream().read();
                        c >= 0;
                        c = socket.getInputStream().read()) {
                    answer.append((char) c);
                }
            } catch (java.net.SocketTimeoutException e) {
                // All that there is has come.
            }
            return answer.toString();
        }
    }
}
