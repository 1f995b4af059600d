package dev.stockade.sidecar;

import static dev.stockade.sidecar.fixture.Mesh.endpoint;
import static dev.stockade.sidecar.fixture.Mesh.github;
import static dev.stockade.sidecar.fixture.Mesh.githubAt;
import static dev.stockade.sidecar.fixture.Mesh.triage;
import static dev.stockade.sidecar.fixture.Mesh.triageAt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.stockade.model.identity.BoundPod;
import dev.stockade.sidecar.fixture.McpLikeServer;
import dev.stockade.sidecar.fixture.Mesh;
import dev.stockade.sidecar.fixture.TwoPods;
import dev.stockade.wire.control.v1.AccessPolicy;
import dev.stockade.wire.control.v1.Rule;
import dev.stockade.wire.control.v1.Server;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two pods, a real control server, real TLS: from the agent's HTTP request to the server on loopback and back. */
class AcrossTheMeshTest {
    private TwoPods pods;
    private Mesh mesh;
    private McpLikeServer application;
    private Mesh.Pod server;
    private Mesh.Pod agent;

    @BeforeEach
    void twoPods(@TempDir Path dir) {
        pods = new TwoPods(dir);
        mesh = pods.mesh();
        application = pods.application();
        server = pods.server();
        agent = pods.agent();
    }

    @AfterEach
    void close() {
        pods.close();
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

            mesh.tell(
                    "server-1",
                    "server-v2",
                    s -> s.setServer(github().addAgents(triageAt("agent-1").setSuspended(true))));

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

        mesh.tell("server-1", "server-v3", s -> s.setServer(github().addAgents(triageAt("agent-1"))));
        assertThat(mesh.call(agent, "/tools/github", "back").body()).isEqualTo("github:back");
    }

    @Test
    void theAgentsOwnSideCutsItsStreamsWhenItIsSuspended() throws Exception {
        try (InputStream events = eventStream()) {
            BufferedReader lines = new BufferedReader(new InputStreamReader(events, StandardCharsets.UTF_8));
            assertThat(lines.readLine()).isEqualTo("data: first");

            mesh.tell(
                    "agent-1",
                    "agent-v2",
                    s -> s.setAgent(
                            triage(githubAt(endpoint("server-1", "127.0.0.2"))).setSuspended(true)));

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
        mesh.tell("server-1", "server-v2", s -> s.setServer(github()));

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
        mesh.tell("server-1", "server-v2", s -> s.setServer(github().addAgents(triageAt("another"))));
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
        mesh.inForce("agent-2", "agent2-v1");
        mesh.ready(newer);

        // Then its identity is what counts
        assertThat(mesh.call(newer, "/tools/github", "x").body()).isEqualTo("github:x");
    }

    @Test
    void theServersSideDecidesToolByTool() {
        // Given a server whose policy grants this agent one tool
        Server.Builder rules = github().setPort(application.port())
                .addPolicies(AccessPolicy.newBuilder()
                        .setNamespace("tools")
                        .setName("triage-echo")
                        .addAllow(Rule.newBuilder().addTools("echo")))
                .addAgents(triageAt("agent-1").addPolicies(0));
        mesh.operator().pod("server-2", Mesh.GITHUB);
        mesh.operator()
                .send(
                        "server-2",
                        mesh.operator().snapshot("v1").setServer(rules).build());
        Mesh.Pod policing = mesh.start(
                "server-2",
                "127.0.0.8",
                Map.of(),
                audit -> StockadeSidecar.policing(
                        audit, Clock.systemUTC(), new BoundPod("tools", "github-0", "server-2", 0)));
        mesh.inForce("server-2", "v1");
        mesh.ready(policing);
        mesh.tell(
                "agent-1",
                "agent-v2",
                s -> s.setAgent(
                        triage(githubAt(endpoint("server-2", "127.0.0.8")).setPort(application.port()))));

        HttpResponse<String> granted = callTool("echo");
        HttpResponse<String> denied = callTool("delete_all");

        assertThat(granted.statusCode()).isEqualTo(200);
        assertThat(application.heads()).singleElement().asString().startsWith("POST /mcp ");
        assertThat(denied.statusCode()).isEqualTo(200);
        assertThat(denied.body()).contains("-31403", "policy_denied", "auditId");
        await().untilAsserted(() -> assertThat(policing.audited())
                .contains("\"name\":\"echo\"", "\"decision\":\"allow\"", "\"name\":\"delete_all\""));
    }

    private HttpResponse<String> callTool(String name) {
        return mesh.call(
                agent,
                "/tools/github",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"" + name + "\"}}",
                "Content-Type",
                "application/json",
                "Accept",
                "application/json, text/event-stream");
    }
}
