package dev.stockade.sidecar.mcp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpExchange;
import dev.stockade.model.policy.ClientFeature;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Sessions, event streams, lists, and what the server asks of the agent. */
class McpStreamsTest {
    private static final String CALL =
            "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"tools/call\",\"params\":{\"name\":\"echo\",\"arguments\":{}}}";
    private static final String RESULT = "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"content\":[]}}";
    private static final String INITIALIZE = "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{}}";

    private Rig rig;

    @BeforeEach
    void start() throws Exception {
        rig = new Rig();
    }

    @AfterEach
    void stop() {
        rig.close();
    }

    /** Answers with these bytes as a stream of events. */
    private static void stream(HttpExchange exchange, String events) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "text/event-stream; charset=utf-8");
        exchange.sendResponseHeaders(200, 0);
        exchange.getResponseBody().write(events.getBytes(UTF_8));
        exchange.close();
    }

    private static String data(String json) {
        return "event: message\ndata: " + json + "\n\n";
    }

    /** A server with sessions: initialize opens "s1"; everything else goes to the handler. */
    private void withSession(Rig.HttpHandler handler) {
        rig.handler.set((exchange, body) -> {
            if (body.contains("\"initialize\"")) {
                exchange.getResponseHeaders().set("Mcp-Session-Id", "s1");
                Rig.answer(exchange, 200, "application/json", "{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":{}}");
            } else {
                handler.handle(exchange, body);
            }
        });
    }

    private String open() throws Exception {
        return rig.post(INITIALIZE).headers().firstValue("Mcp-Session-Id").orElseThrow();
    }

    private HttpResponse<String> post(String session, String body) throws Exception {
        return rig.http.send(
                rig.request()
                        .header("Mcp-Session-Id", session)
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void aSessionOfAServerThatHasEndedWithItsPodIsGoneAndOtherCallsMayBeTriedAgain() throws Exception {
        // Given a session, and a server that listens no longer
        withSession(Rig::echo);
        String session = open();
        rig.stopServer();

        // Then it may come back
        assertThat(post(session, CALL).statusCode()).isEqualTo(503);

        // unless its pod is being taken away
        rig.draining.set(true);
        HttpResponse<String> gone = post(session, CALL);
        assertThat(gone.statusCode()).isEqualTo(404);
        assertThat(gone.body()).contains("\"reason\":\"draining\"", "another one takes new sessions");
        HttpResponse<String> without = rig.post(CALL);
        assertThat(without.statusCode()).isEqualTo(503);
        assertThat(without.body()).contains("\"reason\":\"draining\"");
    }

    @Test
    void eventsPassOneByOneAsTheyCome() throws Exception {
        SynchronousQueue<String> next = new SynchronousQueue<>();
        rig.handler.set((exchange, body) -> {
            exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
            exchange.sendResponseHeaders(200, 0);
            try {
                while (true) {
                    String event = next.take();
                    if (event.isEmpty()) {
                        break;
                    }
                    exchange.getResponseBody().write(event.getBytes(UTF_8));
                    exchange.getResponseBody().flush();
                }
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            exchange.close();
        });
        var answer = rig.http.sendAsync(
                rig.request().POST(HttpRequest.BodyPublishers.ofString(CALL)).build(),
                HttpResponse.BodyHandlers.ofInputStream());
        String progress =
                data("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progress\":1}}");
        next.put(": hello\n\n");
        InputStream in = answer.get().body();

        assertThat(new String(in.readNBytes(": hello\n\n".length()), UTF_8)).isEqualTo(": hello\n\n");
        for (int i = 0; i < 3; i++) {
            next.put("id: " + i + "\r\nretry: 5\r\n" + progress.replace("\n", "\r\n"));
            String expected = "id: " + i + "\r\nretry: 5\r\n" + progress.replace("\n", "\r\n");
            assertThat(new String(in.readNBytes(expected.length()), UTF_8)).isEqualTo(expected);
        }
        next.put(data(RESULT));
        next.put("");
        assertThat(new String(in.readAllBytes(), UTF_8)).isEqualTo(data(RESULT));
        await().until(() -> rig.lines().size() == 2);
        assertThat(rig.lines().get(1).get("outcome").asText()).isEqualTo("ok");
    }

    @Test
    void aLargeEventPassesWhole() throws Exception {
        String large = data("{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"text\":\"" + "x".repeat(3_000_000) + "\"}}");
        rig.handler.set((exchange, body) -> stream(exchange, large));

        assertThat(rig.post(CALL).body()).isEqualTo(large);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aListShowsOnlyWhatTheAgentMayUse(boolean events) throws Exception {
        String list = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tools\":[{\"name\":\"delete\"},{\"name\":\"echo\"},"
                + "{\"name\":\"get_issue\"},{\"name\":\"z\"}],\"nextCursor\":\"n\"}}";
        rig.handler.set((exchange, body) -> {
            if (events) {
                stream(exchange, "id: 9\n" + data(list));
            } else {
                Rig.answer(exchange, 200, "application/json", list);
            }
        });

        String answer = rig.post("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}")
                .body();

        String left = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tools\":[{\"name\":\"echo\"},"
                + "{\"name\":\"get_issue\"}],\"nextCursor\":\"n\"}}";
        assertThat(answer).isEqualTo(events ? "id: 9\nevent: message\ndata: " + left + "\n\n" : left);
    }

    @Test
    void aModernListIsMarkedPrivateAndShortLived() throws Exception {
        rig.handler.set((exchange, body) -> Rig.answer(
                exchange,
                200,
                "application/json",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"tools\":[],\"cacheScope\":\"public\",\"ttlMs\":600000}}"));

        String answer = rig.post("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{\"_meta\":"
                        + "{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"}}}")
                .body();

        assertThat(answer).contains("\"cacheScope\":\"private\"", "\"ttlMs\":5000");
    }

    @Test
    void aReplayedListIsFilteredToo() throws Exception {
        AtomicReference<String> last = new AtomicReference<>();
        withSession((exchange, body) -> {
            last.set(exchange.getRequestHeaders().getFirst("Last-Event-ID"));
            stream(
                    exchange,
                    "id: 8\n"
                            + data(
                                    "{\"jsonrpc\":\"2.0\",\"id\":77,\"result\":{\"tools\":[{\"name\":\"x\"},{\"name\":\"echo\"}]}}"));
        });
        String session = open();

        HttpResponse<String> answer = rig.http.send(
                rig.request()
                        .header("Mcp-Session-Id", session)
                        .header("Last-Event-ID", "7")
                        .GET()
                        .build(),
                HttpResponse.BodyHandlers.ofString());

        assertThat(last.get()).isEqualTo("7");
        assertThat(answer.body())
                .contains("[{\"name\":\"echo\"}]")
                .contains("id: 8")
                .doesNotContain("\"x\"");
    }

    @Test
    void aSessionIsTaggedAndTheServerSeesItsOwnId() throws Exception {
        AtomicReference<String> seen = new AtomicReference<>();
        withSession((exchange, body) -> {
            seen.set(exchange.getRequestHeaders().getFirst("Mcp-Session-Id"));
            Rig.echo(exchange, body);
        });

        String session = open();
        HttpResponse<String> answer = post(session, CALL);

        assertThat(session).isEqualTo(Rig.TAG + ".s1");
        assertThat(seen.get()).isEqualTo("s1");
        assertThat(answer.statusCode()).isEqualTo(200);
        await().until(() -> rig.lines().size() == 4);
        assertThat(rig.lines().get(2).get("session").asText()).hasSize(16);
        assertThat(rig.audit.toString(UTF_8)).doesNotContain("s1\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "GET", "DELETE"})
    void aSessionOfAnotherDoesNotExist(String method) throws Exception {
        withSession(Rig::echo);
        String session = open();
        int asked = rig.timesAsked();

        HttpResponse<String> answer = rig.http.send(
                rig.requestOfOther()
                        .header("Mcp-Session-Id", session)
                        .method(
                                method,
                                method.equals("POST")
                                        ? HttpRequest.BodyPublishers.ofString(CALL)
                                        : HttpRequest.BodyPublishers.noBody())
                        .build(),
                HttpResponse.BodyHandlers.ofString());

        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(rig.timesAsked()).isEqualTo(asked);
        await().until(() -> rig.lines().size() == 3);
        assertThat(rig.lines().get(2).get("reason").asText()).isEqualTo("unknown_session");
    }

    @ParameterizedTest
    @ValueSource(strings = {"s1", "000000000000.s1", "%s.s2", "%s", "%s."})
    void aSessionThatIsNotKnownIs404(String id) throws Exception {
        withSession(Rig::echo);
        open();

        assertThat(post(id.replace("%s", Rig.TAG), CALL).statusCode()).isEqualTo(404);
    }

    @Test
    void aSessionEndsWithDelete() throws Exception {
        withSession((exchange, body) -> {
            if (exchange.getRequestMethod().equals("DELETE")) {
                Rig.answer(exchange, 200, "", "");
            } else {
                Rig.echo(exchange, body);
            }
        });
        String session = open();

        HttpResponse<String> deleted = rig.http.send(
                rig.request().header("Mcp-Session-Id", session).DELETE().build(), HttpResponse.BodyHandlers.ofString());

        assertThat(deleted.statusCode()).isEqualTo(200);
        assertThat(post(session, CALL).statusCode()).isEqualTo(404);
    }

    @Test
    void aSessionThatTheServerHasForgottenEndsHereToo() throws Exception {
        withSession((exchange, body) -> Rig.answer(exchange, 404, "application/json", "{\"error\":\"gone\"}"));
        String session = open();

        assertThat(post(session, CALL).body()).isEqualTo("{\"error\":\"gone\"}");

        int asked = rig.timesAsked();
        assertThat(post(session, CALL).statusCode()).isEqualTo(404);
        assertThat(rig.timesAsked()).isEqualTo(asked);
    }

    @Test
    void aServerThatAsksWithoutGrantIsRefusedAndTheAgentNeverSeesIt() throws Exception {
        CountDownLatch refused = new CountDownLatch(1);
        AtomicReference<String> refusal = new AtomicReference<>();
        withSession((exchange, body) -> {
            if (body.contains("\"error\"")) {
                refusal.set(exchange.getRequestHeaders().getFirst("Mcp-Session-Id") + " " + body);
                refused.countDown();
                Rig.answer(exchange, 202, "", "");
                return;
            }
            exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody()
                    .write(
                            data("{\"jsonrpc\":\"2.0\",\"id\":\"q1\",\"method\":\"sampling/createMessage\",\"params\":{}}")
                                    .getBytes(UTF_8));
            exchange.getResponseBody().flush();
            try {
                refused.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            exchange.getResponseBody().write(data(RESULT).getBytes(UTF_8));
            exchange.close();
        });

        HttpResponse<String> answer = post(open(), CALL);

        assertThat(answer.body()).isEqualTo(data(RESULT));
        assertThat(refusal.get()).startsWith("s1 ").contains("\"id\":\"q1\"", "-31403");
        await().until(() -> rig.lines().stream()
                .anyMatch(l -> l.path("method").asText().equals("sampling/createMessage")
                        && l.path("decision").asText().equals("deny")));
    }

    @Test
    void aGrantedRequestOfTheServerPassesAndOnlyItsOwnAnswerComesBack() throws Exception {
        rig.allow(Rig.rule(List.of("echo"), List.of(), List.of(), Set.of(ClientFeature.ELICITATION)));
        CountDownLatch answered = new CountDownLatch(1);
        withSession((exchange, body) -> {
            if (body.contains("\"result\"")) {
                answered.countDown();
                Rig.answer(exchange, 202, "", "");
                return;
            }
            exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody()
                    .write(data("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"elicitation/create\",\"params\":{}}")
                            .getBytes(UTF_8));
            exchange.getResponseBody().flush();
            try {
                answered.await();
            } catch (InterruptedException e) {
                throw new IOException(e);
            }
            exchange.getResponseBody().write(data(RESULT).getBytes(UTF_8));
            exchange.close();
        });
        String session = open();
        String forged = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"action\":\"accept\"}}";

        assertThat(post(session, forged).statusCode()).as("before it was asked").isEqualTo(202);
        var call = rig.http.sendAsync(
                rig.request()
                        .header("Mcp-Session-Id", session)
                        .POST(HttpRequest.BodyPublishers.ofString(CALL))
                        .build(),
                HttpResponse.BodyHandlers.ofInputStream());
        BufferedReader lines =
                new BufferedReader(new InputStreamReader(call.get().body(), UTF_8));
        assertThat(lines.readLine()).isEqualTo("event: message");
        assertThat(lines.readLine()).contains("elicitation/create");
        assertThat(post(session, forged.replace(":1,", ":2,")).statusCode()).isEqualTo(202);
        assertThat(post(session, forged.replace(":1,", ":\"1\",")).statusCode()).isEqualTo(202);
        assertThat(answered.getCount())
                .as("forged answers that reached the server")
                .isEqualTo(1);
        assertThat(post(session, forged).statusCode()).isEqualTo(202);
        assertThat(lines.lines().toList()).anyMatch(l -> l.contains("\"id\":5"));
        assertThat(rig.asked).filteredOn(b -> b.contains("accept")).hasSize(1);
    }

    @Test
    void aResultThatAsksForInputWithoutGrantIsReplacedByADenial() throws Exception {
        String asks = "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"resultType\":\"input_required\",\"inputRequests\":"
                + "{\"k\":{\"method\":\"elicitation/create\",\"params\":{}}},\"requestState\":\"x\"}}";
        rig.handler.set((exchange, body) -> Rig.answer(exchange, 200, "application/json", asks));

        JsonNode denied = Rig.json(rig.post(CALL).body());
        rig.allow(Rig.rule(List.of("echo"), List.of(), List.of(), Set.of(ClientFeature.ELICITATION)));
        String granted = rig.post(CALL).body();

        assertThat(denied.at("/error/code").asInt()).isEqualTo(-31403);
        assertThat(denied.get("id").asInt()).isEqualTo(5);
        // But for the mark behind what the agent is to bring back.
        assertThat(granted.replaceAll("\\.st1\\.[A-Za-z0-9_-]{43}", "")).isEqualTo(asks);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "notifications/message | {} | true",
                "notifications/tools/list_changed | {} | true",
                "notifications/resources/updated | {\"uri\":\"repo://acme/x\"} | true",
                "notifications/resources/updated | {\"uri\":\"repo://other/x\"} | false",
                "notifications/resources/updated | {} | false",
                "notifications/tasks/status | {} | false",
                "notifications/tasks/status | {\"taskId\":\"theirs\"} | false",
                "notifications/tasks | {\"taskId\":\"theirs\"} | false",
                "notifications/message | {\"_meta\":{\"io.modelcontextprotocol/related-task\":{\"taskId\":\"theirs\"}}} | false",
                "notifications/subscriptions/acknowledged | {\"notifications\":{\"taskIds\":[\"theirs\"]}} | false",
                "notifications/subscriptions/acknowledged | {\"notifications\":{}} | true",
                "notifications/unheard | {} | false",
            })
    void noticesOfTheServerPassByTheTable(String method, String params, boolean passes) throws Exception {
        String notice = data("{\"jsonrpc\":\"2.0\",\"method\":\"" + method + "\",\"params\":" + params + "}");
        rig.handler.set((exchange, body) -> stream(exchange, notice + data(RESULT)));

        assertThat(rig.post(CALL).body()).isEqualTo((passes ? notice : "") + data(RESULT));
    }

    @Test
    void aServerThatDiesInMidStreamEndsTheStreamWithTheRequestsFate() throws Exception {
        rig.handler.set((exchange, body) -> {
            exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write("id: 1\ndata: \n\ndata: {\"half".getBytes(UTF_8));
            exchange.getResponseBody().flush();
            throw new IOException("the server dies");
        });

        String answer = rig.post(CALL).body();

        assertThat(answer).startsWith("id: 1\ndata: \n\nevent: message\ndata: ").doesNotContain("half");
        JsonNode last =
                Rig.json(answer.substring(answer.lastIndexOf("data: ") + 6).strip());
        assertThat(last.get("id").asInt()).isEqualTo(5);
        assertThat(last.at("/error/code").asInt()).isEqualTo(-31502);
        await().until(() -> rig.lines().size() == 2);
        assertThat(rig.lines().get(1).get("outcome").asText()).isEqualTo("broken");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "application/json | {\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"sampling/createMessage\"} | 502",
                "application/json | [{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{}}] | 502",
                "application/json | {\"jsonrpc\":\"2.0\",\"id\":5,\"resu | 502",
                "application/json | not json | 502",
            })
    void anAnswerThatIsNoneIsReplacedByAnError(String type, String body, int status) throws Exception {
        rig.handler.set((exchange, request) -> Rig.answer(exchange, 200, type, body));

        HttpResponse<String> answer = rig.post(CALL);

        assertThat(answer.statusCode()).isEqualTo(status);
        assertThat(Rig.json(answer.body()).get("id").asInt()).isEqualTo(5);
        assertThat(Rig.json(answer.body()).at("/error/code").asInt()).isEqualTo(-31502);
    }

    @Test
    void aRequestHiddenBehindALongAnswerNeverBecomesWhole() throws Exception {
        rig.handler.set((exchange, request) -> Rig.answer(
                exchange,
                200,
                "application/json",
                "{\"params\":{\"x\":\"" + "x".repeat(200_000) + "\"},\"id\":1,\"method\":\"sampling/createMessage\"}"));

        assertThat(rig.http.sendAsync(
                        rig.request()
                                .POST(HttpRequest.BodyPublishers.ofString(CALL))
                                .build(),
                        HttpResponse.BodyHandlers.ofString()))
                .failsWithin(Duration.ofSeconds(20));
    }

    @Test
    void aBodyOfAnOddTypeIsNotReadAsMessages() throws Exception {
        rig.handler.set((exchange, request) -> Rig.answer(exchange, 200, "text/plain; a=application/json", RESULT));

        assertThat(rig.post(CALL).headers().firstValue("Content-Type")).contains("application/octet-stream");
    }

    @Test
    void anAnswerThatIsCompressedUnaskedIsNotPassed() throws Exception {
        rig.handler.set((exchange, request) -> {
            exchange.getResponseHeaders().set("Content-Encoding", "gzip");
            Rig.answer(exchange, 200, "application/json", "zipped");
        });

        assertThat(rig.post(CALL).statusCode()).isEqualTo(502);
    }

    @ParameterizedTest
    @CsvSource({
        "tools/call, echo, 200",
        "tools/call, =?base64?ZWNobw==?=, 200",
        "tools/call, other, 400",
        "tools/call, =?base64?!!?=, 400",
        "tools/list, echo, 400",
    })
    void headersThatRepeatTheBodyMustAgreeWithIt(String method, String name, int status) throws Exception {
        HttpResponse<String> answer = rig.http.send(
                rig.request()
                        .header("Mcp-Method", method)
                        .header("Mcp-Name", name)
                        .POST(HttpRequest.BodyPublishers.ofString(CALL))
                        .build(),
                HttpResponse.BodyHandlers.ofString());

        assertThat(answer.statusCode()).isEqualTo(status);
        if (status == 400) {
            assertThat(Rig.json(answer.body()).at("/error/code").asInt()).isEqualTo(-32020);
            assertThat(rig.timesAsked()).isZero();
        }
    }

    @Test
    void cuttingTheStreamsOfAnAgentEndsWhatTheServerDoes() throws Exception {
        CountDownLatch open = new CountDownLatch(1);
        CountDownLatch cancelled = new CountDownLatch(1);
        withSession((exchange, body) -> {
            exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
            exchange.sendResponseHeaders(200, 0);
            try {
                while (true) {
                    exchange.getResponseBody().write(": x\n\n".getBytes(UTF_8));
                    exchange.getResponseBody().flush();
                    open.countDown();
                }
            } finally {
                cancelled.countDown();
            }
        });
        String session = open();
        var get = rig.http.sendAsync(
                rig.request().header("Mcp-Session-Id", session).GET().build(),
                HttpResponse.BodyHandlers.ofInputStream());
        open.await();

        rig.streams.close();

        cancelled.await();
        get.join().body().close();
        await().until(() -> rig.lines().size() == 4);
        assertThat(rig.lines().get(3).get("method").asText()).isEqualTo("GET");
        assertThat(rig.lines().get(3).get("outcome").asText()).isEqualTo("broken");
    }

    @Test
    void aSlowAgentSlowsTheServerDown() throws Exception {
        CountDownLatch stuck = new CountDownLatch(1);
        AtomicReference<Long> written = new AtomicReference<>(0L);
        rig.handler.set((exchange, body) -> {
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, 0);
            byte[] piece = "x".repeat(64 * 1024).getBytes(UTF_8);
            exchange.getResponseBody().write("{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"a\":\"".getBytes(UTF_8));
            for (int i = 0; i < 1024; i++) {
                exchange.getResponseBody().write(piece);
                written.set((long) i);
            }
            exchange.getResponseBody().write("\"}}".getBytes(UTF_8));
            exchange.close();
            stuck.countDown();
        });
        var answer = rig.http.send(
                rig.request().POST(HttpRequest.BodyPublishers.ofString(CALL)).build(),
                HttpResponse.BodyHandlers.ofInputStream());

        // 64 MiB do not fit into the buffers between an agent that does not read and the server.
        long[] before = {-1};
        await().until(() -> {
            boolean still = written.get() == before[0];
            before[0] = written.get();
            return still && before[0] > 0;
        });
        assertThat(stuck.getCount()).isEqualTo(1);

        assertThat(answer.body().transferTo(OutputStream.nullOutputStream())).isGreaterThan(64L << 20);
        stuck.await();
    }
}
