package dev.stockade.e2e;

import static dev.stockade.e2e.workload.Manifests.SERVER_PORT;
import static dev.stockade.e2e.workload.Manifests.agentIdentity;
import static dev.stockade.e2e.workload.Manifests.secureMcpServer;
import static dev.stockade.e2e.workload.Manifests.serviceAccount;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.e2e.mesh.Mesh;
import dev.stockade.e2e.mesh.OnMesh;
import dev.stockade.e2e.mesh.Resource;
import dev.stockade.e2e.mesh.Resource.Condition;
import dev.stockade.e2e.mesh.Team;
import dev.stockade.e2e.mesh.Waiting;
import dev.stockade.e2e.workload.Program;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/**
 * What people meet on their first day, each with the sign by which they know it. The cases stand side by side, so that they are
 * waited for once; {@code docs/first-day.md} names the test of each.
 */
@OnMesh
@Order(24)
class FirstDayE2E {
    private static final String ECHO = "{\"message\":\"day one\"}";
    private static final String INITIALIZE =
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-11-25\","
                    + "\"capabilities\":{},\"clientInfo\":{\"name\":\"first\",\"version\":\"1\"}}}";
    private static final String TOOLS = "e2e-day-tools";
    private static final String WILLING = "servers: [{namespace: " + TOOLS + "}]";
    private static final String DENY_EGRESS = """
            apiVersion: networking.k8s.io/v1
            kind: NetworkPolicy
            metadata: {name: default-deny}
            spec: {podSelector: {}, policyTypes: [Egress]}
            """;

    private final Team tools;
    private final Team agents;
    private final Team shut;
    private final Team outside;

    FirstDayE2E(Mesh mesh) {
        tools = mesh.team(TOOLS);
        agents = mesh.team("e2e-day-agents");
        shut = mesh.team("e2e-day-shut");
        outside = mesh.outsiders("e2e-day-outside");
        tools.apply(
                tools.manifests().oldServer("old"),
                secureMcpServer("old", ""),
                tools.manifests().guardedServer("guarded"),
                secureMcpServer("guarded", ""),
                tools.manifests().twoServers("pair"),
                secureMcpServer("pair", ""),
                tools.manifests().server("wrong", 1, true),
                secureMcpServer("wrong", "wrong", 3999),
                tools.manifests().statefulServer("stateful"),
                secureMcpServer("stateful", ""),
                tools.manifests().server("both", 1, true),
                secureMcpServer("both", ""),
                agentIdentity("default", WILLING + ", selector: {matchLabels: {app: both}}"),
                grantsEverything("caller", "e2e-day-agents"),
                grantsEverything("binder", "e2e-day-agents"),
                grantsEverything("shut", "e2e-day-shut"),
                grantsEverything("default", TOOLS));
        outside.apply(secureMcpServer("unseen", ""), serviceAccount("unseen"), agentIdentity("unseen", ""));
        shut.apply(DENY_EGRESS, serviceAccount("shut"), agentIdentity("shut", WILLING));
        shut.apply(shut.manifests().agent("shut", "shut", true));
        agents.apply(serviceAccount("older"), agents.manifests().agent("older", "older", false));
        for (String name : List.of("caller", "binder", "clash")) {
            agents.apply(serviceAccount(name), agentIdentity(name, WILLING));
        }
        agents.pod("older");
        agents.apply(agentIdentity("older", WILLING));
        // Names are captured when a pod is created: the Services are there by now, and the port of the StatefulSet's is
        // resolved with its first pod.
        tools.awaitReady("stateful-0");
        agents.apply(
                agents.manifests().agent("caller", "caller", true),
                agents.manifests().listeningAgent("binder", "binder", true),
                agents.manifests().listeningAgent("clash", "clash", false));
    }

    private static String grantsEverything(String agent, String namespace) {
        return """
                apiVersion: stockade.dev/v1alpha1
                kind: McpAccessPolicy
                metadata: {name: %1$s}
                spec:
                  agents: [{namespace: %2$s, name: %1$s}]
                  servers: [{name: old}, {name: guarded}, {name: wrong}, {name: stateful}]
                  allow: [{tools: ["*"]}]
                """.formatted(agent, namespace);
    }

    @AfterAll
    void end() {
        List.of(tools, agents, shut, outside).forEach(Team::disband);
    }

    private static String local(String server) {
        return "http://127.0.0.1:15001/" + TOOLS + "/" + server;
    }

    /** The caller, once the policy that names it is in force. */
    private Program caller() {
        tools.policy("caller").await("Enforced", "True");
        return agents.program("caller");
    }

    @Test
    void aServerOfHttpAndSseIsNamedToTheAgentAndToItsOwner() {
        tools.awaitDeployment("old");

        JsonNode modern = caller().call(local("old"), "echo", ECHO);
        JsonNode old = caller().fact("raw", "http", "GET", "http://old." + TOOLS + "/sse");

        assertThat(modern.at("/error/http").asInt()).as("%s", modern).isEqualTo(404);
        assertThat(modern.at("/error/message").asText())
                .contains("does not speak Streamable HTTP", "spec.path of SecureMcpServer " + TOOLS + "/old");
        assertThat(old.path("status").asInt()).isEqualTo(404);
        assertThat(old.path("body").asText()).contains("MCP 2024-11-05 (HTTP+SSE) is not carried");
        Condition accepted = tools.server("old").awaitReason("Accepted", "NotStreamableHttp");
        assertThat(accepted.message()).contains("answered 404 at /mcp", "Set spec.path", "a bridge");
    }

    @Test
    void theSecondServerOfOnePodIsToldWhereItBelongs() {
        tools.awaitDeployment("pair").server("pair").await("Ready", "True");
        tools.apply(secureMcpServer("second", "pair", SERVER_PORT + 1));

        Condition accepted = tools.server("second").awaitReason("Accepted", "Conflict");

        assertThat(accepted.status()).isEqualTo("False");
        assertThat(accepted.message()).contains("SecureMcpServer " + TOOLS + "/pair", "run in a pod of its own");
        tools.server("second").await("Stalled", "True");
        assertThat(tools.server("pair").condition("Ready").orElseThrow().status())
                .isEqualTo("True");
    }

    @Test
    void aServerThatAsksForOAuthSaysSoAndItsTokenPassesThrough() {
        tools.awaitDeployment("guarded");
        String json = "\"content-type\":\"application/json\",\"accept\":\"application/json, text/event-stream\"";

        JsonNode without = caller().fact("raw", "http", "POST", local("guarded"), "{" + json + "}", INITIALIZE);
        JsonNode metadata = caller().fact(
                        "raw",
                        "http",
                        "GET",
                        "http://127.0.0.1:15001/.well-known/oauth-protected-resource/" + TOOLS + "/guarded");
        JsonNode with = caller().fact(
                        "raw",
                        "http",
                        "POST",
                        local("guarded"),
                        "{" + json + ",\"authorization\":\"Bearer let-me-in\"}",
                        INITIALIZE);

        assertThat(without.path("status").asInt()).as("%s", without).isEqualTo(401);
        assertThat(without.at("/headers/www-authenticate").asText()).contains("resource_metadata=");
        assertThat(metadata.path("status").asInt()).isEqualTo(404);
        assertThat(metadata.path("body").asText()).contains("get the token from its authorization server");
        assertThat(with.path("status").asInt()).as("%s", with).isEqualTo(200);
        assertThat(with.path("body").asText()).contains("guarded");
        assertThat(tools.sidecarLog(
                        tools.pods("guarded").getFirst().getMetadata().getName()))
                .doesNotContain("let-me-in");
    }

    @Test
    void defaultDenyEgressIsNamedStepByStepAndTheSentencesAreTheCure() {
        assertThat(shut.awaitEvent(
                                "shut",
                                event -> event.getReason().equals("EgressDenied")
                                        && event.getMessage().contains("has not reached the operator"))
                        .getMessage())
                .contains("NetworkPolicy e2e-day-shut/default-deny", "TCP 15010 in namespace stockade-system", "DNS");

        shut.apply(opens("control", "{port: 15010}, {port: 53, protocol: UDP}, {port: 53}"));
        shut.awaitReady("shut");
        assertThat(shut.awaitEvent(
                                "shut",
                                event -> event.getReason().equals("EgressDenied")
                                        && event.getMessage().contains("reaches no server"))
                        .getMessage())
                .contains("lets TCP 15008 out");
        tools.policy("shut").await("Enforced", "True");
        JsonNode closed = shut.programOf("shut").call(local("stateful"), "echo", ECHO);
        assertThat(closed.at("/error/http").asInt()).as("%s", closed).isEqualTo(503);
        assertThat(closed.at("/error/message").asText()).contains("TCP 15008 of the server's pods");

        shut.apply(opens("mesh", "{port: 15008}"));
        Program agent = shut.programOf("shut");
        Waiting.until(
                "the agent reaches the server",
                () -> agent.call(local("stateful"), "echo", ECHO),
                () -> agent.call(local("stateful"), "echo", ECHO).has("result"));
    }

    private static String opens(String name, String ports) {
        return """
                apiVersion: networking.k8s.io/v1
                kind: NetworkPolicy
                metadata: {name: %s}
                spec: {podSelector: {}, policyTypes: [Egress], egress: [{ports: [%s]}]}
                """.formatted(name, ports);
    }

    @Test
    void aHeadlessServiceIsReachedByItsNameAndNotByThatOfASinglePod() {
        JsonNode byName = caller().call("http://stateful." + TOOLS + ":" + SERVER_PORT + "/mcp", "echo", ECHO);
        JsonNode bySinglePod = caller().fact(
                        "raw",
                        "http",
                        "POST",
                        "http://stateful-0.stateful." + TOOLS + ":" + SERVER_PORT + "/mcp",
                        "{}",
                        INITIALIZE);

        assertThat(byName.at("/result/content/0/text").asText())
                .as("%s", byName)
                .isEqualTo("Echo: day one");
        assertThat(bySinglePod.path("connected").asBoolean())
                .as("%s", bySinglePod)
                .isFalse();
        assertThat(tools.server("stateful").awaitReason("Accepted", "Accepted").message())
                .contains("the headless Service stateful itself", "names of single pods");
    }

    @Test
    void aServerWithoutAServiceSaysItsAddress() {
        assertThat(tools.server("guarded").awaitReason("Accepted", "NoService").message())
                .contains(local("guarded"));
    }

    @Test
    void agentAndServerInOnePodHaveACertificateEach() {
        tools.awaitDeployment("both").server("both").await("Ready", "True");
        Resource agent = tools.agentIdentity("default").await("Ready", "True");
        String pod = tools.pods("both").getFirst().getMetadata().getName();
        tools.policy("default").await("Enforced", "True");

        JsonNode called = new Program(tools.client(), TOOLS, pod, "server").call(local("stateful"), "echo", ECHO);

        assertThat(called.at("/result/content/0/text").asText())
                .as("%s", called)
                .isEqualTo("Echo: day one");
        assertThat(agent.status("sidecars")).isEqualTo("1/1");
        assertThat(tools.server("both").status("sidecars")).isEqualTo("1/1");
    }

    @Test
    void aWrongPortIsNamedOnTheServerAndInTheError() {
        tools.awaitDeployment("wrong");

        JsonNode call = caller().call(local("wrong"), "echo", ECHO);

        assertThat(tools.server("wrong")
                        .awaitReason("Accepted", "PortNotDeclared")
                        .message())
                .contains("Port 3999", "found " + SERVER_PORT, "Set spec.port");
        assertThat(tools.server("wrong").awaitReason("MeshOnly", "NotListening").message())
                .contains("3999");
        assertThat(call.at("/error/http").asInt()).as("%s", call).isEqualTo(503);
        assertThat(call.at("/error/message").asText())
                .contains("nothing listens on port 3999", "spec.port of SecureMcpServer " + TOOLS + "/wrong");
    }

    @Test
    void anAgentKeepsThePortThatItDeclaresAndOneThatDoesNotIsTold() {
        Program binder = agents.program("binder");
        tools.policy("binder").await("Enforced", "True");

        JsonNode called = binder.call(local("stateful"), "echo", ECHO);

        assertThat(called.has("result")).as("%s", called).isTrue();
        Waiting.until(
                "the agent is told which name its pod does not have, and why",
                () -> agents.agentIdentity("binder").status("notCaptured"),
                () -> Stream.of(
                                "stateful:" + SERVER_PORT,
                                local("stateful"),
                                "declares port " + SERVER_PORT + " itself")
                        .allMatch(String.valueOf(agents.agentIdentity("binder").status("notCaptured"))::contains));
        assertThat(agents.awaitEvent("clash", event -> event.getReason().equals("CapturedPorts"))
                        .getMessage())
                .contains(
                        "Container agent keeps ending",
                        String.valueOf(SERVER_PORT),
                        "Declare the container's own port");
    }

    @Test
    void aPodThatIsOlderThanItsResourceIsNamed() {
        Condition injected = agents.agentIdentity("older").awaitReason("Injected", "PodsWithoutSidecar");

        assertThat(injected.status()).isEqualTo("False");
        assertThat(injected.message()).contains("Without: e2e-day-agents/older", "restart them");
    }

    @Test
    void aNamespaceThatWasNeverLabelledIsNamedWithTheCommand() {
        for (Resource resource : List.of(outside.server("unseen"), outside.agentIdentity("unseen"))) {
            Condition accepted = resource.awaitReason("Accepted", "NamespaceNotInMesh");
            assertThat(accepted.message())
                    .contains("kubectl label namespace e2e-day-outside stockade.dev/mesh=enabled");
            resource.await("Stalled", "True");
        }
    }
}
