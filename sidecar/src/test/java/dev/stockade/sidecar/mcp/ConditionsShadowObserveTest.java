package dev.stockade.sidecar.mcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.condition.CompiledCondition;
import dev.stockade.condition.Expression;
import dev.stockade.condition.Operation;
import dev.stockade.model.policy.AccessPolicy;
import dev.stockade.model.policy.ClientFeature;
import dev.stockade.model.policy.NamePattern;
import dev.stockade.model.policy.Rule;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ConditionsShadowObserveTest {
    private static final String CALL =
            "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"tools/call\",\"params\":{\"name\":\"get\",\"arguments\":%s}}";
    private static final String SAMPLING =
            "{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"sampling/createMessage\",\"params\":{}}";
    private static final String ANSWER = "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{}}";

    private Rig rig;

    @BeforeEach
    void start() throws Exception {
        rig = new Rig();
    }

    @AfterEach
    void stop() {
        rig.close();
    }

    private static List<NamePattern> names(String... texts) {
        return List.of(texts).stream().map(NamePattern::new).toList();
    }

    private static Rule tools(String... texts) {
        return new Rule(names(texts), List.of(), List.of(), Set.of());
    }

    /** {@code args.repo.startsWith("acme/")}. */
    private static Rule onlyAcme() {
        return new Rule(
                names("get"),
                List.of(),
                List.of(),
                Set.of(),
                Optional.of(CompiledCondition.read(new CompiledCondition(new Expression.Call(
                                Operation.STARTS_WITH,
                                List.of(
                                        new Expression.Field(new Expression.Variable(Expression.ARGS), "repo"),
                                        new Expression.Constant("acme/"))))
                        .form())));
    }

    private static AccessPolicy policy(String name, boolean shadow, List<Rule> allow, List<Rule> deny) {
        return new AccessPolicy("tools", name, 1, shadow, allow, deny);
    }

    private JsonNode firstLine() throws Exception {
        await().until(() -> !rig.lines().isEmpty());
        return rig.lines().getFirst();
    }

    @Test
    void aConditionDecidesByTheArguments() throws Exception {
        rig.allow(onlyAcme());

        assertThat(rig.post(CALL.formatted("{\"repo\":\"acme/x\"}")).body()).contains("result");
        assertThat(Rig.json(rig.post(CALL.formatted("{\"repo\":\"evil/x\"}")).body())
                        .at("/error/data/reason")
                        .asText())
                .isEqualTo("policy_denied");
        assertThat(rig.timesAsked()).isOne();
    }

    @Test
    void anErrorOfTheConditionIsTheReasonAndNamesTheRule() throws Exception {
        rig.allow(onlyAcme());

        HttpResponse<String> answer = rig.post(CALL.formatted("{}"));

        assertThat(Rig.json(answer.body()).at("/error/data/reason").asText()).isEqualTo("evaluation_error");
        assertThat(firstLine().get("reason").asText()).isEqualTo("evaluation_error");
        assertThat(firstLine().get("rule").asText()).isEqualTo("allow[0]");
        assertThat(rig.timesAsked()).isZero();
    }

    @Test
    void argumentsThatTheServerCouldReadDifferentlyAreRefusedWithASentence() throws Exception {
        rig.allow(onlyAcme());

        HttpResponse<String> answer = rig.post(CALL.formatted("{\"repo\":\"acme/x\",\"Repo\":\"evil/x\"}"));

        assertThat(Rig.json(answer.body()).at("/error/data/reason").asText()).isEqualTo("malformed");
        assertThat(answer.body()).contains("differ only in case").doesNotContain("evil");
        assertThat(rig.timesAsked()).isZero();
    }

    @Test
    void aShadowDenyIsRecordedAndRefusesNothing() throws Exception {
        rig.policies(
                false,
                policy("reads", false, List.of(tools("*")), List.of()),
                policy("tried", true, List.of(), List.of(tools("get"))));

        assertThat(rig.post(CALL.formatted("{}")).body()).contains("result");

        assertThat(firstLine().get("decision").asText()).isEqualTo("allow");
        assertThat(firstLine().get("policy").asText()).isEqualTo("tools/reads");
        assertThat(firstLine().get("shadow"))
                .isEqualTo(Rig.json("{\"decision\":\"deny\",\"reason\":\"policy_denied\","
                        + "\"policy\":\"tools/tried\",\"rule\":\"deny[0]\"}"));
    }

    @Test
    void aShadowAllowIsRecordedAndGrantsNothing() throws Exception {
        rig.policies(false, policy("tried", true, List.of(tools("get")), List.of()));

        assertThat(rig.post(CALL.formatted("{}")).statusCode()).isEqualTo(403);

        assertThat(firstLine().get("reason").asText()).isEqualTo("no_grant");
        assertThat(firstLine().get("shadow"))
                .isEqualTo(Rig.json("{\"decision\":\"allow\",\"policy\":\"tools/tried\",\"rule\":\"allow[0]\"}"));
        assertThat(rig.timesAsked()).isZero();
    }

    @Test
    void whereNoPolicyIsInShadowNothingIsSaidOfIt() throws Exception {
        rig.allow(tools("get"));

        rig.post(CALL.formatted("{}"));

        assertThat(firstLine().has("shadow")).isFalse();
    }

    @Test
    void aShadowPolicyFiltersNoList() throws Exception {
        rig.policies(
                false,
                policy("reads", false, List.of(tools("get")), List.of()),
                policy("tried", true, List.of(tools("put")), List.of(tools("get"))));
        lists("get", "put");

        assertThat(rig.post("{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"tools/list\"}")
                        .body())
                .contains("\"get\"")
                .doesNotContain("\"put\"");
    }

    private void lists(String... tools) {
        String all = String.join(
                ",",
                List.of(tools).stream().map(t -> "{\"name\":\"" + t + "\"}").toList());
        rig.handler.set((exchange, body) -> Rig.answer(
                exchange,
                200,
                "application/json",
                "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"tools\":[" + all + "]}}"));
    }

    @Test
    void underObserveADeniedCallPassesAndTheLineSaysWhatThePolicyWouldHave() throws Exception {
        rig.policies(true, policy("reads", false, List.of(tools("put")), List.of(tools("get"))));

        assertThat(rig.post(CALL.formatted("{}")).body()).contains("result");

        assertThat(firstLine().get("decision").asText()).isEqualTo("observe-deny");
        assertThat(firstLine().get("reason").asText()).isEqualTo("policy_denied");
        assertThat(firstLine().get("rule").asText()).isEqualTo("deny[0]");
    }

    @Test
    void underObserveAFailedConditionAndADangerousUriPassToo() throws Exception {
        rig.policies(true, policy("reads", false, List.of(onlyAcme()), List.of()));

        assertThat(rig.post(CALL.formatted("{}")).body()).contains("result");
        assertThat(firstLine().get("reason").asText()).isEqualTo("evaluation_error");
        assertThat(rig.post("{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"resources/read\","
                                + "\"params\":{\"uri\":\"file:///a/../b\"}}")
                        .body())
                .contains("result");
        await().until(() -> rig.lines().stream()
                .anyMatch(l -> l.path("reason").asText().equals("malformed")
                        && l.get("decision").asText().equals("observe-deny")));
    }

    @Test
    void underObserveAnAgentWithoutAnyGrantPasses() throws Exception {
        rig.policies(true);

        assertThat(rig.post("{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"ping\"}")
                        .body())
                .contains("result");

        assertThat(firstLine().get("decision").asText()).isEqualTo("observe-deny");
        assertThat(firstLine().get("reason").asText()).isEqualTo("no_grant");
    }

    @Test
    void underObserveListsAreWhole() throws Exception {
        rig.policies(true, policy("reads", false, List.of(tools("get")), List.of()));
        lists("get", "put");

        assertThat(rig.post("{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"tools/list\"}")
                        .body())
                .contains("\"get\"", "\"put\"");
    }

    @Test
    void underObserveASuspendedAgentIsRefused() throws Exception {
        rig.policies(true, true, policy("reads", false, List.of(tools("*")), List.of()));

        assertThat(rig.post(CALL.formatted("{}")).statusCode()).isEqualTo(403);
        assertThat(firstLine().get("reason").asText()).isEqualTo("suspended");
    }

    @Test
    void underObserveWhatTheServerAsksPassesAndIsRecorded() throws Exception {
        rig.policies(true, policy("reads", false, List.of(tools("*")), List.of()));
        rig.handler.set((exchange, body) ->
                Rig.answer(exchange, 200, "text/event-stream", "data: " + SAMPLING + "\n\ndata: " + ANSWER + "\n\n"));

        assertThat(rig.post(CALL.formatted("{}")).body()).contains("sampling/createMessage");

        await().until(() -> rig.lines().stream()
                .anyMatch(l -> l.get("method").asText().equals("sampling/createMessage")
                        && l.get("decision").asText().equals("observe-deny")
                        && l.get("reason").asText().equals("policy_denied")));
    }

    @Test
    void underObserveWhatAResultAsksPassesAndIsRecorded() throws Exception {
        rig.policies(true, policy("reads", false, List.of(tools("*")), List.of()));
        rig.handler.set((exchange, body) -> Rig.answer(
                exchange,
                200,
                "application/json",
                "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"resultType\":\"input_required\",\"inputRequests\":"
                        + "{\"a\":{\"method\":\"sampling/createMessage\",\"params\":{}}}}}"));

        assertThat(rig.post(CALL.formatted("{}")).body()).contains("inputRequests");

        await().until(() -> rig.lines().stream()
                .anyMatch(l -> l.get("method").asText().equals("sampling/createMessage")
                        && l.get("decision").asText().equals("observe-deny")));
    }

    @Test
    void whatTheServerAsksIsRecordedWithTheRuleAndWhatShadowWouldSay() throws Exception {
        Rule sampling = new Rule(List.of(), List.of(), List.of(), Set.of(ClientFeature.SAMPLING));
        rig.policies(
                false,
                policy("reads", false, List.of(tools("*"), sampling), List.of()),
                policy("tried", true, List.of(), List.of(sampling)));
        rig.handler.set((exchange, body) ->
                Rig.answer(exchange, 200, "text/event-stream", "data: " + SAMPLING + "\n\ndata: " + ANSWER + "\n\n"));

        assertThat(rig.post(CALL.formatted("{}")).body()).contains("sampling/createMessage");

        await().until(() -> rig.lines().stream()
                .anyMatch(l -> l.get("method").asText().equals("sampling/createMessage")
                        && l.path("rule").asText().equals("allow[1]")
                        && l.at("/shadow/rule").asText().equals("deny[0]")));
    }
}
