package dev.stockade.sidecar;

import static dev.stockade.sidecar.fixture.Mesh.endpoint;
import static dev.stockade.sidecar.fixture.Mesh.githubAt;
import static dev.stockade.sidecar.fixture.Mesh.triage;
import static dev.stockade.sidecar.fixture.Mesh.triageAt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.stockade.sidecar.fixture.Mesh;
import dev.stockade.sidecar.fixture.ToolServer;
import dev.stockade.sidecar.fixture.Traffic;
import dev.stockade.wire.control.v1.Agent;
import dev.stockade.wire.control.v1.Server;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What was granted is taken away in mid-stream: what ends, what the agent's program sees, and what is recorded. */
class WithdrawalTest {
    private static final String SERVER = "127.0.0.46";
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @TempDir
    Path dir;

    private final ToolServer tools = new ToolServer();
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
                        mesh.operator().snapshot("server-v1").setServer(rules()).build());
        mesh.operator()
                .send(
                        "agent-1",
                        mesh.operator()
                                .snapshot("agent-v1")
                                .setAgent(atGithub())
                                .build());
        server = mesh.startServer("server-1", SERVER);
        agent = mesh.start("agent-1", "127.0.0.47", 1);
        mesh.ready(server);
        mesh.ready(agent);
    }

    @AfterEach
    void close() {
        tools.close();
        mesh.close();
    }

    private Server.Builder rules() {
        return Mesh.toolServer(tools.port(), "agent-1");
    }

    private Agent.Builder atGithub() {
        return triage(githubAt(endpoint("server-1", SERVER)).setPort(tools.port()));
    }

    /** Two calls under way: one whose events come, and one that has no answer yet. */
    private final class UnderWay {
        private final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
        private final CompletableFuture<Void> events;
        private final CompletableFuture<HttpResponse<String>> unanswered;

        UnderWay() throws InterruptedException {
            events = mesh.http()
                    .sendAsync(request("watch", 7), BodyHandlers.ofLines())
                    .thenAccept(answer -> {
                        try (Stream<String> text = answer.body()) {
                            text.forEach(lines::add);
                        }
                    });
            String first = lines.poll(90, TimeUnit.SECONDS);
            assertThat(first).isNotNull();
            unanswered = mesh.http().sendAsync(request("ponder", 8), BodyHandlers.ofString());
            await().atMost(PATIENCE)
                    .untilAsserted(() ->
                            assertThat(server.audited()).contains("\"name\":\"ponder\"", "\"decision\":\"allow\""));
        }

        private HttpRequest request(String tool, int id) {
            return HttpRequest.newBuilder(mesh.urlOf(agent, "/tools/github"))
                    .header("Content-Type", "application/json")
                    .header("Accept", "application/json, text/event-stream")
                    .POST(BodyPublishers.ofString(Traffic.tool(tool, id)))
                    .build();
        }

        /** What the program read in the stream of events at last, the stream having ended as HTTP has it. */
        String lastEvent() {
            events.orTimeout(90, TimeUnit.SECONDS).join();
            List<String> data =
                    lines.stream().filter(line -> line.startsWith("data:")).toList();
            return data.getLast();
        }

        HttpResponse<String> answer() {
            return unanswered.orTimeout(90, TimeUnit.SECONDS).join();
        }
    }

    private void assertToldAndRefused(UnderWay calls, String reason) {
        assertThat(calls.lastEvent()).contains("\"id\":7", "\"error\"", "\"reason\":\"" + reason + "\"", "\"auditId\"");
        assertThat(calls.answer().statusCode()).isEqualTo(403);
        assertThat(calls.answer().body()).contains("\"id\":8", "\"reason\":\"" + reason + "\"");
        assertRefused(reason);
    }

    private void assertRefused(String reason) {
        HttpResponse<String> refused = call();
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.body()).contains("\"reason\":\"" + reason + "\"", "\"message\":\"");
    }

    private HttpResponse<String> call() {
        return mesh.call(
                agent,
                "/tools/github",
                Traffic.tool("echo", 1),
                "Content-Type",
                "application/json",
                "Accept",
                "application/json, text/event-stream");
    }

    private void assertRecorded(Mesh.Pod by, String method, String reason) {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(by.audited().lines())
                        .anySatisfy(line -> assertThat(line)
                                .contains(
                                        "\"method\":\"" + method + "\"",
                                        "\"decision\":\"deny\"",
                                        "\"reason\":\"" + reason + "\"",
                                        Mesh.TRIAGE.uri())));
    }

    @Test
    void suspensionCutsTellsAndRecords() throws Exception {
        UnderWay calls = new UnderWay();

        mesh.tell(
                "server-1",
                "server-v2",
                s -> s.setServer(Mesh.toolServer(tools.port())
                        .clearAgents()
                        .addAgents(triageAt("agent-1").addPolicies(0).setSuspended(true))));

        // What is acknowledged has been cut.
        assertThat(mesh.metric(server, "stockade_sidecar_inbound_connections_open"))
                .isZero();
        assertToldAndRefused(calls, "suspended");
        assertRecorded(server, "CONNECT", "suspended");
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(server.audited().lines())
                        .anySatisfy(line -> assertThat(line).contains("\"name\":\"watch\"", "\"outcome\":\"broken\"")));

        // And back
        mesh.tell("server-1", "server-v3", s -> s.setServer(rules()));
        assertThat(call().statusCode()).isEqualTo(200);
    }

    @Test
    void theEndOfAnIdentityCuts() throws Exception {
        UnderWay calls = new UnderWay();

        mesh.tell("server-1", "server-v2", s -> s.setServer(rules().clearAgents()));

        assertToldAndRefused(calls, "no_grant");
        assertRecorded(server, "CONNECT", "no_grant");
    }

    @Test
    void theEndOfAPodCutsItAlone() throws Exception {
        mesh.operator().pod("agent-2", Mesh.TRIAGE);
        mesh.operator()
                .send(
                        "agent-2",
                        mesh.operator()
                                .snapshot("agent2-v1")
                                .setAgent(atGithub())
                                .build());
        Mesh.Pod other = mesh.start("agent-2", "127.0.0.48", 1);
        mesh.ready(other);
        UnderWay calls = new UnderWay();

        mesh.tell("server-1", "server-v2", s -> s.setServer(Mesh.toolServer(tools.port(), "agent-2")));

        assertToldAndRefused(calls, "identity_refused");
        assertRecorded(server, "CONNECT", "identity_refused");
        assertThat(mesh.call(other, "/tools/github", Traffic.tool("echo", 1), "Content-Type", "application/json")
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void theEndOfTheServerCuts() throws Exception {
        UnderWay calls = new UnderWay();

        mesh.tell("server-1", "server-v2", s -> {});

        assertThat(calls.lastEvent()).contains("\"id\":7", "\"reason\":\"identity_refused\"");
        assertThat(calls.answer().statusCode()).isEqualTo(403);
        assertThat(call().statusCode()).isEqualTo(503);
    }

    @Test
    void aSuspendedAgentsOwnSidecarCutsAndRefusesByItself() throws Exception {
        UnderWay calls = new UnderWay();

        mesh.tell("agent-1", "agent-v2", s -> s.setAgent(atGithub().setSuspended(true)));

        assertToldByItself(calls, "suspended");
        assertThat(call().body()).contains("is suspended");
        assertRecorded(agent, "POST", "suspended");
    }

    @Test
    void anAgentThatHasEndedIsToldSoByItsOwnSidecar() throws Exception {
        UnderWay calls = new UnderWay();

        mesh.tell("agent-1", "agent-v2", s -> {});

        assertToldByItself(calls, "identity_refused");
        assertThat(call().body()).contains("no longer the agent agents/triage");
        assertRecorded(agent, "POST", "identity_refused");

        // And back: the sockets were never closed
        mesh.tell("agent-1", "agent-v3", s -> s.setAgent(atGithub()));
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(call().statusCode()).isEqualTo(200));
    }

    private void assertToldByItself(UnderWay calls, String reason) {
        assertThat(calls.lastEvent()).contains("\"id\":7", "\"reason\":\"" + reason + "\"");
        assertThat(calls.answer().statusCode()).isEqualTo(403);
        assertThat(calls.answer().body()).contains("\"reason\":\"" + reason + "\"");
        assertRefused(reason);
        assertThat(mesh.metric(agent, "stockade_sidecar_outbound_connections_open"))
                .isZero();
    }

    @Test
    void aServersReplicaThatIsGoneIsLeft() throws Exception {
        UnderWay calls = new UnderWay();

        mesh.tell("agent-1", "agent-v2", s -> s.setAgent(triage(githubAt().setPort(tools.port()))));

        assertThat(calls.answer().statusCode()).isEqualTo(502);
        assertThat(call().statusCode()).isEqualTo(503);
        assertThat(mesh.metric(agent, "stockade_sidecar_outbound_connections_open"))
                .isZero();
    }

    @Test
    void rulesThatNobodyConfirmsAreServedNoLongerAndTheAgentIsToldWhy() throws Exception {
        UnderWay calls = new UnderWay();

        mesh.tell("server-1", "server-v2", s -> {
            Server.Builder stale = rules();
            stale.getLimitsBuilder().setStaleAfterMillis(2_000);
            s.setServer(stale);
        });

        assertThat(calls.lastEvent()).contains("\"id\":7", "\"reason\":\"stale\"", "limits.staleAfter");
        assertThat(calls.answer().statusCode()).isEqualTo(503);
        assertThat(calls.answer().body()).contains("\"id\":8", "\"reason\":\"stale\"");
        assertThat(call().body()).contains("\"reason\":\"stale\"");
        assertRecorded(server, "CONNECT", "stale");

        // Until somebody does, again and again, for that is good for two seconds only
        await().atMost(PATIENCE).untilAsserted(() -> {
            mesh.operator().heartbeat("server-1", Instant.now());
            assertThat(call().statusCode()).isEqualTo(200);
        });
    }

    @Test
    void whoWasAwayWhenItHappenedLearnsItFirstAndServesThen() throws Exception {
        UnderWay calls = new UnderWay();
        int before = mesh.operator().hellos().size();
        // Given that the agent is suspended while no sidecar is connected
        mesh.operator()
                .sendLater(
                        "server-1",
                        mesh.operator()
                                .snapshot("server-v2")
                                .setServer(Mesh.toolServer(tools.port())
                                        .clearAgents()
                                        .addAgents(triageAt("agent-1")
                                                .addPolicies(0)
                                                .setSuspended(true)))
                                .build());

        // When the sidecars come again
        mesh.operator().disconnect();
        await().atMost(PATIENCE).until(() -> mesh.operator().hellos().size() >= before + 2);
        mesh.inForce("server-1", "server-v2");

        assertToldAndRefused(calls, "suspended");
    }
}
