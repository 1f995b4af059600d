package dev.stockade.sidecar.mcp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import dev.stockade.sidecar.metrics.Metrics.Count;
import dev.stockade.sidecar.state.ServerRules;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Each of {@code spec.limits}: what happens beyond it, to whom, and what says so. */
class LimitsTest {
    private static final String CALL =
            "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"tools/call\",\"params\":{\"name\":\"echo\",\"arguments\":{}}}";
    private static final String NOTICE = "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}";
    private static final String INITIALIZE =
            "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-11-25\"}}";
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int LIMITED = -31429;
    private static final int TIMED_OUT = -31504;

    private final CountDownLatch answerNow = new CountDownLatch(1);
    private Rig rig;

    @BeforeEach
    void start() throws Exception {
        rig = new Rig();
    }

    @AfterEach
    void stop() {
        answerNow.countDown();
        rig.close();
    }

    private static ServerRules.Limits limits(
            long requestBytes, long bufferBytes, int concurrent, Duration timeout, int calls) {
        return new ServerRules.Limits(requestBytes, bufferBytes, concurrent, timeout, calls, Duration.ofHours(1));
    }

    private static ServerRules.Limits concurrent(int requests) {
        return limits(1 << 20, 32 << 20, requests, Duration.ofMinutes(5), 600);
    }

    /** A body of that many bytes that is a call: white space makes it long. */
    private static String call(int bytes) {
        return CALL + " ".repeat(bytes - CALL.length());
    }

    private static String head(int length) {
        return "POST /mcp HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: " + length
                + "\r\n\r\n";
    }

    private CompletableFuture<HttpResponse<String>> later(HttpRequest.Builder request, String body) {
        return rig.http.sendAsync(
                request.timeout(PATIENCE)
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private Socket send(String bytes) throws IOException {
        Socket socket = rig.socket();
        socket.setSoTimeout((int) PATIENCE.toMillis());
        socket.getOutputStream().write(bytes.getBytes(UTF_8));
        socket.getOutputStream().flush();
        return socket;
    }

    private static String answer(Socket socket) throws IOException {
        byte[] read = new byte[64 * 1024];
        int n = socket.getInputStream().read(read);
        return n < 0 ? "" : new String(read, 0, n, UTF_8);
    }

    private void assertRecorded(String auditId) {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(rig.lines())
                        .filteredOn(line -> line.get("id").asText().equals(auditId))
                        .singleElement()
                        .satisfies(line -> {
                            assertThat(line.get("decision").asText()).isEqualTo("deny");
                            assertThat(line.get("reason").asText()).isEqualTo("limit");
                        }));
    }

    /** Holds every answer back until the test says so. */
    private void slowServer() {
        rig.handler.set((exchange, body) -> {
            waitForTheTest();
            Rig.echo(exchange, body);
        });
    }

    private void waitForTheTest() throws IOException {
        try {
            answerNow.await();
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }

    private void streamUntilTheEnd(HttpExchange exchange) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
        exchange.sendResponseHeaders(200, 0);
        exchange.getResponseBody().write(": open\n\n".getBytes(UTF_8));
        exchange.getResponseBody().flush();
        waitForTheTest();
        exchange.getResponseBody().write("data: {\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{}}\n\n".getBytes(UTF_8));
        exchange.close();
    }

    @Test
    void anAgentThatCallsTooOftenIsToldHowLongToWaitAndOthersAreNotHeldUp() throws Exception {
        rig.limits(limits(1 << 20, 32 << 20, 256, Duration.ofMinutes(5), 3));
        for (int i = 0; i < 3; i++) {
            assertThat(rig.post(CALL).body()).contains("result");
        }

        HttpResponse<String> refused = rig.post(CALL);

        assertThat(refused.statusCode()).isEqualTo(200);
        JsonNode answer = Rig.json(refused.body());
        assertThat(answer.get("id").asInt()).isEqualTo(5);
        JsonNode error = answer.get("error");
        assertThat(error.get("code").asInt()).isEqualTo(LIMITED);
        assertThat(error.get("message").asText()).contains("limits.callsPerMinute", "3 messages a minute");
        assertThat(error.get("data").get("reason").asText()).isEqualTo("limit");
        assertThat(error.get("data").get("limit").asText()).isEqualTo("callsPerMinute");
        long wait = error.get("data").get("retryAfterSeconds").asLong();
        assertThat(wait).isBetween(1L, 20L);
        assertThat(refused.headers().firstValue("Retry-After")).contains(String.valueOf(wait));
        assertRecorded(error.get("data").get("auditId").asText());
        assertThat(rig.timesAsked()).isEqualTo(3);
        assertThat(rig.metrics.value(Count.LIMIT_CALLS_PER_MINUTE)).isEqualTo(1);
        assertThat(rig.postOfOther(CALL).body()).contains("result");
    }

    @Test
    void aNoticeBeyondTheRateIsRefusedInHttpSinceNothingElseCanSayIt() throws Exception {
        rig.limits(limits(1 << 20, 32 << 20, 256, Duration.ofMinutes(5), 1));
        rig.post(NOTICE);

        HttpResponse<String> refused = rig.post(NOTICE);

        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(refused.headers().firstValue("Retry-After")).isPresent();
        assertThat(rig.timesAsked()).isEqualTo(1);
    }

    @Test
    void halfOfTheRequestsAtATimeAreOneAgentsAndTheRestStaysForOthers() throws Exception {
        rig.limits(concurrent(4));
        slowServer();
        var first = later(rig.request(), CALL);
        var second = later(rig.request(), CALL);
        await().atMost(PATIENCE).until(() -> rig.timesAsked() == 2);

        JsonNode error = Rig.json(rig.post(CALL).body()).get("error");
        var others = later(rig.requestOfOther(), CALL);

        assertThat(error.get("code").asInt()).isEqualTo(LIMITED);
        assertThat(error.get("data").get("limit").asText()).isEqualTo("concurrentRequests");
        assertThat(error.get("message").asText()).contains("limits.concurrentRequests", "2 of this agent");
        assertRecorded(error.get("data").get("auditId").asText());
        assertThat(rig.metrics.value(Count.LIMIT_CONCURRENT_REQUESTS)).isEqualTo(1);
        await().atMost(PATIENCE).until(() -> rig.timesAsked() == 3);
        answerNow.countDown();
        assertThat(first.join().body()).contains("result");
        assertThat(second.join().body()).contains("result");
        assertThat(others.join().body()).contains("result");
        assertThat(rig.post(CALL).body()).as("places are given back").contains("result");
    }

    @Test
    void aRequestWhoseAgentHasGoneLeavesItsPlace() throws Exception {
        rig.limits(concurrent(2));
        slowServer();
        Socket gone = send(head(CALL.length()) + CALL);
        await().atMost(PATIENCE).until(() -> rig.timesAsked() == 1);
        gone.close();
        rig.handler.set(Rig::echo);

        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(rig.post(CALL).body()).contains("result"));
    }

    @Test
    void openEventStreamsHaveABoundOfTheirOwnAndDoNotTakeThePlacesOfCalls() throws Exception {
        rig.limits(concurrent(2));
        rig.handler.set((exchange, body) -> {
            if (body.contains("\"stream\":true")) {
                streamUntilTheEnd(exchange);
            } else {
                Rig.echo(exchange, body);
            }
        });
        String streaming = CALL.replace("\"arguments\":{}", "\"arguments\":{\"stream\":true}");
        InputStream first = openStream(streaming);
        InputStream second = openStream(streaming);

        JsonNode error = Rig.json(rig.post(streaming).body()).get("error");

        assertThat(error.get("code").asInt()).isEqualTo(LIMITED);
        assertThat(error.get("message").asText()).contains("event streams", "2 of this agent");
        assertThat(rig.metrics.value(Count.LIMIT_EVENT_STREAMS)).isEqualTo(1);
        assertThat(rig.post(CALL).body()).contains("result");
        answerNow.countDown();
        assertThat(new String(first.readAllBytes(), UTF_8)).contains("\"result\"");
        assertThat(new String(second.readAllBytes(), UTF_8)).contains("\"result\"");
        assertThat(rig.post(streaming).body()).as("places are given back").contains("\"result\"");
    }

    private InputStream openStream(String body) throws Exception {
        InputStream in = rig.http
                .send(
                        rig.request()
                                .timeout(PATIENCE)
                                .POST(HttpRequest.BodyPublishers.ofString(body))
                                .build(),
                        HttpResponse.BodyHandlers.ofInputStream())
                .body();
        assertThat(new String(in.readNBytes(8), UTF_8)).isEqualTo(": open\n\n");
        return in;
    }

    @Test
    void aRequestThatTakesTooLongIsAnsweredAndTheServersWorkIsCancelledWhileStreamsGoOn() throws Exception {
        rig.limits(limits(1 << 20, 32 << 20, 256, Duration.ofSeconds(1), 600));
        CompletableFuture<String> cancelled = new CompletableFuture<>();
        rig.handler.set((exchange, body) -> {
            if (body.contains("\"initialize\"")) {
                exchange.getResponseHeaders().set("Mcp-Session-Id", "s1");
                Rig.echo(exchange, body);
            } else if (body.contains("cancelled")) {
                cancelled.complete(body);
                Rig.answer(exchange, 202, "", "");
            } else if (body.contains("\"stream\":true")) {
                streamUntilTheEnd(exchange);
            } else {
                waitForTheTest();
            }
        });
        String session =
                rig.post(INITIALIZE).headers().firstValue("Mcp-Session-Id").orElseThrow();
        InputStream stream = openStream(CALL.replace("\"arguments\":{}", "\"arguments\":{\"stream\":true}"));

        HttpResponse<String> refused =
                later(rig.request().header("Mcp-Session-Id", session), CALL).join();

        JsonNode answer = Rig.json(refused.body());
        assertThat(refused.statusCode()).isEqualTo(200);
        assertThat(answer.get("id").asInt()).isEqualTo(5);
        assertThat(answer.get("error").get("code").asInt()).isEqualTo(TIMED_OUT);
        assertThat(answer.get("error").get("message").asText()).contains("limits.requestTimeout", "1 s");
        assertThat(answer.get("error").get("data").get("limit").asText()).isEqualTo("requestTimeout");
        assertThat(Rig.json(cancelled
                        .orTimeout(60, java.util.concurrent.TimeUnit.SECONDS)
                        .join()))
                .isEqualTo(Rig.json("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":"
                        + "{\"requestId\":5,\"reason\":\"timed out\"}}"));
        assertThat(rig.metrics.value(Count.LIMIT_REQUEST_TIMEOUT)).isEqualTo(1);
        String id = answer.get("error").get("data").get("auditId").asText();
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(rig.lines())
                        .filteredOn(line -> line.get("id").asText().equals(id) && line.has("outcome"))
                        .singleElement()
                        .satisfies(
                                line -> assertThat(line.get("outcome").asText()).isEqualTo("broken")));
        answerNow.countDown();
        assertThat(new String(stream.readAllBytes(), UTF_8)).contains("\"result\"");
    }

    @Test
    void aBodyThatFindsNoRoomWaitsUnreadAndPassesOnceThereIsRoom() throws Exception {
        // Given a quarter of the buffer that one body of this agent fills
        rig.limits(limits(1 << 20, 4 << 20, 256, Duration.ofMinutes(5), 600));
        String large = call(1 << 20);
        try (Socket first = send(head(large.length()) + large.substring(0, large.length() - 1))) {
            await().atMost(PATIENCE).until(() -> rig.bufferUsed() >= large.length());

            // When another of its bodies comes, and a call of another agent
            try (Socket second = send(head(large.length()))) {
                await().atMost(PATIENCE).until(() -> rig.metrics.value(Count.LIMIT_BUFFER_WAITS) == 1);
                assertThat(rig.postOfOther(call(64 * 1024)).body()).contains("result");
                first.getOutputStream().write(' ');

                // Then both pass in the end
                assertThat(answer(first)).contains("result");
                second.getOutputStream().write(large.getBytes(UTF_8));
                assertThat(answer(second)).contains("result");
            }
        }
        await().atMost(PATIENCE).until(() -> rig.bufferUsed() == 0);
    }

    @Test
    void aBodyThatFindsNoRoomForTenSecondsIsRefusedAndOneThatDoesNotComeIsToo() throws Exception {
        rig.limits(limits(1 << 20, 4 << 20, 256, Duration.ofMinutes(5), 600));
        try (Socket stuck = send(head(1 << 20) + "{");
                Socket waiting = send(head(1 << 20) + "{")) {
            // Which of the two is first depends on the second in which each began.
            assertThat(answer(waiting) + answer(stuck))
                    .contains("HTTP/1.1 503 ", "limits.bufferBytes", "HTTP/1.1 408 ", "\"reason\":\"limit\"");
        }
        await().atMost(PATIENCE).until(() -> rig.bufferUsed() == 0);
        assertThat(rig.metrics.value(Count.LIMIT_BUFFER_BYTES)).isEqualTo(1);
        assertThat(rig.metrics.value(Count.LIMIT_SLOW_REQUESTS)).isEqualTo(1);
        assertThat(rig.lines())
                .hasSize(2)
                .allSatisfy(line -> assertThat(line.get("reason").asText()).isEqualTo("limit"));
        assertThat(rig.timesAsked()).isZero();
    }

    @Test
    void aBodyOfUnknownLengthGrowsWithinTheShare() throws Exception {
        rig.limits(limits(1 << 20, 4 << 20, 256, Duration.ofMinutes(5), 600));
        byte[] body = call(1 << 20).getBytes(UTF_8);

        HttpResponse<String> answer = rig.http.send(
                rig.request()
                        .POST(HttpRequest.BodyPublishers.ofInputStream(() -> new java.io.ByteArrayInputStream(body)))
                        .build(),
                HttpResponse.BodyHandlers.ofString());

        assertThat(answer.body()).contains("result");
        await().atMost(PATIENCE).until(() -> rig.bufferUsed() == 0);
    }

    @Test
    void aBodyLargerThanItsLimitIsCountedAsSuch() throws Exception {
        rig.limits(limits(1 << 10, 4 << 20, 256, Duration.ofMinutes(5), 600));

        assertThat(rig.post(call(1025)).statusCode()).isEqualTo(413);
        assertThat(rig.metrics.value(Count.LIMIT_REQUEST_BYTES)).isEqualTo(1);
    }

    @Test
    void aHeadThatComesByAndByIsEndedAfterTenSeconds() throws Exception {
        try (Socket socket = send("POST /mcp HTTP/1.1\r\nHost: x\r\nX-Slow: ")) {
            assertThat(answer(socket)).contains("HTTP/1.1 408 ", "a head has 10 seconds");
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }
        assertThat(rig.metrics.value(Count.LIMIT_SLOW_REQUESTS)).isEqualTo(1);
    }

    @Test
    void aListThatFindsNoRoomIsGivenUpAndSaysWhyWhileTheOneThatHoldsItPasses() throws Exception {
        // Given a list that has come by three quarters, and fills the agent's share
        rig.limits(limits(1 << 20, 4 << 20, 256, Duration.ofMinutes(5), 600));
        String tools = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tools\":[{\"name\":\"echo\",\"description\":\""
                + "x".repeat(800_000) + "\"}]}}";
        rig.handler.set((exchange, body) -> {
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, tools.length());
            exchange.getResponseBody().write(tools.substring(0, 600_000).getBytes(UTF_8));
            exchange.getResponseBody().flush();
            waitForTheTest();
            exchange.getResponseBody().write(tools.substring(600_000).getBytes(UTF_8));
            exchange.close();
        });
        String list = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{}}";
        var first = later(rig.request(), list);
        await().atMost(PATIENCE).until(() -> rig.bufferUsed() == 1 << 20);

        // When it asks for another
        HttpResponse<String> refused = later(rig.request(), list).join();

        // Then that one says why it does not come, and the first comes
        assertThat(refused.statusCode()).isEqualTo(503);
        JsonNode error = Rig.json(refused.body()).get("error");
        assertThat(error.get("message").asText()).contains("limits.bufferBytes");
        assertThat(error.get("data").get("reason").asText()).isEqualTo("limit");
        assertThat(rig.metrics.value(Count.LIMIT_BUFFER_BYTES)).isEqualTo(1);
        answerNow.countDown();
        assertThat(first.join().body()).isEqualTo(tools);
        await().atMost(PATIENCE).until(() -> rig.bufferUsed() == 0);
    }
}
