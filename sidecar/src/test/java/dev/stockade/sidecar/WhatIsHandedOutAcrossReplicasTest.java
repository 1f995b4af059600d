package dev.stockade.sidecar;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.sidecar.fixture.HandingServer;
import dev.stockade.sidecar.fixture.Mesh;
import dev.stockade.wire.control.v1.AccessPolicy;
import dev.stockade.wire.control.v1.AgentAccess;
import dev.stockade.wire.control.v1.Endpoint;
import dev.stockade.wire.control.v1.Rule;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two replicas of a server and two agents: whose is what, at the other replica and after a restart of each sidecar. */
class WhatIsHandedOutAcrossReplicasTest {
    private static final SpiffeId OTHER = new SpiffeId(Mesh.TRUST_DOMAIN, "agents", WorkloadKind.AGENT, "other");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Map<String, String> ADDRESSES =
            Map.of("server-1", "127.0.0.2", "server-2", "127.0.0.4", "agent-1", "127.0.0.3", "agent-2", "127.0.0.5");
    private static final String MODERN = "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"}";

    private final HandingServer.Store store = new HandingServer.Store();
    private final Map<String, HandingServer> applications =
            Map.of("server-1", new HandingServer("server-1", store), "server-2", new HandingServer("server-2", store));
    private final Map<String, Mesh.Pod> pods = new HashMap<>();
    private int versions;

    @TempDir
    Path dir;

    private Mesh mesh;

    @BeforeEach
    void start() {
        mesh = new Mesh(dir);
        mesh.operator()
                .pod("server-1", Mesh.GITHUB)
                .pod("server-2", Mesh.GITHUB)
                .pod("agent-1", Mesh.TRIAGE)
                .pod("agent-2", OTHER);
        for (String replica : applications.keySet()) {
            mesh.operator()
                    .send(
                            replica,
                            mesh.operator()
                                    .snapshot(replica)
                                    .setServer(Mesh.github()
                                            .setPort(application(replica).port())
                                            .addPolicies(AccessPolicy.newBuilder()
                                                    .setNamespace("tools")
                                                    .setName("both")
                                                    .addAllow(Rule.newBuilder()
                                                            .addTools("ask")
                                                            .addTools("build")
                                                            .addClientFeatures("elicitation")))
                                            .addAgents(Mesh.triageAt("agent-1").addPolicies(0))
                                            .addAgents(other().addPolicies(0)))
                                    .build());
            pods.put(replica, mesh.startServer(replica, address(replica)));
        }
        for (String agent : List.of("agent-1", "agent-2")) {
            mesh.operator().send(agent, toldOf(agent, "server-1", "server-2"));
            pods.put(agent, mesh.start(agent, address(agent), 1));
        }
        pods.values().forEach(mesh::ready);
    }

    @AfterEach
    void stop() {
        mesh.close();
        applications.values().forEach(HandingServer::close);
    }

    private static String address(String pod) {
        return requireNonNull(ADDRESSES.get(pod));
    }

    private HandingServer application(String replica) {
        return requireNonNull(applications.get(replica));
    }

    private Mesh.Pod pod(String name) {
        return requireNonNull(pods.get(name));
    }

    private static AgentAccess.Builder other() {
        return Mesh.triageAt("agent-2")
                .setSpiffeId(OTHER.uri())
                .setName(OTHER.name())
                .setServiceAccount(OTHER.name());
    }

    private dev.stockade.wire.control.v1.Snapshot toldOf(String agent, String... replicas) {
        // All pods of this test share one loopback, so that each replica's application has a port of its own.
        var target = Mesh.githubAt(Arrays.stream(replicas)
                        .map(replica -> Mesh.endpoint(replica, address(replica)))
                        .toArray(Endpoint.Builder[]::new))
                .setPort(application(replicas[0]).port());
        var told = Mesh.triage(target);
        if (agent.equals("agent-2")) {
            told.setSpiffeId(OTHER.uri()).setName(OTHER.name());
        }
        return mesh.operator().snapshot("agent-v" + ++versions).setAgent(told).build();
    }

    /** What the agent sends from now on reaches this replica. */
    private void lead(String agent, String... replicas) {
        var snapshot = toldOf(agent, replicas);
        mesh.operator().send(agent, snapshot);
        mesh.inForce(agent, snapshot.getVersion());
    }

    private void restart(String pod) {
        mesh.stop(pod(pod));
        pods.put(
                pod, pod.startsWith("server") ? mesh.startServer(pod, address(pod)) : mesh.start(pod, address(pod), 1));
        mesh.ready(pod(pod));
    }

    private HttpResponse<String> post(String agent, String body, String... headers) {
        String[] all = Arrays.copyOf(headers, headers.length + 2);
        all[headers.length] = "Content-Type";
        all[headers.length + 1] = "application/json";
        return mesh.call(pod(agent), "/tools/github", body, all);
    }

    private JsonNode ask(String agent, String method, String params, String... headers) throws Exception {
        HttpResponse<String> answer = post(
                agent,
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" + method + "\",\"params\":{" + params + "}}",
                headers);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return JSON.readTree(answer.body());
    }

    /** The retry of {@code ask} with the user's answer, written as the agent's library likes. */
    private JsonNode retry(String agent, String state) throws Exception {
        return ask(
                agent,
                "tools/call",
                "\"name\":\"ask\",\"inputResponses\":{\"who\":{\"action\":\"accept\"}},\"requestState\":"
                        + JSON.writeValueAsString(state) + "," + MODERN);
    }

    private String stateOf(String agent) throws Exception {
        JsonNode asked = ask(agent, "tools/call", "\"name\":\"ask\"," + MODERN).get("result");
        assertThat(asked.at("/inputRequests/who/method").asText()).isEqualTo("elicitation/create");
        String state = asked.get("requestState").asText();
        assertThat(state).startsWith(HandingServer.STATE).isNotEqualTo(HandingServer.STATE);
        return state;
    }

    @Test
    void anElicitationGoesOnAtTheOtherReplicaAndAfterARestartOfEachSidecar() throws Exception {
        lead("agent-1", "server-1");
        String state = stateOf("agent-1");

        // When the retry reaches the other replica
        lead("agent-1", "server-2");
        JsonNode done = retry("agent-1", state).get("result");
        assertThat(done.get("server").asText()).isEqualTo("server-2");
        assertThat(done.get("known").asBoolean()).isTrue();
        assertThat(done.at("/answers/who/action").asText()).isEqualTo("accept");

        // When each sidecar was restarted
        for (String pod : List.of("server-1", "server-2", "agent-1")) {
            restart(pod);
        }
        for (String replica : List.of("server-1", "server-2")) {
            lead("agent-1", replica);
            done = retry("agent-1", state).get("result");
            assertThat(done.get("server").asText()).isEqualTo(replica);
            assertThat(done.get("known").asBoolean()).isTrue();
        }

        // Then another agent has nothing of it, in whichever form and at whichever replica
        for (String replica : List.of("server-1", "server-2")) {
            lead("agent-2", replica);
            for (String tried : List.of(state, HandingServer.STATE, state.substring(1), state + "A")) {
                assertThat(retry("agent-2", tried).at("/error/code").asInt()).isEqualTo(-32602);
            }
        }
        assertThat(pod("server-2").audited()).contains("\"reason\":\"unknown_state\"");
    }

    @Test
    void aTaskIsItsOwnersAtEveryReplicaAndAfterARestartOfEachSidecar() throws Exception {
        lead("agent-1", "server-1");
        lead("agent-2", "server-2");
        List<String> tasks = List.of(
                ask("agent-1", "tools/call", "\"name\":\"build\",\"task\":{\"ttl\":1}")
                        .at("/result/task/taskId")
                        .asText(),
                ask("agent-1", "tools/call", "\"name\":\"build\"," + MODERN)
                        .at("/result/taskId")
                        .asText());
        String theirs = ask("agent-2", "tools/call", "\"name\":\"build\"," + MODERN)
                .at("/result/taskId")
                .asText();
        assertThat(store.size()).isEqualTo(3);
        assertThat(listed("agent-1")).containsExactlyElementsOf(tasks);
        assertThat(listed("agent-2")).containsExactly(theirs);

        for (boolean restarted : new boolean[] {false, true}) {
            if (restarted) {
                for (String pod : List.of("server-1", "server-2", "agent-1", "agent-2")) {
                    restart(pod);
                }
            }
            lead("agent-1", "server-2");
            lead("agent-2", "server-1");
            assertThat(listed("agent-1")).as("before it brings one").isEmpty();
            for (String task : tasks) {
                assertThat(ask("agent-1", "tasks/get", id(task))
                                .at("/result/taskId")
                                .asText())
                        .isEqualTo(task);
                assertThat(ask("agent-1", "tasks/result", id(task))
                                .at("/result/_meta/io.modelcontextprotocol~1related-task/taskId")
                                .asText())
                        .isEqualTo(task);
                assertThat(ask("agent-1", "tasks/update", id(task) + ",\"inputResponses\":{}," + MODERN)
                                .at("/result/server")
                                .asText())
                        .isEqualTo("server-2");
                for (String method : List.of("tasks/get", "tasks/result", "tasks/cancel", "tasks/update")) {
                    for (String tried : List.of(task, task.substring(0, task.indexOf(".st1.")))) {
                        assertThat(ask("agent-2", method, id(tried))
                                        .at("/error/message")
                                        .asText())
                                .isEqualTo("Failed to retrieve task: Task not found");
                    }
                }
            }
            assertThat(listed("agent-1")).containsExactlyElementsOf(tasks);
            assertThat(listed("agent-2")).isEmpty();
        }
        assertThat(ask("agent-1", "tasks/cancel", id(tasks.getFirst()))
                        .at("/result/status")
                        .asText())
                .isEqualTo("cancelled");
    }

    private static String id(String task) {
        return "\"taskId\":\"" + task + "\"";
    }

    private List<String> listed(String agent) throws Exception {
        return ask(agent, "tasks/list", "").at("/result/tasks").findValuesAsText("taskId");
    }

    @Test
    void aSessionStaysWithItsReplicaAndEndsWithItsSidecar() throws Exception {
        lead("agent-1", "server-1");
        String session = post("agent-1", "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{}}")
                .headers()
                .firstValue("Mcp-Session-Id")
                .orElseThrow();
        lead("agent-1", "server-1", "server-2");
        restart("agent-1");
        for (int i = 0; i < 4; i++) {
            assertThat(ask("agent-1", "tools/call", "\"name\":\"ask\"", "Mcp-Session-Id", session)
                            .at("/result/server")
                            .asText())
                    .isEqualTo("server-1");
        }
        for (String method : List.of("POST", "GET", "DELETE")) {
            assertThat(status("agent-2", method, session)).as(method).isEqualTo(404);
        }

        restart("server-1");

        for (String method : List.of("POST", "GET", "DELETE")) {
            assertThat(status("agent-1", method, session)).as(method).isEqualTo(404);
        }
        HttpResponse<String> anew =
                post("agent-1", "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{}}");
        assertThat(anew.statusCode()).isEqualTo(200);
        assertThat(ask(
                                "agent-1",
                                "tools/call",
                                "\"name\":\"ask\"",
                                "Mcp-Session-Id",
                                anew.headers().firstValue("Mcp-Session-Id").orElseThrow())
                        .has("result"))
                .isTrue();
    }

    private int status(String agent, String method, String session) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(mesh.urlOf(pod(agent), "/tools/github"))
                .header("Mcp-Session-Id", session)
                .header("Content-Type", "application/json");
        HttpRequest.BodyPublisher body = method.equals("POST")
                ? HttpRequest.BodyPublishers.ofString("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}")
                : HttpRequest.BodyPublishers.noBody();
        return mesh.http()
                .send(request.method(method, body).build(), HttpResponse.BodyHandlers.ofString())
                .statusCode();
    }
}
