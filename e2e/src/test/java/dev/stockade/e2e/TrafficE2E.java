package dev.stockade.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.e2e.evidence.Measurements;
import dev.stockade.e2e.evidence.Measurements.Row;
import dev.stockade.e2e.mesh.Audit;
import dev.stockade.e2e.mesh.Mesh;
import dev.stockade.e2e.mesh.OnMesh;
import dev.stockade.e2e.mesh.Standing;
import dev.stockade.e2e.mesh.Waiting;
import dev.stockade.e2e.workload.Conversation;
import dev.stockade.e2e.workload.RawSession;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real traffic: sessions over two replicas, streams, large messages, broken ones. */
@OnMesh
@Order(12)
class TrafficE2E {
    private static final int CALLS = 200;
    private static final int MIB = 1 << 20;
    private static final String PING = "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"ping\"}";

    private final Mesh mesh;
    private final Standing standing;
    private final Audit audit;

    TrafficE2E(Mesh mesh) {
        this.mesh = mesh;
        standing = mesh.standing();
        audit = new Audit(standing.tools(), Standing.SERVER);
    }

    @Test
    void twoHundredCallsOfOneSessionAllAnswerOverTwoReplicas() {
        JsonNode direct = burst(
                "direct",
                () -> standing.outsider()
                        .fact("agent", "burst", "http://direct.e2e-outside/mcp", "echo", message("x"), "" + CALLS));
        JsonNode across = burst(
                "across the mesh",
                () -> standing.reader().fact("agent", "burst", Standing.LOCAL, "echo", message("x"), "" + CALLS));

        assertThat(standing.tools().pods(Standing.SERVER)).hasSize(2);
        assertThat(across.get("errors")).isEmpty();
        assertThat(across.get("ok").asInt()).isEqualTo(CALLS);
        record(Row.DIRECT_FIRST, direct, "firstMicros");
        record(Row.DIRECT_MEDIAN, direct, "medianMicros");
        record(Row.MESH_FIRST, across, "firstMicros");
        record(Row.MESH_MEDIAN, across, "medianMicros");
    }

    @Test
    void progressArrivesWhileTheCallRuns() {
        try (Conversation call = standing.reader()
                .start(
                        "agent",
                        "progress",
                        Standing.LOCAL,
                        "trigger-long-running-operation",
                        "{\"duration\":4,\"steps\":4}")) {
            call.await("the first progress", 0, fact -> fact.path("progress").asInt() == 1);

            assertThat(call.told()).noneMatch(told -> told.fact().has("result"));

            call.await("the result", 0, fact -> fact.has("result"));
            assertThat(call.told())
                    .extracting(told -> told.fact().path("progress").asInt())
                    .containsExactly(1, 2, 3, 4, 0);
        }
    }

    @Test
    void aMebibyteComesThroughInBothDirections() {
        JsonNode answer = standing.reader()
                .fact("agent", "call", Standing.LOCAL, "echo", "{}", "--fill", "message=" + MIB, "--brief");

        assertThat(answer.at("/result/content/0/length").asInt())
                .as("%s", answer)
                .isEqualTo(MIB + "Echo: ".length());
    }

    @Test
    void aBodyOverTheLimitIsRefusedWith413() {
        JsonNode answer = standing.reader()
                .fact(
                        "agent",
                        "call",
                        Standing.LOCAL,
                        "echo",
                        "{}",
                        "--fill",
                        "message=" + (Standing.REQUEST_BYTES + MIB / 2));

        assertThat(answer.at("/error/http").asInt()).as("%s", answer).isEqualTo(413);
        JsonNode line = audit.await(
                "a body over the limit", one -> one.path("reason").asText().equals("limit"));
        assertThat(line.get("decision").asText()).isEqualTo("deny");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"method\":\"ping\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"} {}",
                "[]",
                "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}",
                "not JSON",
            })
    void aMalformedBodyIsRefusedAndRecordedAndTheServerNeverSeesIt(String body) {
        RawSession session = RawSession.open(standing.reader(), Standing.LOCAL);
        long seenAtFirst = seenByServers();
        assertThat(session.post(PING).get("status").asInt()).isEqualTo(200);
        Waiting.until("the server tells of what it sees", this::seenByServers, () -> seenByServers() > seenAtFirst);
        long seenBefore = seenByServers();
        int recordedBefore = malformed().size();

        JsonNode answer = session.post(body);

        assertThat(answer.get("status").asInt()).as("%s", answer).isEqualTo(400);
        Waiting.until(
                "a malformed body is recorded",
                this::malformed,
                () -> malformed().size() > recordedBefore);
        assertThat(session.post(PING).get("status").asInt()).isEqualTo(200);
        // One more: the ping after the malformed body, and not that body.
        Waiting.until(
                "the server tells of the next ping", this::seenByServers, () -> seenByServers() == seenBefore + 1);
    }

    @Test
    void aSessionStaysOnItsReplicaWhenTheAgentsSidecarRestarts() {
        RawSession session = RawSession.open(standing.reader(), Standing.LOCAL);
        Pod pod = standing.agents().pod("reader");
        int restarts = sidecarRestarts(pod);

        mesh.nodes().kill(pod);

        Waiting.until(
                "the sidecar of the agent is back",
                () -> standing.agents().pod("reader").getStatus(),
                () -> sidecarRestarts(standing.agents().pod("reader")) > restarts);
        standing.agents().awaitReady("reader");
        for (int id = 10; id < 20; id++) {
            JsonNode answer = session.post("""
                    {"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"echo","arguments":{"message":"still here"}}}""".formatted(id));
            assertThat(answer.get("status").asInt()).as("%s", answer).isEqualTo(200);
            assertThat(RawSession.body(answer).at("/result/content/0/text").asText())
                    .isEqualTo("Echo: still here");
        }
    }

    /** The reference server logs to the stream that the client holds open, outside of any call. */
    @Test
    void anEventOfTheServerArrivesOnTheOpenStream() {
        try (Conversation session = standing.reader().start("agent", "session", Standing.LOCAL)) {
            JsonNode started = session.call("toggle-simulated-logging", "{}");
            assertThat(started.has("result")).as("%s", started).isTrue();

            JsonNode event = session.await("a log message of the server", 0, fact -> fact.has("event"))
                    .fact()
                    .get("event");

            assertThat(event.path("method").asText()).isEqualTo("notifications/message");
            assertThat(event.at("/params/data").asText()).contains("message");
        }
    }

    private static JsonNode burst(String what, java.util.function.Supplier<JsonNode> calls) {
        JsonNode fact = calls.get();
        assertThat(fact.has("ok")).as("calls %s: %s", what, fact).isTrue();
        return fact;
    }

    private void record(Row row, JsonNode burst, String field) {
        Measurements measurements = mesh.measurements();
        measurements.record(row, Duration.ofNanos(burst.get(field).asLong() * 1000));
    }

    private List<JsonNode> malformed() {
        return audit.lines(line -> line.path("reason").asText().equals("malformed"));
    }

    private long seenByServers() {
        return standing.tools().pods(Standing.SERVER).stream()
                .mapToLong(pod -> standing.tools()
                        .client()
                        .pods()
                        .inNamespace("e2e-tools")
                        .withName(pod.getMetadata().getName())
                        .inContainer("server")
                        .getLog()
                        .lines()
                        .filter(line -> line.contains("Received MCP POST"))
                        .count())
                .sum();
    }

    private static int sidecarRestarts(Pod pod) {
        return pod.getStatus().getInitContainerStatuses().stream()
                .filter(one -> one.getName().equals("stockade-sidecar"))
                .mapToInt(one -> one.getRestartCount())
                .sum();
    }

    private static String message(String text) {
        return "{\"message\":\"%s\"}".formatted(text);
    }
}
