package dev.stockade.model.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.model.json.Arguments;
import dev.stockade.model.json.ByteRange;
import dev.stockade.model.policy.AccessPolicy;
import dev.stockade.model.policy.AgentAccess;
import dev.stockade.model.policy.ClientFeature;
import dev.stockade.model.policy.GuardedKind;
import dev.stockade.model.policy.NamePattern;
import dev.stockade.model.policy.Reason;
import dev.stockade.model.policy.Rule;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class McpTableTest {
    private static final SpiffeId AGENT = new SpiffeId("stockade.local", "agents", WorkloadKind.AGENT, "triage");
    private static final SpiffeId SERVER = new SpiffeId("stockade.local", "tools", WorkloadKind.MCP, "github");

    private static AgentAccess access(List<Rule> allow, List<Rule> deny) {
        return new AgentAccess(
                AGENT, "triage", SERVER, false, List.of(new AccessPolicy("tools", "reads", 1, false, allow, deny)));
    }

    private static Rule resources(String... patterns) {
        return new Rule(
                List.of(), List.of(patterns).stream().map(NamePattern::new).toList(), List.of(), Set.of());
    }

    private static McpMessage.Request request(String method, Target... targets) {
        return new McpMessage.Request(
                new RequestId("1", false, "1"),
                method,
                McpMethod.of(method),
                new McpMessage.Params(List.of(targets), ByteRange.NONE, "", false));
    }

    @ParameterizedTest
    @CsvSource({
        "initialize, PLUMBING",
        "notifications/initialized, PLUMBING",
        "ping, PLUMBING",
        "server/discover, PLUMBING",
        "notifications/cancelled, PLUMBING",
        "notifications/progress, PLUMBING",
        "logging/setLevel, PLUMBING",
        "notifications/roots/list_changed, PLUMBING",
        "tools/list, FILTERED",
        "resources/list, FILTERED",
        "resources/templates/list, FILTERED",
        "prompts/list, FILTERED",
        "tools/call, GUARDED",
        "prompts/get, GUARDED",
        "resources/read, GUARDED",
        "resources/subscribe, GUARDED",
        "resources/unsubscribe, GUARDED",
        "completion/complete, GUARDED",
        "subscriptions/listen, GUARDED",
        "tasks/list, FILTERED",
        "tasks/get, GUARDED",
        "tasks/result, GUARDED",
        "tasks/cancel, GUARDED",
        "tasks/update, GUARDED",
        "notifications/tasks/status, DENIED"
    })
    void everyMethodHasItsPlace(String word, Treatment treatment) {
        assertThat(McpMethod.of(word)).map(McpMethod::treatment).contains(treatment);
    }

    @Test
    void everyMethodNamesItsSection() {
        assertThat(McpMethod.values()).allSatisfy(m -> assertThat(m.section()).isNotEmpty());
        assertThat(ServerMethod.values())
                .allSatisfy(m -> assertThat(m.section()).isNotEmpty());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Tools/call",
                "tools/call ",
                "rpc.discover",
                "sampling/createMessage",
                "notifications/tasks/status",
                "tasks/delete",
                ""
            })
    void whatIsUnknownOrOnlyTheServersIsDenied(String method) {
        AgentAccess everything = access(
                List.of(new Rule(
                        List.of(new NamePattern("*")),
                        List.of(new NamePattern("*")),
                        List.of(new NamePattern("*")),
                        Set.of(ClientFeature.values()))),
                List.of());

        assertThat(McpGuard.decide(everything, request(method), Arguments.none())
                        .decision()
                        .allows())
                .isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "ping, PLUMBING",
        "notifications/progress, PLUMBING",
        "notifications/cancelled, PLUMBING",
        "notifications/message, PLUMBING",
        "notifications/tools/list_changed, PLUMBING",
        "notifications/resources/list_changed, PLUMBING",
        "notifications/prompts/list_changed, PLUMBING",
        "notifications/subscriptions/acknowledged, PLUMBING",
        "notifications/elicitation/complete, GUARDED",
        "notifications/resources/updated, GUARDED",
        "sampling/createMessage, GUARDED",
        "elicitation/create, GUARDED",
        "roots/list, GUARDED",
        "notifications/tasks/status, GUARDED",
        "notifications/tasks, GUARDED",
        "tasks/list, DENIED",
        "tasks/get, DENIED",
        "tasks/result, DENIED",
        "tasks/cancel, DENIED"
    })
    void everyMethodOfAServerHasItsPlace(String word, Treatment treatment) {
        assertThat(ServerMethod.of(word)).map(ServerMethod::treatment).contains(treatment);
        assertThat(ServerMethod.values()).hasSize(19);
    }

    @ParameterizedTest
    @CsvSource({"get_issue, true", "delete_repo, false"})
    void aCallThatAsksToRunAsATaskIsDecidedOnByItsTool(String tool, boolean allowed) {
        AgentAccess tools =
                access(List.of(new Rule(List.of(new NamePattern("get_*")), List.of(), List.of(), Set.of())), List.of());
        McpMessage.Request call = new McpMessage.Request(
                new RequestId("1", false, "1"),
                "tools/call",
                Optional.of(McpMethod.TOOLS_CALL),
                new McpMessage.Params(List.of(new Target(GuardedKind.TOOL, tool)), ByteRange.NONE, "", true));

        assertThat(McpGuard.decide(tools, call, Arguments.none()).decision().allows())
                .isEqualTo(allowed);
    }

    @Test
    void everyUriOfASubscriptionMustBeAllowed() {
        AgentAccess acme = access(List.of(resources("repo://acme/*")), List.of());
        Target good = new Target(GuardedKind.RESOURCE, "repo://acme/a");
        Target bad = new Target(GuardedKind.RESOURCE, "repo://other/a");

        assertThat(McpGuard.decide(acme, request("subscriptions/listen", good, good), Arguments.none())
                        .decision()
                        .allows())
                .isTrue();
        assertThat(McpGuard.decide(acme, request("subscriptions/listen", good, bad), Arguments.none())
                        .target())
                .contains(bad);
        assertThat(McpGuard.decide(acme, request("subscriptions/listen"), Arguments.none())
                        .decision()
                        .allows())
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "repo://acme/x, true",
        "REPO://acme/x, false",
        "repo://ACME/x, false",
        "repo://acme/%78, true",
        "repo://acme/secret, false",
        "repo://acme/s%65cret, false",
        "repo://acme/../other/x, false",
        "repo://acme/./x, false",
        "repo://acme/%2e%2e/other, false",
        "repo://acme/%252e%252e/other, false",
        "repo://acme/%2Fetc, false",
        "repo://acme/a\\b, false",
        "repo://user@acme/x, false",
        "repo://acme/%00, false",
        "repo://acme/%zz, false",
    })
    void anAllowMustMatchBothFormsOfAUriAndADenyEither(String uri, boolean allowed) {
        AgentAccess acme = access(List.of(resources("repo://acme/*")), List.of(resources("repo://acme/secret*")));

        assertThat(McpGuard.shows(acme, new Target(GuardedKind.RESOURCE, uri))).isEqualTo(allowed);
    }

    @Test
    void theServerMayAskOnlyWhatIsGranted() {
        AgentAccess sampling =
                access(List.of(new Rule(List.of(), List.of(), List.of(), Set.of(ClientFeature.SAMPLING))), List.of());

        assertThat(McpGuard.decide(sampling, ServerMethod.SAMPLING).decision().allows())
                .isTrue();
        assertThat(McpGuard.decide(sampling, ServerMethod.PING).decision().allows())
                .isTrue();
        assertThat(McpGuard.decide(sampling, ServerMethod.ROOTS).decision().allows())
                .isFalse();
        assertThat(McpGuard.decide(sampling, ServerMethod.ELICITATION).message())
                .contains("elicitation/create");
        assertThat(McpGuard.decide(sampling, ServerMethod.TASKS_GET).decision().allows())
                .isFalse();
    }

    @Test
    void aDenialEchoesTheIdAsItCame() {
        String body = new String(
                McpErrors.refusal(
                        Optional.of(new RequestId("\"\\u0061\"", true, "a")),
                        McpErrors.DENIED,
                        "denied by policy: tool 'x\"' is not allowed for this workload",
                        Reason.POLICY_DENIED,
                        Optional.of(new Target(GuardedKind.TOOL, "x\"\n")),
                        "id-1"),
                StandardCharsets.UTF_8);

        assertThat(body)
                .isEqualTo(
                        "{\"jsonrpc\":\"2.0\",\"id\":\"\\u0061\",\"error\":{\"code\":-31403,\"message\":\"denied by policy:"
                                + " tool 'x\\\"' is not allowed for this workload\",\"data\":{\"reason\":\"policy_denied\","
                                + "\"kind\":\"tool\",\"name\":\"x\\\"\\n\",\"auditId\":\"id-1\"}}}");
    }
}
