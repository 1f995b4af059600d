package dev.stockade.e2e;

import static dev.stockade.e2e.workload.Manifests.policy;
import static dev.stockade.e2e.workload.Manifests.secureMcpServer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.e2e.mesh.Audit;
import dev.stockade.e2e.mesh.Mesh;
import dev.stockade.e2e.mesh.OnMesh;
import dev.stockade.e2e.mesh.Resource;
import dev.stockade.e2e.mesh.Team;
import dev.stockade.e2e.mesh.Waiting;
import dev.stockade.e2e.workload.Conversation;
import dev.stockade.e2e.workload.Program;
import io.fabric8.kubernetes.client.KubernetesClientException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** What a policy says of arguments, what it says in shadow, and what a server under observation lets through. */
@OnMesh
@Order(24)
class PolicyE2E {
    private static final String URL = "http://127.0.0.1:15001/e2e-policy/sums";
    private static final String WATCHED_URL = "http://127.0.0.1:15001/e2e-policy/watched";

    private static final String CONDITION = """
            apiVersion: stockade.dev/v1alpha1
            kind: McpAccessPolicy
            metadata: {name: small-sums}
            spec:
              agents: [{namespace: e2e-policy, name: clerk}]
              servers: [{name: sums}]
              allow:
                - tools: [get-sum]
                  when: args.a + args.b < 100
                - tools: [echo]
            """;

    private final Team team;

    PolicyE2E(Mesh mesh) {
        team = mesh.team("e2e-policy");
    }

    @BeforeAll
    void raise() {
        team.apply(
                team.manifests().server("sums", 1, true),
                secureMcpServer("sums", ""),
                team.manifests().server("watched", 1, true),
                secureMcpServer("watched", "enforcement: Observe"),
                CONDITION,
                policy("echoes", "e2e-policy", "clerk", "watched", "echo"));
        team.agent("clerk", "").agent("auditor", "");
        team.awaitDeployment("sums")
                .awaitDeployment("watched")
                .awaitReady("clerk")
                .awaitReady("auditor");
        team.policy("small-sums").await("Ready", "True");
        team.server("sums").await("Ready", "True");
    }

    @AfterAll
    void end() {
        team.disband();
    }

    @Test
    void aConditionDecidesByTheArgumentsOfTheCall() {
        Program clerk = team.program("clerk");

        JsonNode small = clerk.call(URL, "get-sum", "{\"a\":19,\"b\":23}");
        JsonNode large = clerk.call(URL, "get-sum", "{\"a\":99,\"b\":23}");
        JsonNode odd = clerk.call(URL, "get-sum", "{\"a\":\"nineteen\",\"b\":23}");

        assertThat(small.at("/result/content/0/text").asText()).as("%s", small).contains("42");
        assertThat(large.at("/error/code").asInt()).as("%s", large).isEqualTo(-31403);
        assertThat(large.at("/error/data/reason").asText()).isEqualTo("policy_denied");
        assertThat(odd.at("/error/data/reason").asText()).as("%s", odd).isEqualTo("evaluation_error");
        Audit audit = new Audit(team, "sums");
        assertThat(audit.withId(odd.at("/error/data/auditId").asText())
                        .path("reason")
                        .asText())
                .isEqualTo("evaluation_error");
        assertThat(clerk.tools(URL)).as("a list has no arguments").contains("get-sum", "echo");
    }

    @Test
    void aConditionThatMeansNothingIsRefusedWhenItIsAppliedAndChangesNothing() {
        Resource policy = team.policy("small-sums");
        long generation = policy.generation();

        assertThatThrownBy(() -> policy.patch(
                        "{\"spec\":{\"allow\":[{\"tools\":[\"get-sum\"],\"when\":\"args.a + agent.nmae < 100\"}]}}"))
                .isInstanceOf(KubernetesClientException.class)
                .hasMessageContaining("allow[0].when")
                .hasMessageContaining("nmae");
        assertThat(policy.generation()).isEqualTo(generation);
        JsonNode still = team.program("clerk").call(URL, "get-sum", "{\"a\":1,\"b\":2}");
        assertThat(still.has("result")).as("%s", still).isTrue();
    }

    @Test
    void aPolicyInShadowIsRecordedAndRefusesNothing() {
        team.apply(policy("trial", "e2e-policy", "clerk", "sums", "get-sum")
                .replace("  allow: [{tools: [get-sum]}]", "  mode: Shadow\n  deny: [{tools: [echo]}]"));
        team.policy("trial").await("Ready", "True");

        JsonNode answer = team.program("clerk").call(URL, "echo", "{\"message\":\"in the shade\"}");

        assertThat(answer.has("result")).as("%s", answer).isTrue();
        JsonNode line = new Audit(team, "sums")
                .await(
                        "echo with what the shadow said",
                        one -> one.path("phase").asText().equals("decision")
                                && one.path("name").asText().equals("echo")
                                && one.has("shadow"));
        assertThat(line.path("decision").asText()).isEqualTo("allow");
        assertThat(line.path("shadow").toString()).contains("deny").contains("e2e-policy/trial");
        team.policy("trial").delete();
    }

    @Test
    void aServerUnderObservationLetsEveryLiveAgentThroughAndSaysWhatWouldHaveBeenRefused() {
        Resource.Condition enforced = team.server("watched").awaitReason("PolicyEnforced", "Observing");
        assertThat(enforced.status()).isEqualTo("False");

        JsonNode ungranted = team.program("auditor").call(WATCHED_URL, "get-sum", "{\"a\":19,\"b\":23}");

        assertThat(ungranted.at("/result/content/0/text").asText())
                .as("%s", ungranted)
                .contains("42");
        JsonNode line = new Audit(team, "watched")
                .await(
                        "get-sum, which no policy allows",
                        one -> one.path("name").asText().equals("get-sum"));
        assertThat(line.path("decision").asText()).isEqualTo("observe-deny");
        team.agentIdentity("auditor").patch("{\"spec\":{\"suspended\":true}}");
        team.agentIdentity("auditor").await("Suspended", "True");
        JsonNode suspended = team.program("auditor").call(WATCHED_URL, "get-sum", "{\"a\":19,\"b\":23}");
        assertThat(suspended.at("/error/http").asInt())
                .as("a suspended agent: %s", suspended)
                .isEqualTo(403);
    }

    @Test
    void anOpenStreamHearsThatTheListOfToolsHasChanged() {
        Program clerk = team.program("clerk");
        try (Conversation stream = clerk.start("agent", "hold", URL)) {
            stream.await(
                    "the open stream", 0, fact -> fact.path("stream").asText().equals("open"));
            int told = stream.told().size();

            team.apply(CONDITION + "    - tools: [get-tiny-image]\n");

            stream.await(
                    "a notice that the list changed",
                    told,
                    fact -> fact.toString().contains("notifications/tools/list_changed"));
            Waiting.until(
                    "the new tool in the list",
                    () -> clerk.tools(URL),
                    () -> clerk.tools(URL).contains("get-tiny-image"));
        } finally {
            team.apply(CONDITION);
        }
    }
}
