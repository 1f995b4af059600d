package dev.stockade.sidecar;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.stockade.model.audit.AuditChain;
import dev.stockade.sidecar.fixture.Mesh;
import dev.stockade.wire.control.v1.AccessPolicy;
import dev.stockade.wire.control.v1.Audit;
import dev.stockade.wire.control.v1.Rule;
import dev.stockade.wire.control.v1.Server;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One of everything that an agent can send, through two sidecars: what both have written down afterwards. */
class AuditOfEverythingTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String CANARY = "c4n4ry";
    private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
    private static final Pattern ID = Pattern.compile("\"id\":([0-9]+)");

    private HttpServer application;
    private Mesh mesh;
    private Mesh.Pod server;
    private Mesh.Pod agent;

    @BeforeEach
    void twoPods(@TempDir Path dir) throws IOException {
        application = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        application.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        application.createContext("/", AuditOfEverythingTest::answer);
        application.start();
        mesh = new Mesh(dir);
        mesh.operator().pod("server-1", Mesh.GITHUB).pod("agent-1", Mesh.TRIAGE);
        server = mesh.startServer("server-1", "127.0.0.2");
        agent = mesh.start("agent-1", "127.0.0.3", 1);
        mesh.tell(
                "server-1",
                "server-v1",
                s -> s.setServer(rules(application.getAddress().getPort())));
        mesh.tell(
                "agent-1",
                "agent-v1",
                s -> s.setAgent(Mesh.triage(
                        Mesh.githubAt(Mesh.endpoint("server-1", "127.0.0.2"))
                                .setPort(application.getAddress().getPort()),
                        Mesh.githubAt().setName("none").setSpiffeId("spiffe://test.local/ns/tools/mcp/none"))));
        mesh.ready(server);
        mesh.ready(agent);
    }

    @AfterEach
    void close() {
        mesh.close();
        application.stop(0);
    }

    private static Server.Builder rules(int port) {
        Server.Builder rules = Mesh.github();
        rules.getLimitsBuilder().setRequestBytes(8192);
        return rules.setPort(port)
                .addPolicies(AccessPolicy.newBuilder()
                        .setNamespace("tools")
                        .setName("reads")
                        .addAllow(Rule.newBuilder().addTools("*"))
                        .addAllow(Rule.newBuilder()
                                .addResources("repo://acme/*")
                                .addPrompts("greet")
                                .addClientFeatures("elicitation"))
                        .addDeny(Rule.newBuilder().addTools("never"))
                        .addDeny(Rule.newBuilder().addTools("delete_*")))
                .addAgents(Mesh.triageAt("agent-1").addPolicies(0));
    }

    private static void answer(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
        Matcher id = ID.matcher(body);
        String number = id.find() ? id.group(1) : "0";
        String type = "application/json";
        String answer =
                "{\"jsonrpc\":\"2.0\",\"id\":" + number + ",\"result\":{\"content\":[],\"s\":\"" + CANARY + "\"}}";
        if (body.contains("\"initialize\"")) {
            exchange.getResponseHeaders().set("Mcp-Session-Id", "s-" + CANARY);
        } else if (body.contains("\"tool_error\"")) {
            answer = answer.replace("\"content\":[]", "\"content\":[],\"isError\":true");
        } else if (body.contains("\"rpc_error\"")) {
            answer = "{\"jsonrpc\":\"2.0\",\"id\":" + number + ",\"error\":{\"code\":-32602,\"message\":\"" + CANARY
                    + "\"}}";
        } else if (body.contains("\"broken\"")) {
            answer = "{\"jsonrpc\":";
        } else if (body.contains("\"asks\"")) {
            type = "text/event-stream";
            answer = event("{\"jsonrpc\":\"2.0\",\"id\":901,\"method\":\"elicitation/create\",\"params\":{\"m\":\""
                            + CANARY + "\"}}")
                    + event("{\"jsonrpc\":\"2.0\",\"id\":902,\"method\":\"sampling/createMessage\",\"params\":{}}")
                    + event(
                            "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/resources/updated\",\"params\":{\"uri\":\"repo://other/x\"}}")
                    + event(answer);
        } else if (!body.contains("\"method\"") || number.equals("0")) {
            exchange.sendResponseHeaders(body.isEmpty() ? 200 : 202, -1);
            exchange.close();
            return;
        }
        byte[] bytes = answer.getBytes(UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(200, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    private static String event(String json) {
        return "data: " + json + "\n\n";
    }

    private HttpResponse<String> send(String method, String body, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(mesh.urlOf(agent, "/tools/github"))
                .header("Accept", "application/json, text/event-stream")
                .header("Authorization", "Bearer " + CANARY)
                .header("Cookie", "k=" + CANARY)
                .header("X-Api-Key", CANARY)
                .header("traceparent", "00-" + TRACE + "-b7ad6b7169203331-01");
        boolean typed = false;
        for (int i = 0; i < headers.length; i += 2) {
            typed |= headers[i].equals("Content-Type");
            request.header(headers[i], headers[i + 1]);
        }
        if (!typed) {
            request.header("Content-Type", "application/json");
        }
        return mesh.http()
                .send(
                        request.method(
                                        method,
                                        body.isEmpty()
                                                ? HttpRequest.BodyPublishers.noBody()
                                                : HttpRequest.BodyPublishers.ofString(body))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }

    private int post(String method, String params, String... headers) throws Exception {
        return send(
                        "POST",
                        "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"" + method + "\",\"params\":" + params + "}",
                        headers)
                .statusCode();
    }

    private static String tool(String name) {
        return "{\"name\":\"" + name + "\",\"arguments\":{\"password\":\"" + CANARY + "\"}}";
    }

    /** What one line says, as far as it does not differ from run to run. */
    private static String said(JsonNode line) {
        return List.of("phase", "method", "kind", "name", "decision", "reason", "policy", "rule", "outcome").stream()
                .map(field -> line.path(field).asText())
                .collect(Collectors.joining(" ", "", ""))
                .replaceAll(" +", " ")
                .strip();
    }

    private void everything() throws Exception {
        // Decided by name
        post("tools/call", tool("echo"));
        post("tools/call", tool("tool_error"));
        post("tools/call", tool("rpc_error"));
        post("tools/call", tool("broken"));
        post("tools/call", tool("asks"));
        post("tools/call", tool("delete_all"));
        post("resources/read", "{\"uri\":\"repo://acme/x\"}");
        post("resources/read", "{\"uri\":\"repo://other/x\"}");
        post("resources/read", "{\"uri\":\"repo://acme/../x\"}");
        post("prompts/get", "{\"name\":\"greet\",\"arguments\":{\"who\":\"" + CANARY + "\"}}");
        post("prompts/get", "{\"name\":\"other\"}");
        post(
                "completion/complete",
                "{\"ref\":{\"type\":\"ref/prompt\",\"name\":\"other\"},\"argument\":{\"name\":\"a\",\"value\":\"b\"}}");
        // By method
        post("tools/list", "{}");
        post("ping", "{}");
        post("secrets/steal", "{\"k\":\"" + CANARY + "\"}");
        send("POST", "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/steal\"}");
        send("POST", "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}");
        send("POST", "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"forged\":\"" + CANARY + "\"}}");
        // Not readable in one way, or not at all
        send("POST", "{\"id\":1,\"id\":2,\"" + CANARY + "\":1}");
        send("POST", "[]");
        post("tools/call", tool("echo"), "Mcp-Method", "tools/list");
        send("POST", "{}", "Content-Type", "text/plain");
        send("POST", "{}", "Content-Encoding", "gzip");
        send("PUT", "{}");
        send("POST", "{\"" + CANARY + "\":\"" + "x".repeat(9000) + "\"}");
        // Sessions
        String session = send("POST", "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"initialize\",\"params\":{}}")
                .headers()
                .firstValue("Mcp-Session-Id")
                .orElseThrow();
        post("tools/call", tool("asks"), "Mcp-Session-Id", session);
        send("POST", "{\"jsonrpc\":\"2.0\",\"id\":901,\"result\":{}}", "Mcp-Session-Id", session);
        send("GET", "", "Mcp-Session-Id", session);
        send("DELETE", "", "Mcp-Session-Id", session);
        post("ping", "{}", "Mcp-Session-Id", session);
        send("GET", "", "Mcp-Session-Id", session);
        send("DELETE", "", "Mcp-Session-Id", session);
        send("GET", "");
        // What never leaves the agent's pod
        mesh.call(agent, "/tools/nowhere?k=" + CANARY, CANARY);
        mesh.call(agent, "/tools/none", CANARY);
        mesh.call(agent, "/tools/github", CANARY, "Origin", "https://" + CANARY + ".example");
        mesh.call(agent, "/tools/github", CANARY, "Mcp-Session-Id", "0123456789ab." + CANARY);
        try (Socket socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), agent.localPort())) {
            socket.getOutputStream().write((CANARY + "\r\n\r\n").getBytes(UTF_8));
            assertThat(new String(socket.getInputStream().readAllBytes(), UTF_8))
                    .startsWith("HTTP/1.1 400");
        }
        // A server that is gone, an agent that may nothing, one that is suspended
        application.stop(0);
        post("tools/call", tool("late"));
        mesh.tell("server-1", "server-v2", s -> s.setServer(Mesh.github()));
        post("tools/call", tool("ungranted"));
        mesh.tell(
                "server-1",
                "server-v3",
                s -> s.setServer(rules(1).setAgents(
                                0, Mesh.triageAt("agent-1").addPolicies(0).setSuspended(true))));
        post("tools/call", tool("suspended"));
    }

    private static final List<String> AT_THE_SERVER = List.of(
            "decision tools/call tool echo allow tools/reads allow[0]",
            "outcome tools/call tool echo allow tools/reads allow[0] ok",
            "outcome tools/call tool tool_error allow tools/reads allow[0] tool_error",
            "outcome tools/call tool rpc_error allow tools/reads allow[0] rpc_error",
            "outcome tools/call tool broken allow tools/reads allow[0] broken",
            "decision elicitation/create allow tools/reads allow[1]",
            "outcome elicitation/create allow tools/reads allow[1] ok",
            "decision sampling/createMessage deny policy_denied",
            "decision notifications/resources/updated resource repo://other/x deny policy_denied",
            "decision tools/call tool delete_all deny policy_denied tools/reads deny[1]",
            "outcome resources/read resource repo://acme/x allow tools/reads allow[1] ok",
            "decision resources/read resource repo://other/x deny policy_denied",
            "decision resources/read resource repo://acme/../x deny malformed",
            "outcome prompts/get prompt greet allow tools/reads allow[1] ok",
            "decision prompts/get prompt other deny policy_denied",
            "decision completion/complete prompt other deny policy_denied",
            "outcome tools/list allow ok",
            "outcome ping allow ok",
            "decision secrets/steal deny policy_denied",
            "decision notifications/steal deny policy_denied",
            "outcome notifications/initialized allow ok",
            "decision response deny policy_denied",
            "decision POST deny malformed",
            "decision tools/call tool echo deny malformed",
            "decision PUT deny malformed",
            "decision POST deny limit",
            "outcome initialize allow ok",
            "outcome response allow ok",
            "outcome GET allow ok",
            "outcome DELETE allow ok",
            "decision ping deny unknown_session",
            "decision GET deny unknown_session",
            "decision DELETE deny unknown_session",
            "outcome tools/call tool late allow tools/reads allow[0] broken",
            "decision CONNECT deny no_grant",
            "decision CONNECT deny suspended");

    private static final List<String> AT_THE_AGENT = List.of(
            "decision POST /tools/nowhere deny unknown_path",
            "decision POST /tools/none deny unreachable",
            "decision POST /tools/github deny malformed",
            "decision POST /tools/github deny unknown_session",
            "decision deny malformed");

    @Test
    void everyMessageHasItsLinesAndNoneHoldsASecret() throws Exception {
        everything();

        List<String> expectedAtServer = AT_THE_SERVER;
        await().untilAsserted(() -> {
            assertThat(lines(server).stream().map(AuditOfEverythingTest::said)).containsAll(expectedAtServer);
            assertThat(lines(agent).stream().map(AuditOfEverythingTest::said)).containsAll(AT_THE_AGENT);
        });
        List<JsonNode> atServer = lines(server);
        assertThat(atServer.stream().map(AuditOfEverythingTest::said).filter("decision POST deny malformed"::equals))
                .as("two bodies, text/plain and gzip")
                .hasSize(4);

        // Every line has what every line must have, and nothing that the documentation does not name
        for (JsonNode line : both()) {
            Set<String> fields = new TreeSet<>();
            line.fieldNames().forEachRemaining(fields::add);
            assertThat(documented()).as(line.toString()).containsAll(fields);
            assertThat(fields)
                    .as(line.toString())
                    .contains(
                            "log",
                            "time",
                            "id",
                            "phase",
                            "boot",
                            "seq",
                            "prev",
                            "agent",
                            "agentPod",
                            "decision",
                            "generation");
            assertThat(line.get("time").asText()).matches("[-0-9]{10}T[:0-9]{8}\\.[0-9]{6}Z");
            assertThat(line.get("decision").asText().equals("deny")).isEqualTo(line.has("reason"));
            boolean ended = line.get("phase").asText().equals("outcome");
            assertThat(line.has("outcome")).isEqualTo(ended);
            assertThat(line.has("durationMicros")).isEqualTo(ended);
        }
        for (JsonNode line : atServer) {
            assertThat(line.get("server").asText()).isEqualTo("tools/github");
            assertThat(line.get("serverPod").asText()).endsWith("/server-1-name");
        }

        // What passes has two lines, what is refused has one
        Map<String, List<JsonNode>> byId = both().stream()
                .collect(Collectors.groupingBy(line -> line.get("id").asText()));
        byId.forEach((id, lines) -> assertThat(lines)
                .as(id + " " + lines)
                .hasSize(lines.getFirst().get("decision").asText().equals("deny") ? 1 : 2));

        // Calls have a digest of their arguments, a trace and sizes; what came in a session has its digest
        JsonNode call = atServer.getFirst();
        assertThat(call.get("arguments").asText()).startsWith("hmac-sha256:");
        assertThat(call.get("traceId").asText()).isEqualTo(TRACE);
        assertThat(call.get("requestBytes").asInt()).isPositive();
        assertThat(atServer).anyMatch(line -> line.path("session").asText().length() == 16);
        assertThat(server.audited() + agent.audited() + server.logged() + agent.logged())
                .doesNotContain(CANARY)
                .doesNotContain("password");

        // The chains hold, and show what was done to them
        for (Mesh.Pod pod : List.of(server, agent)) {
            List<String> chain = pod.audited().lines().toList();
            assertThat(AuditChain.fault(chain)).isEmpty();
            for (int i = 1; i < chain.size() - 1; i++) {
                List<String> without = new ArrayList<>(chain);
                without.remove(i);
                List<String> swapped = new ArrayList<>(chain);
                Collections.swap(swapped, i, i + 1);
                List<String> changed = new ArrayList<>(chain);
                changed.set(
                        i,
                        chain.get(i)
                                .replace("\"decision\":\"deny\"", "\"decision\":\"allow\"")
                                .replace("agents/", "others/"));
                assertThat(AuditChain.fault(without)).isPresent();
                assertThat(AuditChain.fault(swapped)).isPresent();
                assertThat(AuditChain.fault(changed).isPresent())
                        .isEqualTo(!changed.get(i).equals(chain.get(i)));
            }
        }
    }

    @Test
    void underNoneNothingIsSaidOfArguments() throws Exception {
        Server.Builder none = rules(application.getAddress().getPort());
        none.getAuditBuilder().setArguments(Audit.Arguments.ARGUMENTS_NONE);
        mesh.tell("server-1", "server-v2", s -> s.setServer(none));

        post("tools/call", tool("echo"));

        await().untilAsserted(() -> assertThat(lines(server)).hasSize(2));
        assertThat(lines(server)).noneMatch(line -> line.has("arguments"));
    }

    private List<JsonNode> both() {
        List<JsonNode> both = new ArrayList<>(lines(server));
        both.addAll(lines(agent));
        return both;
    }

    private static List<JsonNode> lines(Mesh.Pod pod) {
        return pod.audited().lines().map(AuditOfEverythingTest::json).toList();
    }

    private static JsonNode json(String line) {
        try {
            return JSON.readTree(line);
        } catch (IOException e) {
            throw new AssertionError("an audit line is no JSON: " + line, e);
        }
    }

    /** The fields of the first table in docs/audit-log.md. */
    private static Set<String> documented() throws IOException {
        Set<String> fields = new HashSet<>();
        List<String> rows = Files.readAllLines(Path.of("../docs/audit-log.md")).stream()
                .dropWhile(line -> !line.startsWith("| field"))
                .takeWhile(line -> line.startsWith("|"))
                .toList();
        for (String row : rows) {
            Matcher names = Pattern.compile("`([^`]+)`").matcher(row.split("\\|", -1)[1]);
            while (names.find()) {
                fields.add(names.group(1));
            }
        }
        return fields;
    }
}
