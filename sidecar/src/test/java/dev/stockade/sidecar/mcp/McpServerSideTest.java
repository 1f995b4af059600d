package dev.stockade.sidecar.mcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.Headers;
import dev.stockade.sidecar.state.ServerRules;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class McpServerSideTest {
    private static final String CALL =
            "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"tools/call\",\"params\":{\"name\":\"%s\",\"arguments\":{\"a\":1}}}";

    private Rig rig;

    @BeforeEach
    void start() throws Exception {
        rig = new Rig();
    }

    @AfterEach
    void stop() {
        rig.close();
    }

    @Test
    void aGrantedCallReachesTheServerAsItCameAndIsRecordedTwice() throws Exception {
        String body = " " + CALL.formatted("\\u0065cho") + "\n";

        HttpResponse<String> answer = rig.post(body);

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(Rig.json(answer.body()).at("/result/method").asText()).isEqualTo("tools/call");
        assertThat(rig.asked(0)).isEqualTo(body);
        await().until(() -> rig.lines().size() == 2);
        JsonNode decision = rig.lines().get(0);
        JsonNode outcome = rig.lines().get(1);
        assertThat(decision.get("phase").asText()).isEqualTo("decision");
        assertThat(decision.get("decision").asText()).isEqualTo("allow");
        assertThat(decision.get("agent").asText()).isEqualTo("spiffe://stockade.local/ns/agents/agent/triage");
        assertThat(decision.get("agentPod").asText()).isEqualTo("agents/triage-0");
        assertThat(decision.get("server").asText()).isEqualTo("tools/github");
        assertThat(decision.get("serverPod").asText()).isEqualTo("tools/github-0");
        assertThat(decision.get("kind").asText()).isEqualTo("tool");
        assertThat(decision.get("name").asText()).isEqualTo("echo");
        assertThat(decision.get("policy").asText()).isEqualTo("tools/reads");
        assertThat(decision.get("rule").asText()).isEqualTo("allow[0]");
        assertThat(decision.get("generation").asLong()).isEqualTo(7);
        assertThat(decision.get("arguments").asText()).startsWith("hmac-sha256:");
        assertThat(outcome.get("phase").asText()).isEqualTo("outcome");
        assertThat(outcome.get("id").asText()).isEqualTo(decision.get("id").asText());
        assertThat(outcome.get("outcome").asText()).isEqualTo("ok");
        assertThat(outcome.get("responseBytes").asInt()).isEqualTo(answer.body().length());
    }

    @ParameterizedTest
    @ValueSource(strings = {"delete_repo", "no_such_tool"})
    void anUngrantedToolIsDeniedWithTheRequestsIdAndNeverReachesTheServer(String tool) throws Exception {
        HttpResponse<String> answer = rig.post(CALL.formatted(tool));

        assertThat(answer.statusCode()).isEqualTo(200);
        JsonNode json = Rig.json(answer.body());
        assertThat(json.get("id").asInt()).isEqualTo(5);
        assertThat(json.at("/error/code").asInt()).isEqualTo(-31403);
        assertThat(json.at("/error/message").asText())
                .isEqualTo("denied by policy: tool '" + tool + "' is not allowed for this workload");
        assertThat(json.at("/error/data/reason").asText()).isEqualTo("policy_denied");
        assertThat(json.at("/error/data/kind").asText()).isEqualTo("tool");
        await().until(() -> rig.lines().size() == 1);
        assertThat(rig.lines().get(0).get("id").asText())
                .isEqualTo(json.at("/error/data/auditId").asText());
        assertThat(rig.lines().get(0).get("reason").asText()).isEqualTo("policy_denied");
        assertThat(rig.timesAsked()).isZero();
    }

    @Test
    void aStringIdStaysAString() throws Exception {
        String answer =
                rig.post(CALL.formatted("x").replace(":5,", ":\"a\\u0062\",")).body();

        assertThat(answer).contains("\"id\":\"a\\u0062\"");
        assertThat(Rig.json(answer).get("id").asText()).isEqualTo("ab");
    }

    @Test
    void theServerSeesItsOwnHostAndWhoAsksAndNothingThatTheAgentClaims() throws Exception {
        AtomicReference<Headers> seen = new AtomicReference<>();
        rig.handler.set((exchange, body) -> {
            seen.set(exchange.getRequestHeaders());
            Rig.echo(exchange, body);
        });
        rig.http.send(
                rig.request()
                        .header("Origin", "http://evil")
                        .header("Forwarded", "for=1.2.3.4")
                        .header("X-Forwarded-For", "1.2.3.4")
                        .header("Stockade-Agent", "spiffe://stockade.local/ns/agents/agent/root")
                        .header("Stockade_Agent", "spiffe://stockade.local/ns/agents/agent/root")
                        .header("X-Remote-User", "root")
                        .header("Accept-Encoding", "gzip")
                        .header("Authorization", "Bearer t")
                        .header("X-Custom", "1")
                        .POST(HttpRequest.BodyPublishers.ofString(CALL.formatted("echo")))
                        .build(),
                HttpResponse.BodyHandlers.ofString());

        assertThat(seen.get().get("Host")).containsExactly("localhost:3000");
        assertThat(seen.get().get("Stockade-Agent")).containsExactly(Rig.TRIAGE.uri());
        assertThat(seen.get().get("Authorization")).containsExactly("Bearer t");
        assertThat(seen.get().get("X-Custom")).containsExactly("1");
        assertThat(seen.get().keySet())
                .doesNotContain(
                        "Origin", "Forwarded", "X-forwarded-for", "Stockade_agent", "X-remote-user", "Accept-encoding");
        assertThat(rig.audit.toString(StandardCharsets.UTF_8)).doesNotContain("Bearer");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"method\":\"tools/list\"} | 400 | malformed",
                "[] | 400 | malformed",
                "nonsense | 400 | malformed",
            })
    void aMalformedBodyIsRefusedRecordedAndNeverSeenByTheServer(String body, int status, String reason)
            throws Exception {
        HttpResponse<String> answer = rig.post(body);

        assertThat(answer.statusCode()).isEqualTo(status);
        await().until(() -> rig.lines().size() == 1);
        assertThat(rig.lines().get(0).get("reason").asText()).isEqualTo(reason);
        assertThat(rig.lines().get(0).get("decision").asText()).isEqualTo("deny");
        assertThat(Rig.json(answer.body()).at("/error/data/auditId").asText())
                .isEqualTo(rig.lines().get(0).get("id").asText());
        assertThat(rig.timesAsked()).isZero();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "POST /mcp/ HTTP/1.1~Host: a~Content-Type: application/json~Content-Length: 2~~{} | 404 | unknown_path",
                "POST /mcp?x=1 HTTP/1.1~Host: a~Content-Type: application/json~Content-Length: 2~~{} | 404 | unknown_path",
                "POST /x/../mcp HTTP/1.1~Host: a~Content-Type: application/json~Content-Length: 2~~{} | 404 | unknown_path",
                "POST /MCP HTTP/1.1~Host: a~Content-Type: application/json~Content-Length: 2~~{} | 404 | unknown_path",
                "POST /mcp HTTP/1.1~Host: a~Content-Type: text/plain~Content-Length: 2~~{} | 415 | malformed",
                "POST /mcp HTTP/1.1~Host: a~Content-Type: application/json;charset=utf-16~Content-Length: 2~~{} | 415 | malformed",
                "POST /mcp HTTP/1.1~Host: a~Content-Type: application/json~Content-Encoding: gzip~Content-Length: 2~~{} | 415 | malformed",
                "POST /mcp HTTP/1.1~Host: a~Content-Type: application/json~Content-Length: 2~Transfer-Encoding: chunked~~0~~ | 400 | malformed",
                "POST /mcp HTTP/1.1~Host: a~Content-Type: application/json~Content-Length: 2~Content-Length: 3~~{} | 400 | malformed",
                "POST /mcp HTTP/1.1~Host: a~Content-Type: application/json~Transfer-Encoding: gzip, chunked~~0~~ | 400 | malformed",
                "POST /mcp HTTP/1.1~Host: a~Content-Type: application/json~Mcp-Session-Id: a~Mcp-Session-Id: b~Content-Length: 2~~{} | 400 | malformed",
                "POST /mcp HTTP/1.1~Host: a~Content-Type: application/json~MCP-Protocol-Version: a~Mcp-Protocol-Version: b~Content-Length: 2~~{} | 400 | malformed",
                "POST /mcp HTTP/1.1~Host: a~Content-Type: application/json~Content-Length: 1048577~~ | 413 | limit",
                "POST /mcp HTTP/1.0~Host: a~Content-Type: application/json~Content-Length: 2~~{} | 505 | malformed",
                "PUT /mcp HTTP/1.1~Host: a~Content-Length: 2~~{} | 405 | malformed",
                "GET /mcp HTTP/1.1~Host: a~~ | 405 | unknown_session",
                "DELETE /mcp HTTP/1.1~Host: a~Mcp-Session-Id: x~~ | 404 | unknown_session",
            })
    void httpThatIsNotStrictIsRefusedAndRecorded(String request, int status, String reason) throws Exception {
        String answer = rig.raw(request.replace("~", "\r\n"));

        assertThat(answer).startsWith("HTTP/1.1 " + status + " ");
        await().until(() -> rig.lines().size() == 1);
        assertThat(rig.lines().get(0).get("reason").asText()).isEqualTo(reason);
        assertThat(rig.timesAsked()).isZero();
    }

    @Test
    void aBareLineFeedDoesNotEndALine() throws Exception {
        String answer = rig.raw("POST /mcp HTTP/1.1\nHost: a\nContent-Length: 2\n\n{}");

        assertThat(answer).startsWith("HTTP/1.1 400 ");
    }

    @Test
    void aBodyThatGrowsOverTheLimitIsRefusedAndTheStreamEnds() throws Exception {
        try (Socket socket = rig.socket()) {
            OutputStream out = socket.getOutputStream();
            out.write(
                    "POST /mcp HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            byte[] chunk = ("10000\r\n" + " ".repeat(0x10000) + "\r\n").getBytes(StandardCharsets.US_ASCII);
            for (int i = 0; i < 16; i++) {
                out.write(chunk);
            }
            out.write("1\r\n \r\n".getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(answer).startsWith("HTTP/1.1 413 ").contains("connection: close");
        }
        await().until(() -> rig.lines().size() == 1);
        assertThat(rig.lines().get(0).get("reason").asText()).isEqualTo("limit");
    }

    @Test
    void manyRequestsUseOneStreamAndOneConnectionToTheServer() throws Exception {
        for (int i = 0; i < 50; i++) {
            assertThat(rig.post(CALL.formatted("echo")).statusCode()).isEqualTo(200);
        }
        assertThat(rig.streams.size()).isLessThanOrEqualTo(2);
        await().until(() -> rig.lines().size() == 100);
    }

    @Test
    void requestsSentAheadAreAnsweredInOrder() throws Exception {
        StringBuilder all = new StringBuilder();
        for (int i = 1; i <= 5; i++) {
            String body = "{\"jsonrpc\":\"2.0\",\"id\":" + i + ",\"method\":\"ping\"}";
            all.append("POST /mcp HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ")
                    .append(body.length())
                    .append(i == 5 ? "\r\nConnection: close\r\n\r\n" : "\r\n\r\n")
                    .append(body);
        }
        try (Socket socket = rig.socket()) {
            socket.getOutputStream().write(all.toString().getBytes(StandardCharsets.US_ASCII));
            String answers = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(answers).containsSubsequence("\"id\":1", "\"id\":2", "\"id\":3", "\"id\":4", "\"id\":5");
        }
    }

    @Test
    void aDeniedNotificationIsAcceptedDroppedAndRecorded() throws Exception {
        HttpResponse<String> answer = rig.post("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/unheard\"}");

        assertThat(answer.statusCode()).isEqualTo(202);
        assertThat(answer.body()).isEmpty();
        await().until(() -> rig.lines().size() == 1);
        assertThat(rig.timesAsked()).isZero();
    }

    @Test
    void anAgentWithoutAnyGrantIsRefusedTheServer() throws Exception {
        rig.allow(Rig.rule(List.of(), List.of(), List.of(), Set.of()));

        HttpResponse<String> answer = rig.post("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}");

        assertThat(answer.statusCode()).isEqualTo(403);
        assertThat(Rig.json(answer.body()).at("/error/data/reason").asText()).isEqualTo("no_grant");
        assertThat(Rig.json(answer.body()).get("id").asInt()).isEqualTo(1);
    }

    @Test
    void aSuspendedAgentIsRefusedTheServer() throws Exception {
        rig.rules(ServerRules.AuditRules.OnFailure.DENY, true, Rig.rule(List.of("*"), List.of(), List.of(), Set.of()));

        HttpResponse<String> answer = rig.post(CALL.formatted("echo"));

        assertThat(answer.statusCode()).isEqualTo(403);
        assertThat(Rig.json(answer.body()).at("/error/data/reason").asText()).isEqualTo("suspended");
    }

    @Test
    void staleRulesServeNobody() throws Exception {
        rig.stale.set(true);

        HttpResponse<String> answer = rig.post(CALL.formatted("echo"));

        assertThat(answer.statusCode()).isEqualTo(503);
        assertThat(Rig.json(answer.body()).at("/error/data/reason").asText()).isEqualTo("stale");
        assertThat(rig.timesAsked()).isZero();
    }

    @Test
    void anEditOfThePolicyDecidesTheNextCallOnTheSameStream() throws Exception {
        assertThat(rig.post(CALL.formatted("add")).body()).contains("-31403");

        rig.allow(Rig.rule(List.of("add"), List.of(), List.of(), Set.of()));

        assertThat(rig.post(CALL.formatted("add")).body()).contains("\"result\"");
        assertThat(rig.streams.size()).isEqualTo(1);
    }

    @Test
    void aServerThatDoesNotListenIsAnsweredWithASentence() throws Exception {
        rig.stopServer();

        HttpResponse<String> answer = rig.post(CALL.formatted("echo"));

        assertThat(answer.statusCode()).isEqualTo(503);
        JsonNode json = Rig.json(answer.body());
        assertThat(json.at("/error/data/reason").asText()).isEqualTo("unreachable");
        assertThat(json.get("id").asInt()).isEqualTo(5);
        await().until(() -> rig.lines().size() == 2);
        assertThat(rig.lines().get(1).get("outcome").asText()).isEqualTo("broken");
    }

    @Test
    void nothingPassesUnrecordedWhereTheLogCannotBeWritten() throws Exception {
        try (Rig broken = new Rig(Optional.of(new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("no space left");
            }
        }))) {
            HttpResponse<String> answer = broken.post(CALL.formatted("echo"));

            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(Rig.json(answer.body()).at("/error/data/reason").asText())
                    .isEqualTo("audit_failed");
            assertThat(broken.timesAsked()).isZero();

            broken.rules(
                    ServerRules.AuditRules.OnFailure.COUNT,
                    false,
                    Rig.rule(List.of("*"), List.of(), List.of(), Set.of()));
            assertThat(broken.post(CALL.formatted("echo")).statusCode()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"content\":[],\"isError\":true}} | tool_error",
                "{\"jsonrpc\":\"2.0\",\"id\":5,\"error\":{\"code\":-32602,\"message\":\"no\"}} | rpc_error",
                "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"content\":[{\"text\":\"\\\"isError\\\":true\"}]}} | ok",
            })
    void theOutcomeIsRecorded(String json, String outcome) throws Exception {
        rig.handler.set((exchange, body) -> Rig.answer(exchange, 200, "application/json", json));

        assertThat(rig.post(CALL.formatted("echo")).body()).isEqualTo(json);

        await().until(() -> rig.lines().size() == 2);
        assertThat(rig.lines().get(1).get("outcome").asText()).isEqualTo(outcome);
    }

    @Test
    void aLargeArgumentAndALargeResultPass() throws Exception {
        String text = "x".repeat(1_000_000);
        rig.handler.set((exchange, body) -> Rig.answer(
                exchange,
                200,
                "application/json",
                "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"" + text
                        + "\"}]}}"));

        HttpResponse<String> answer = rig.post(CALL.formatted("echo").replace("\"a\":1", "\"a\":\"" + text + "\""));

        assertThat(Rig.json(answer.body()).at("/result/content/0/text").asText())
                .isEqualTo(text);
        assertThat(rig.asked(0)).contains(text);
    }

    @Test
    void anAgentThatGoesAwayCancelsAtTheServer() throws Exception {
        CountDownLatch reached = new CountDownLatch(1);
        AtomicReference<Exception> failed = new AtomicReference<>();
        rig.handler.set((exchange, body) -> {
            exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
            exchange.sendResponseHeaders(200, 0);
            try {
                while (true) {
                    exchange.getResponseBody().write(": still here\n\n".getBytes(StandardCharsets.UTF_8));
                    exchange.getResponseBody().flush();
                    reached.countDown();
                }
            } catch (IOException e) {
                failed.set(e);
                throw e;
            }
        });
        try (Socket socket = rig.socket()) {
            String body = CALL.formatted("echo");
            socket.getOutputStream()
                    .write(("POST /mcp HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: "
                                    + body.length() + "\r\n\r\n" + body)
                            .getBytes(StandardCharsets.UTF_8));
            reached.await();
        }

        await().until(() -> failed.get() != null);
        await().until(() -> rig.lines().size() == 2);
        assertThat(rig.lines().get(1).get("outcome").asText()).isEqualTo("broken");
    }
}
