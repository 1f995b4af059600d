package dev.stockade.sidecar;

import static dev.stockade.sidecar.fixture.Mesh.endpoint;
import static dev.stockade.sidecar.fixture.Mesh.github;
import static dev.stockade.sidecar.fixture.Mesh.githubAt;
import static dev.stockade.sidecar.fixture.Mesh.triage;
import static dev.stockade.sidecar.fixture.Mesh.triageAt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.stockade.sidecar.fixture.McpLikeServer;
import dev.stockade.sidecar.fixture.Mesh;
import dev.stockade.sidecar.state.AgentRules;
import dev.stockade.wire.control.v1.ServiceName;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpRequest;
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

/** Two pods, a real control server, real TLS: from the agent's HTTP request to the server on loopback and back. */
class AcrossTheMeshTest {
    @TempDir
    Path dir;

    private final McpLikeServer application = new McpLikeServer("github");
    private Mesh mesh;
    private Mesh.Pod server;
    private Mesh.Pod agent;

    @BeforeEach
    void twoPods() {
        mesh = new Mesh(dir);
        mesh.operator().pod("server-1", Mesh.GITHUB).pod("agent-1", Mesh.TRIAGE);
        mesh.operator()
                .send(
                        "server-1",
                        mesh.operator()
                                .snapshot("server-v1")
                                .setServer(github().addAgents(triageAt("agent-1")))
                                .build());
        mesh.operator()
                .send(
                        "agent-1",
                        mesh.operator()
                                .snapshot("agent-v1")
                                .setAgent(triage(githubAt(endpoint("server-1", "127.0.0.2"))))
                                .build());
        server = mesh.start("server-1", "127.0.0.2", application.port());
        agent = mesh.start("agent-1", "127.0.0.3", 1);
        inForce("server-1", "server-v1");
        inForce("agent-1", "agent-v1");
        ready(server);
        ready(agent);
    }

    @AfterEach
    void close() {
        mesh.close();
        application.close();
    }

    private void inForce(String uid, String version) {
        await().until(() -> mesh.operator().inForce(uid, version));
    }

    private void ready(Mesh.Pod pod) {
        await().untilAsserted(() ->
                assertThat(mesh.get(pod.healthPort(), "/healthz/ready").body()).isEqualTo("ok\n"));
    }

    @Test
    void aCallReachesTheServerAndItsAnswerComesBack() {
        HttpResponse<String> answer =
                mesh.call(agent, "/tools/github", "hello", "Authorization", "Bearer x", "Mcp-Session-Id", "plain");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("github:hello");
        assertThat(answer.headers().firstValue("Keep-Alive")).isEmpty();
        assertThat(application.heads().getFirst())
                .startsWith("POST /mcp ")
                .contains("Host=[github.tools]", "Authorization=[Bearer x]", "Mcp-session-id=[plain]");
    }

    @Test
    void largeBodiesStreamBothWays() {
        String large = "x".repeat(8 << 20);

        assertThat(mesh.call(agent, "/tools/github", large).body()).isEqualTo("github:" + large);
    }

    @Test
    void sequentialCallsShareOneConnectionAndOneStream() {
        for (int i = 0; i < 20; i++) {
            assertThat(mesh.call(agent, "/tools/github", "n" + i).body()).isEqualTo("github:n" + i);
        }

        String metrics = mesh.get(server.healthPort(), "/metrics").body();
        assertThat(metrics)
                .contains(
                        "stockade_sidecar_inbound_connections_post_quantum_total 1\n",
                        "stockade_sidecar_inbound_connections_total 1\n",
                        "stockade_sidecar_inbound_streams_total 1\n");
    }

    @Test
    void anEventStreamDeliversWhileItIsOpenAndEndsWhenTheAgentIsSuspended() throws Exception {
        try (InputStream events = eventStream()) {
            BufferedReader lines = new BufferedReader(new InputStreamReader(events, StandardCharsets.UTF_8));
            assertThat(lines.readLine()).isEqualTo("data: first");

            mesh.operator()
                    .send(
                            "server-1",
                            mesh.operator()
                                    .snapshot("server-v2")
                                    .setServer(github().addAgents(
                                                    triageAt("agent-1").setSuspended(true)))
                                    .build());
            inForce("server-1", "server-v2");

            assertThatThrownBy(() -> {
                        while (lines.readLine() != null) {
                            // Until the stream ends.
                        }
                    })
                    .isInstanceOf(IOException.class);
        }
        HttpResponse<String> refused = mesh.call(agent, "/tools/github", "again");
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.body()).contains("\"reason\":\"suspended\"");

        mesh.operator()
                .send(
                        "server-1",
                        mesh.operator()
                                .snapshot("server-v3")
                                .setServer(github().addAgents(triageAt("agent-1")))
                                .build());
        inForce("server-1", "server-v3");
        assertThat(mesh.call(agent, "/tools/github", "back").body()).isEqualTo("github:back");
    }

    @Test
    void theAgentsOwnSideCutsItsStreamsWhenItIsSuspended() throws Exception {
        try (InputStream events = eventStream()) {
            BufferedReader lines = new BufferedReader(new InputStreamReader(events, StandardCharsets.UTF_8));
            assertThat(lines.readLine()).isEqualTo("data: first");

            mesh.operator()
                    .send(
                            "agent-1",
                            mesh.operator()
                                    .snapshot("agent-v2")
                                    .setAgent(triage(githubAt(endpoint("server-1", "127.0.0.2")))
                                            .setSuspended(true))
                                    .build());
            inForce("agent-1", "agent-v2");

            assertThatThrownBy(() -> {
                        while (lines.readLine() != null) {
                            // Until the stream ends.
                        }
                    })
                    .isInstanceOf(IOException.class);
        }
        assertThat(mesh.call(agent, "/tools/github", "again").body()).contains("\"reason\":\"suspended\"");
    }

    private InputStream eventStream() throws IOException, InterruptedException {
        return mesh.http()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + agent.localPort() + "/tools/github"))
                                .build(),
                        HttpResponse.BodyHandlers.ofInputStream())
                .body();
    }

    @Test
    void anAgentWithoutAGrantIsToldWhyAndTheServersSideRecordsIt() {
        mesh.operator()
                .send(
                        "server-1",
                        mesh.operator()
                                .snapshot("server-v2")
                                .setServer(github())
                                .build());
        inForce("server-1", "server-v2");

        HttpResponse<String> refused = mesh.call(agent, "/tools/github", "hello");

        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.body()).contains("\"reason\":\"no_grant\"", "\"auditId\":\"");
        String auditId = refused.body().replaceAll(".*\"auditId\":\"([^\"]*)\".*", "$1");
        await().untilAsserted(() -> assertThat(server.audited())
                .contains(
                        auditId,
                        "\"method\":\"CONNECT\"",
                        "\"reason\":\"no_grant\"",
                        "\"agent\":\"" + Mesh.TRIAGE.uri() + "\"",
                        "\"server\":\"tools/github\""));
        assertThat(application.heads()).isEmpty();
    }

    @Test
    void aWithdrawnPodIsRefusedAndANewerOneIsAdmitted() {
        // Given a snapshot compiled after the agent's certificate, which does not list its pod
        mesh.operator()
                .send(
                        "server-1",
                        mesh.operator()
                                .snapshot("server-v2")
                                .setServer(github().addAgents(triageAt("another")))
                                .build());
        inForce("server-1", "server-v2");
        assertThat(mesh.call(agent, "/tools/github", "x").body()).contains("\"reason\":\"identity_refused\"");

        // When a pod that is newer than the snapshot calls
        mesh.operator().pod("agent-2", Mesh.TRIAGE);
        mesh.operator()
                .send(
                        "agent-2",
                        mesh.operator()
                                .snapshot("agent2-v1")
                                .setAgent(triage(githubAt(endpoint("server-1", "127.0.0.2"))))
                                .build());
        Mesh.Pod newer = mesh.start("agent-2", "127.0.0.4", 1);
        inForce("agent-2", "agent2-v1");
        ready(newer);

        // Then its identity is what counts
        assertThat(mesh.call(newer, "/tools/github", "x").body()).isEqualTo("github:x");
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
        inForce("server-2", "server2-v1");
        ready(other);
        mesh.operator()
                .send(
                        "agent-1",
                        mesh.operator()
                                .snapshot("agent-v2")
                                .setAgent(triage(githubAt(
                                        endpoint("server-1", "127.0.0.2"),
                                        endpoint("server-2", "127.0.0.5").setReady(true))))
                                .build());
        inForce("agent-1", "agent-v2");

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
        mesh.operator()
                .send(
                        "agent-1",
                        mesh.operator()
                                .snapshot("agent-v2")
                                .setAgent(triage(
                                        githubAt(endpoint("server-1", "127.0.0.2"), endpoint("dead", "127.0.0.77"))))
                                .build());
        inForce("agent-1", "agent-v2");

        for (int i = 0; i < 4; i++) {
            assertThat(mesh.call(agent, "/tools/github", "x").body()).isEqualTo("github:x");
        }
    }

    @Test
    void aServerWithoutAReadyReplicaIsUnreachable() {
        mesh.operator()
                .send(
                        "agent-1",
                        mesh.operator()
                                .snapshot("agent-v2")
                                .setAgent(triage(githubAt(
                                        endpoint("server-1", "127.0.0.2").setReady(false))))
                                .build());
        inForce("agent-1", "agent-v2");

        HttpResponse<String> answer = mesh.call(agent, "/tools/github", "x");

        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(answer.body()).contains("\"reason\":\"unreachable\"", "no replica that is ready");
        await().untilAsserted(() -> assertThat(agent.audited()).contains("\"reason\":\"unreachable\"", "tools/github"));
    }

    @Test
    void anotherIdentityThanTheServersIsNotBelieved() {
        // Given that the address of tools/github is held by a pod with another server's certificate
        mesh.operator()
                .send(
                        "agent-1",
                        mesh.operator()
                                .snapshot("agent-v2")
                                .setAgent(triage(githubAt(endpoint("server-1", "127.0.0.2"))
                                        .setName("other")
                                        .setSpiffeId("spiffe://test.local/ns/tools/mcp/other")))
                                .build());
        inForce("agent-1", "agent-v2");

        HttpResponse<String> answer = mesh.call(agent, "/tools/other", "x");

        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(application.heads()).isEmpty();
    }

    @Test
    void aServiceNameLeadsToTheServerAtItsOwnPath() throws Exception {
        int port = Mesh.freePort();
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
        inForce("agent-3", "agent3-v1");
        ready(capturing);

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
