package dev.stockade.cli.question;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.cli.UnusableException;
import dev.stockade.cli.manifest.ManifestReader;
import dev.stockade.cli.question.Answer.Refusal;
import dev.stockade.model.policy.Decision;
import dev.stockade.model.policy.Decision.RuleReference;
import dev.stockade.model.policy.Reason;
import dev.stockade.policy.ResourceName;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AnsweringTest {
    private static final String MESH = """
            apiVersion: v1
            kind: Namespace
            metadata: {name: tools, labels: {stockade.dev/mesh: enabled}}
            ---
            apiVersion: v1
            kind: Namespace
            metadata: {name: agents, labels: {stockade.dev/mesh: enabled}}
            ---
            apiVersion: stockade.dev/v1alpha1
            kind: MeshTrust
            metadata: {name: default}
            spec: {trustDomain: stockade.local}
            ---
            apiVersion: stockade.dev/v1alpha1
            kind: SecureMcpServer
            metadata: {name: github, namespace: tools}
            spec: {selector: {matchLabels: {app: github}}, port: 3000}
            ---
            apiVersion: stockade.dev/v1alpha1
            kind: AgentIdentity
            metadata: {name: triage, namespace: agents}
            spec:
              serviceAccountName: triage
              servers: [{namespace: tools}]
            ---
            apiVersion: stockade.dev/v1alpha1
            kind: McpAccessPolicy
            metadata: {name: reads, namespace: tools}
            spec:
              agents: [{namespace: agents, name: triage}]
              servers: [{name: github}]
              allow:
                - tools: [get_issue, "list_*"]
                - resources: ["repo://acme/*"]
              deny:
                - tools: [list_secrets]
            """;

    private static Answer ask(String mesh, Verb verb, String thing, Optional<String> arguments)
            throws UnusableException {
        return Answering.answer(
                ManifestReader.read(Map.of("mesh.yaml", mesh), Optional.empty()),
                new Question(
                        new ResourceName("agents", "triage"),
                        new ResourceName("tools", "github"),
                        verb,
                        thing,
                        arguments));
    }

    private static Answer call(String mesh, String tool) throws UnusableException {
        return ask(mesh, Verb.CALL, tool, Optional.of("{\"repo\":\"acme/x\"}"));
    }

    @Test
    void whatARuleAllowsIsAllowedByThatRule() throws UnusableException {
        Answer answer = call(MESH, "get_issue");

        assertThat(answer.allowed()).isTrue();
        assertThat(answer.decision()).isEqualTo("allow");
        assertThat(answer.by()).contains(new RuleReference("tools/reads", "allow[0]"));
        assertThat(answer.caller()).isEmpty();
        assertThat(answer.notes()).isEmpty();
    }

    @Test
    void whatNothingAllowsIsRefusedWithTheSentenceOfTheSidecar() throws UnusableException {
        Answer answer = call(MESH, "delete_repo");

        assertThat(answer.allowed()).isFalse();
        assertThat(answer.reason()).isEqualTo("policy_denied");
        assertThat(answer.by()).isEmpty();
        assertThat(answer.caller())
                .contains(new Refusal(
                        200,
                        OptionalInt.of(-31403),
                        "denied by policy: tool 'delete_repo' is not allowed for this workload"));
        assertThat(answer.why()).contains("get_issue, list_*");
    }

    @Test
    void aDenyWinsAndIsNamed() throws UnusableException {
        Answer answer = call(MESH, "list_secrets");

        assertThat(answer.reason()).isEqualTo("policy_denied");
        assertThat(answer.by()).contains(new RuleReference("tools/reads", "deny[0]"));
    }

    @ParameterizedTest
    @CsvSource({"READ, repo://acme/x, true", "READ, repo://other/x, false", "GET, hello, false", "CONNECT, '', true"})
    void resourcesPromptsAndTheServerItselfAreAskedAlike(Verb verb, String thing, boolean allowed)
            throws UnusableException {
        assertThat(ask(MESH, verb, thing, Optional.empty()).allowed()).isEqualTo(allowed);
    }

    @Test
    void aResourceThatTwoServersCouldReadDifferentlyIsRefused() throws UnusableException {
        Answer answer = ask(MESH, Verb.READ, "repo://acme/../x", Optional.empty());

        assertThat(answer.reason()).isEqualTo("malformed");
        assertThat(answer.caller().orElseThrow().message()).contains("dot segment");
    }

    @Test
    void withoutConsentThereIsNoPath() throws UnusableException {
        Answer answer = call(MESH.replace("servers: [{namespace: tools}]", "servers: []"), "get_issue");

        assertThat(answer.reason()).isEqualTo("unknown_path");
        assertThat(answer.caller().orElseThrow().status()).isEqualTo(404);
        assertThat(answer.why()).contains("agents/triage does not take server tools/github", "spec.servers");
    }

    @Test
    void withoutAPolicyThereIsNoGrant() throws UnusableException {
        Answer answer = call(MESH.replace("name: triage}]", "name: other}]"), "get_issue");

        assertThat(answer.reason()).isEqualTo("no_grant");
        assertThat(answer.caller().orElseThrow().status()).isEqualTo(403);
        assertThat(answer.why()).contains("No McpAccessPolicy in namespace tools names agent agents/triage");
    }

    @Test
    void aPolicyThatOnlyDeniesGrantsNothing() throws UnusableException {
        Answer answer = call(MESH.replaceAll("(?s)allow:.*deny:", "deny:"), "get_issue");

        assertThat(answer.reason()).isEqualTo("no_grant");
        assertThat(answer.caller().orElseThrow().message())
                .isEqualTo("denied by policy: no policy allows this workload anything at this server");
    }

    @Test
    void anAgentIsSuspendedByItsOwner() throws UnusableException {
        Answer answer = call(
                MESH.replace("serviceAccountName: triage", "serviceAccountName: triage\n  suspended: true"),
                "get_issue");

        assertThat(answer.reason()).isEqualTo("suspended");
        assertThat(answer.why()).contains("By spec.suspended.");
    }

    @Test
    void anAgentIsSuspendedByThePlatform() throws UnusableException {
        Answer answer = call(
                MESH.replace(
                        "{trustDomain: stockade.local}",
                        "{trustDomain: stockade.local, suspended: [{namespace: agents, name: triage, reason: incident 42}]}"),
                "get_issue");

        assertThat(answer.reason()).isEqualTo("suspended");
        assertThat(answer.why()).contains("By MeshTrust default: incident 42.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"tools", "agents"})
    void aNamespaceWithoutTheLabelIsOutside(String namespace) throws UnusableException {
        Answer answer = call(
                MESH.replace(
                        "{name: " + namespace + ", labels: {stockade.dev/mesh: enabled}}", "{name: " + namespace + "}"),
                "get_issue");

        assertThat(answer.reason()).isEqualTo("not_in_mesh");
        assertThat(answer.why()).contains("Namespace " + namespace + " is not labelled stockade.dev/mesh: enabled");
        assertThat(answer.caller()).isEmpty();
    }

    @Test
    void whatTheManifestsDoNotTellIsAssumedAndSaid() throws UnusableException {
        String ours = MESH.substring(MESH.indexOf("apiVersion: stockade.dev")).replaceFirst("(?s)^.*?---\n", "");

        Answer answer = call(ours, "get_issue");

        assertThat(answer.allowed()).isTrue();
        assertThat(answer.notes())
                .containsExactly("Assumed, since it is not there: agents and tools labelled stockade.dev/mesh: enabled;"
                        + " a MeshTrust of stockade.local that suspends nobody.");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"a\":1,\"a\":2} | byte 8 of the arguments: a key stands twice in one object",
                "{\"a\":1 | byte 8 of the arguments: the body ends in the middle of the message",
                "[1] | arguments is not an object",
                "{\"__proto__\":1} | byte",
            })
    void argumentsAreReadAsStrictlyAsTheSidecarReadsThem(String arguments, String sentence) throws UnusableException {
        Answer answer = ask(MESH, Verb.CALL, "get_issue", Optional.of(arguments));

        assertThat(answer.reason()).isEqualTo("malformed");
        assertThat(answer.caller().orElseThrow().code()).hasValue(-32600);
        assertThat(answer.caller().orElseThrow().message()).startsWith(sentence);
    }

    /** Text that is put into a message must not say more than arguments. */
    @ParameterizedTest
    @ValueSource(strings = {"{},\"task\":{}", "{},\"_meta\":{\"a\":{}}", "null,\"b\":{}", "", "{}}, \"x\":{\"y\":{}"})
    void argumentsThatLeaveTheirPlaceAreNeverAllowed(String arguments) {
        String outcome;
        try {
            outcome = ask(MESH, Verb.CALL, "get_issue", Optional.of(arguments)).reason();
        } catch (UnusableException e) {
            outcome = e.getMessage();
        }

        assertThat(outcome).isIn("malformed", "The arguments are not one JSON object.");
    }

    private static final String CONDITIONAL = MESH.replace(
            "- tools: [get_issue, \"list_*\"]", "- {tools: [get_issue], when: 'args.repo.startsWith(\"acme/\")'}");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"repo\":\"acme/x\"} | allow | ''",
                "{\"repo\":\"other/x\"} | deny | policy_denied",
                "{\"repo\":7} | deny | evaluation_error",
                "{} | deny | evaluation_error",
            })
    void conditionsSeeTheArguments(String arguments, String decision, String reason) throws UnusableException {
        Answer answer = ask(CONDITIONAL, Verb.CALL, "get_issue", Optional.of(arguments));

        assertThat(answer.decision()).isEqualTo(decision);
        assertThat(answer.reason()).isEqualTo(reason);
    }

    @Test
    void aConditionThatTheWebhookWouldRefuseIsToldWithItsPlace() {
        assertThatThrownBy(() -> call(CONDITIONAL.replace("startsWith", "beginsWith"), "get_issue"))
                .hasMessageStartingWith("mesh.yaml:33:34: McpAccessPolicy tools/reads: allow[0].when, line 1, column ");
    }

    @Test
    void whatPoliciesInShadowWouldChangeIsSaid() throws UnusableException {
        Answer answer = call(MESH + """
                ---
                apiVersion: stockade.dev/v1alpha1
                kind: McpAccessPolicy
                metadata: {name: stricter, namespace: tools}
                spec:
                  agents: [{namespace: agents, name: triage}]
                  servers: [{name: github}]
                  mode: Shadow
                  deny: [{tools: [get_issue]}]
                """, "get_issue");

        assertThat(answer.decision()).isEqualTo("allow");
        assertThat(answer.shadow())
                .contains(new Decision.Deny(
                        Reason.POLICY_DENIED, Optional.of(new RuleReference("tools/stricter", "deny[0]"))));
    }

    @Test
    void aServerThatIsOnlyObservedLetsThroughAndSaysWhatWouldBe() throws UnusableException {
        String observed = MESH.replace("port: 3000}", "port: 3000, enforcement: Observe}");

        Answer denied = call(observed, "delete_repo");
        Answer stranger = call(observed.replace("name: triage}]", "name: other}]"), "get_issue");

        assertThat(denied.allowed()).isTrue();
        assertThat(denied.decision()).isEqualTo("observe-deny");
        assertThat(denied.reason()).isEqualTo("policy_denied");
        assertThat(denied.caller()).isEmpty();
        assertThat(denied.notes()).singleElement().asString().contains("enforcement: Observe");
        assertThat(stranger.decision()).isEqualTo("observe-deny");
        assertThat(stranger.reason()).isEqualTo("no_grant");
    }

    @Test
    void whatDoesNotExistHasNoAnswer() {
        assertThatThrownBy(() -> call(MESH.replace("name: github, namespace", "name: gitlab, namespace"), "get_issue"))
                .hasMessage("There is no SecureMcpServer tools/github.");
    }
}
