package dev.stockade.sidecar.mcp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.sun.net.httpserver.HttpExchange;
import dev.stockade.model.policy.ClientFeature;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the server hands out to be brought back is the agent's that it was handed to, and reaches the server as it was. */
class OwnershipTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final ObjectMapper ESCAPING =
            JsonMapper.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build();
    private static final String MARK = "\\.st1\\.[A-Za-z0-9_-]{43}";
    private static final String CALL =
            "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"tools/call\",\"params\":{\"name\":\"echo\",\"arguments\":{}}}";
    private static final String AUGMENTED =
            "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"tools/call\",\"params\":{\"name\":\"echo\",\"task\":{\"ttl\":60000}}}";
    private static final String RETRY =
            "{\"jsonrpc\":\"2.0\",\"id\":6,\"method\":\"tools/call\",\"params\":{\"requestState\":%s,\"name\":\"%s\"}}";
    private static final String TASK =
            "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"%s\",\"params\":{\"taskId\":\"%s\"}}";
    private static final String RELATED = "\"_meta\":{\"io.modelcontextprotocol/related-task\":{\"taskId\":\"%s\"}}";
    private static final String UNKNOWN_TASK = "Failed to retrieve task: Task not found";

    private Rig rig;
    private final List<String> names = new CopyOnWriteArrayList<>();

    @BeforeEach
    void start() throws Exception {
        rig = new Rig();
        rig.allow(Rig.rule(
                List.of("echo", "other"),
                List.of("repo://acme/*"),
                List.of("echo"),
                Set.of(ClientFeature.ELICITATION)));
    }

    @AfterEach
    void stop() {
        rig.close();
    }

    private static String data(String json) {
        return "event: message\ndata: " + json + "\n\n";
    }

    private static void stream(HttpExchange exchange, String events) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
        exchange.sendResponseHeaders(200, 0);
        exchange.getResponseBody().write(events.getBytes(UTF_8));
        exchange.close();
    }

    private void answers(boolean events, String json) {
        rig.handler.set((exchange, body) -> {
            names.add(exchange.getRequestHeaders()
                    .getOrDefault("Mcp-Name", List.of(""))
                    .getFirst());
            if (events) {
                stream(exchange, data(json));
            } else {
                Rig.answer(exchange, 200, "application/json", json);
            }
        });
    }

    private static JsonNode json(String answer) throws IOException {
        return JSON.readTree(answer.startsWith("event:") ? answer.substring(answer.indexOf("data: ") + 6) : answer);
    }

    private HttpResponse<String> postOther(String body) throws Exception {
        return rig.http.send(
                rig.requestOfOther()
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> post(String body, String... headers) throws Exception {
        return rig.http.send(
                rig.request()
                        .headers(headers)
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private static String state(String value) throws IOException {
        return "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"requestState\":" + JSON.writeValueAsString(value)
                + ",\"resultType\":\"input_required\"}}";
    }

    private static String random(Random random, int length) {
        StringBuilder text = new StringBuilder();
        while (text.length() < length) {
            switch (random.nextInt(4)) {
                case 0 -> text.appendCodePoint(random.nextInt(0x20));
                case 1 -> text.append("\"\\/ü漢".charAt(random.nextInt(5)));
                case 2 -> text.appendCodePoint(0x10000 + random.nextInt(0xfffff));
                default -> text.append((char) (' ' + random.nextInt(0x5f)));
            }
        }
        return text.toString();
    }

    @ParameterizedTest
    @CsvSource({"0, false", "1, true", "40, false", "200, true", "9000, false", "65536, false", "65536, true"})
    void aStateOfAnyContentComesBackAsItWas(int length, boolean events) throws Exception {
        String value = random(new Random(length), length);
        answers(events, state(value));

        String given = json(rig.post(CALL).body()).at("/result/requestState").textValue();
        assertThat(given).startsWith(value).hasSize(value.length() + 48);
        answers(false, "{\"jsonrpc\":\"2.0\",\"id\":6,\"result\":{}}");
        for (ObjectMapper agents : List.of(JSON, ESCAPING)) {
            assertThat(rig.post(RETRY.formatted(agents.writeValueAsString(given), "echo"))
                            .body())
                    .contains("\"result\":{}");
            String asked = rig.asked(rig.timesAsked() - 1);
            assertThat(asked).isEqualTo(RETRY.formatted(agents.writeValueAsString(value), "echo"));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 10_000, 40_000, 300_000})
    void aLongAnswerKeepsItsBytesAroundTheMark(int padding) throws Exception {
        String pad = "x".repeat(padding);
        String answer = "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"a\":\"" + pad
                + "\",\"requestState\":\"s-1\",\"b\":\"" + pad + "\"}}";
        answers(false, answer);

        HttpResponse<String> shown = rig.post(CALL);

        assertThat(shown.body()).matches("(?s).*\"s-1" + MARK + "\".*");
        assertThat(shown.body().replaceAll(MARK, "")).isEqualTo(answer);
    }

    @Test
    void aStateOfAnotherAgentIsUnknownWhoeverMadeIt() throws Exception {
        answers(false, state("secret"));
        String given = json(rig.post(CALL).body()).at("/result/requestState").textValue();
        int before = rig.timesAsked();

        for (String body : List.of(
                RETRY.formatted("\"" + given + "\"", "echo"),
                RETRY.formatted("\"secret\"", "echo"),
                RETRY.formatted("\"\"", "echo"))) {
            JsonNode refused = json(postOther(body).body());
            assertThat(refused.get("id").asInt()).isEqualTo(6);
            assertThat(refused.at("/error/code").asInt()).isEqualTo(-32602);
            assertThat(refused.at("/error/message").asText()).isEqualTo(AgentRequest.STATE_UNKNOWN);
            assertThat(refused.at("/error/data/reason").asText()).isEqualTo("unknown_state");
        }
        assertThat(rig.timesAsked()).isEqualTo(before);
        await().until(() -> rig.lines().stream()
                        .filter(l -> l.path("reason").asText().equals("unknown_state"))
                        .count()
                == 3);
        assertThat(rig.audit.toString(UTF_8)).doesNotContain("secret").doesNotContain(given);
    }

    @Test
    void aStateThatWasChangedOrIsForAnotherToolIsUnknownToItsOwnerToo() throws Exception {
        answers(false, state("s"));
        String given = json(rig.post(CALL).body()).at("/result/requestState").textValue();
        int before = rig.timesAsked();

        for (String body : List.of(
                RETRY.formatted("\"" + given + "\"", "other"),
                RETRY.formatted("\"" + given + "\"", "echo").replace("tools/call", "prompts/get"),
                RETRY.formatted("\"t" + given.substring(1) + "\"", "echo"),
                RETRY.formatted("\"" + given.substring(0, given.length() - 1) + "\"", "echo"),
                RETRY.formatted("\"" + given.substring(1) + "\"", "echo"),
                RETRY.formatted("\"" + given + "A\"", "echo"))) {
            assertThat(json(rig.post(body).body()).at("/error/code").asInt())
                    .as(body)
                    .isEqualTo(-32602);
        }
        assertThat(rig.timesAsked()).isEqualTo(before);
        // A tool that is not granted is denied as ever, whatever comes with it.
        assertThat(json(rig.post(RETRY.formatted("\"" + given + "\"", "forbidden"))
                                .body())
                        .at("/error/code")
                        .asInt())
                .isEqualTo(-31403);
    }

    /** Has the agent open a task; the server calls it {@code id}. */
    private String open(String id, boolean modern, boolean events) throws Exception {
        answers(
                events,
                modern
                        ? "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"taskId\":\"" + id
                                + "\",\"status\":\"working\",\"resultType\":\"task\"}}"
                        : "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"task\":{\"taskId\":\"" + id
                                + "\",\"status\":\"working\"}}}");
        JsonNode result = json(rig.post(modern ? CALL : AUGMENTED).body()).get("result");
        String given = result.at(modern ? "/taskId" : "/task/taskId").textValue();
        assertThat(given).matches(id + MARK);
        return given;
    }

    @ParameterizedTest
    @CsvSource({
        "false, false, tasks/get",
        "false, true, tasks/result",
        "false, false, tasks/cancel",
        "true, false, tasks/get",
        "true, true, tasks/update",
        "true, false, tasks/cancel"
    })
    void aTaskIsItsOwnersInBothGenerations(boolean modern, boolean events, String method) throws Exception {
        String given = open("t-1", modern, events);
        String answer = method.equals("tasks/result")
                ? "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"t-1\"}],"
                        + RELATED + "}}"
                : "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"taskId\":\"%s\",\"status\":\"working\"}}";
        answers(events, answer.formatted("t-1"));

        String own = post(TASK.formatted(method, given), "Mcp-Name", given).body();

        assertThat(json(own)).isEqualTo(JSON.readTree(answer.formatted(given)));
        assertThat(rig.asked(1)).isEqualTo(TASK.formatted(method, "t-1"));
        assertThat(names.getLast()).isEqualTo("t-1");
        for (HttpResponse<String> refused : List.of(
                postOther(TASK.formatted(method, given)),
                postOther(TASK.formatted(method, "t-1")),
                rig.post(TASK.formatted(method, "t-1")),
                rig.post(TASK.formatted(method, "t-2" + given.substring(3))),
                rig.post(TASK.formatted(method, "none")))) {
            assertThat(refused.statusCode()).isEqualTo(200);
            assertThat(json(refused.body()).get("id").asInt()).isEqualTo(7);
            assertThat(json(refused.body()).at("/error/code").asInt()).isEqualTo(-32602);
            assertThat(json(refused.body()).at("/error/message").asText()).isEqualTo(UNKNOWN_TASK);
        }
        assertThat(rig.timesAsked()).isEqualTo(2);
    }

    @Test
    void theNameInTheHeaderMustBeTheTaskOfTheBody() throws Exception {
        String given = open("t-1", true, false);
        String other = open("t-2", true, false);

        HttpResponse<String> refused = post(TASK.formatted("tasks/get", given), "Mcp-Name", other);

        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(json(refused.body()).at("/error/code").asInt()).isEqualTo(-32020);
    }

    @Test
    void aTaskWithAnIdThatIsNoHeaderReachesTheServerEncoded() throws Exception {
        String given = open("tä", true, false);
        answers(false, "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{}}");

        String name = ModernHeaders.encode(given);
        assertThat(post(TASK.formatted("tasks/get", given), "Mcp-Name", name).body())
                .contains("result");

        assertThat(names.getLast()).isEqualTo(ModernHeaders.encode("tä")).startsWith("=?base64?");
    }

    @Test
    void aSuspendedAgentAndOneWithoutGrantsHaveNoTasks() throws Exception {
        String given = open("t-1", false, false);
        rig.rules(dev.stockade.sidecar.state.ServerRules.AuditRules.OnFailure.DENY, true);
        assertThat(rig.post(TASK.formatted("tasks/result", given)).statusCode()).isEqualTo(403);
        rig.allow();
        assertThat(rig.post(TASK.formatted("tasks/get", given)).statusCode()).isEqualTo(403);
        assertThat(rig.timesAsked()).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aListOfTasksShowsOnesOwn(boolean events) throws Exception {
        String given = open("t-1", false, false);
        String list = "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tasks/list\"}";
        String answer = "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"tasks\":[%s],\"nextCursor\":\"c\"}}";
        answers(events, answer.formatted("{\"taskId\":\"t-0\"},{\"taskId\":\"t-1\"},{\"taskId\":\"t-2\"}"));

        assertThat(json(rig.post(list).body()))
                .isEqualTo(JSON.readTree(answer.formatted("{\"taskId\":\"" + given + "\"}")));
        assertThat(json(postOther(list).body())).isEqualTo(JSON.readTree(answer.formatted("")));
    }

    @Test
    void aCallThatAsksToRunAsATaskIsDecidedOnLikeAnyOther() throws Exception {
        JsonNode denied = json(rig.post(AUGMENTED.replace("echo", "forbidden")).body());
        assertThat(denied.at("/error/code").asInt()).isEqualTo(-31403);
        assertThat(denied.at("/error/data/name").asText()).isEqualTo("forbidden");
    }

    @Test
    void aSubscriptionHearsOfTheTasksThatItNamedAlone() throws Exception {
        String given = open("t-1", true, false);
        String listen =
                "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"subscriptions/listen\",\"params\":{\"notifications\":{\"taskIds\":[\"%s\"]}}}";
        String acknowledged =
                "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/subscriptions/acknowledged\",\"params\":{\"notifications\":{\"taskIds\":[\"%s\"]}}}";
        String notice =
                "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tasks\",\"params\":{\"taskId\":\"%s\",\"status\":\"working\"}}";
        String end = "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"resultType\":\"complete\"}}";
        rig.handler.set((exchange, body) -> stream(
                exchange,
                data(acknowledged.formatted("t-1"))
                        + data(notice.formatted("t-2"))
                        + data(notice.formatted("t-1"))
                        + data(end)));

        assertThat(rig.post(listen.formatted(given)).body())
                .isEqualTo(data(acknowledged.formatted(given)).replace("event: message\n", "event: message\n")
                        + data(notice.formatted(given))
                        + data(end));
        assertThat(rig.asked(1)).isEqualTo(listen.formatted("t-1"));
        assertThat(json(postOther(listen.formatted(given)).body())
                        .at("/error/code")
                        .asInt())
                .isEqualTo(-32602);
        assertThat(rig.timesAsked()).isEqualTo(2);
    }

    @Test
    void aNoticeOfATaskThatAsksForMoreThanIsGrantedDoesNotPass() throws Exception {
        String given = open("t-1", true, false);
        String notice =
                "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tasks\",\"params\":{\"taskId\":\"%s\",\"inputRequests\":{\"a\":{\"method\":\"%s\"}}}}";
        String end = "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{}}";
        rig.handler.set((exchange, body) -> stream(
                exchange,
                data(notice.formatted("t-1", "sampling/createMessage"))
                        + data(notice.formatted("t-1", "elicitation/create"))
                        + data(end)));

        assertThat(rig.post(CALL).body()).isEqualTo(data(notice.formatted(given, "elicitation/create")) + data(end));
    }

    @Test
    void aTaskThatAsksForMoreThanIsGrantedIsNotShown() throws Exception {
        String given = open("t-1", true, false);
        answers(
                false,
                "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"taskId\":\"t-1\",\"status\":\"input_required\",\"inputRequests\":"
                        + "{\"a\":{\"method\":\"sampling/createMessage\"}}}}");

        JsonNode denied = json(rig.post(TASK.formatted("tasks/get", given)).body());

        assertThat(denied.at("/error/code").asInt()).isEqualTo(-31403);
        assertThat(denied.at("/error/message").asText()).contains("sampling/createMessage");
    }

    @Test
    void whatTheServerAsksForATaskReachesItsOwnerAndTheAnswerNamesTheServersTask() throws Exception {
        rig.handler.set((exchange, body) -> {
            exchange.getResponseHeaders().set("Mcp-Session-Id", "s1");
            Rig.answer(exchange, 200, "application/json", "{\"jsonrpc\":\"2.0\",\"id\":0,\"result\":{}}");
        });
        String session = rig.post("{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{}}")
                .headers()
                .firstValue("Mcp-Session-Id")
                .orElseThrow();
        String given = open("t-1", false, false);
        String asks = "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"elicitation/create\",\"params\":{" + RELATED + "}}";
        String end = "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{" + RELATED + "}}";
        rig.handler.set((exchange, body) -> {
            if (body.contains("tasks/result")) {
                stream(
                        exchange,
                        data(asks.formatted(1, "theirs"))
                                + data(asks.formatted(2, "t-1"))
                                + data(end.formatted("t-1")));
            } else {
                Rig.answer(exchange, 202, "", "");
            }
        });

        String shown = post(TASK.formatted("tasks/result", given), "Mcp-Session-Id", session)
                .body();

        assertThat(shown).isEqualTo(data(asks.formatted(2, given)) + data(end.formatted(given)));
        String answer = "{\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{\"action\":\"accept\"," + RELATED + "}}";
        assertThat(post(answer.formatted("theirs"), "Mcp-Session-Id", session).statusCode())
                .isEqualTo(202);
        assertThat(post(answer.formatted(given), "Mcp-Session-Id", session).statusCode())
                .isEqualTo(202);
        await().untilAsserted(() -> assertThat(rig.asked)
                .contains(answer.formatted("t-1"))
                .doesNotContain(answer.formatted("theirs"))
                .anyMatch(b -> b.contains("-31403") && b.contains("\"id\":1,")));
    }
}
