package dev.stockade.model.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.model.json.Arguments;
import dev.stockade.model.json.JsonRefusedException;
import dev.stockade.model.policy.Condition.Outcome;
import dev.stockade.model.policy.Decision.RuleReference;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The sentences of "Meaning of rules" that conditions and Shadow are in. */
class ConditionalRulesTest {
    private static final SpiffeId AGENT = new SpiffeId("stockade.local", "agents", WorkloadKind.AGENT, "triage");
    private static final SpiffeId SERVER = new SpiffeId("stockade.local", "tools", WorkloadKind.MCP, "github");
    private static final List<NamePattern> ALL = List.of(new NamePattern("*"));
    private static final Question CALL = Question.used("tools/call", GuardedKind.TOOL, "get", Arguments.none());

    private static Rule everything(Outcome when) {
        return new Rule(ALL, ALL, ALL, Set.of(), Optional.of((facts, budget) -> when));
    }

    private static Rule everything() {
        return new Rule(ALL, ALL, ALL, Set.of());
    }

    private static AccessPolicy policy(String name, boolean shadow, List<Rule> allow, List<Rule> deny) {
        return new AccessPolicy("tools", name, 1, shadow, allow, deny);
    }

    private static AgentAccess access(AccessPolicy... policies) {
        return new AgentAccess(AGENT, "triage", SERVER, false, List.of(policies));
    }

    private static AgentAccess rules(List<Rule> allow, List<Rule> deny) {
        return access(policy("p", false, allow, deny));
    }

    private static Optional<RuleReference> rule(String rule) {
        return Optional.of(new RuleReference("tools/p", rule));
    }

    @Test
    void anAllowWhoseConditionIsTrueAllows() {
        assertThat(rules(List.of(everything(Outcome.FALSE), everything(Outcome.TRUE)), List.of())
                        .decide(CALL))
                .isEqualTo(new Decision.Allow(rule("allow[1]")));
    }

    @Test
    void anAllowWhoseConditionIsFalseDoesNotMatch() {
        assertThat(rules(List.of(everything(Outcome.FALSE)), List.of()).decide(CALL))
                .isEqualTo(new Decision.Deny(Reason.POLICY_DENIED, Optional.empty()));
    }

    @Test
    void anAllowWhoseConditionFailsDoesNotMatchAndIsTheReasonIfNothingElseAllows() {
        assertThat(rules(List.of(everything(Outcome.FALSE), everything(Outcome.ERROR)), List.of())
                        .decide(CALL))
                .isEqualTo(new Decision.Deny(Reason.EVALUATION_ERROR, rule("allow[1]")));
        assertThat(rules(List.of(everything(Outcome.ERROR), everything(Outcome.TRUE)), List.of())
                        .decide(CALL))
                .isEqualTo(new Decision.Allow(rule("allow[1]")));
    }

    @ParameterizedTest
    @EnumSource(
            value = Outcome.class,
            names = {"TRUE", "ERROR"})
    void aDenyWhoseConditionIsTrueOrFailsWins(Outcome outcome) {
        assertThat(rules(List.of(everything()), List.of(everything(outcome))).decide(CALL))
                .isEqualTo(new Decision.Deny(Reason.POLICY_DENIED, rule("deny[0]")));
    }

    @Test
    void aDenyWhoseConditionIsFalseDoesNotMatch() {
        assertThat(rules(List.of(everything()), List.of(everything(Outcome.FALSE)))
                        .decide(CALL))
                .isEqualTo(new Decision.Allow(rule("allow[0]")));
    }

    @ParameterizedTest
    @EnumSource
    void inListsAndCompletionAnAllowCountsWhateverItsCondition(Outcome outcome) {
        AgentAccess access = rules(List.of(everything(outcome)), List.of());

        assertThat(access.decide(Question.listed(GuardedKind.TOOL, "get")).allows())
                .isTrue();
        assertThat(access.decide(Question.completed(GuardedKind.PROMPT, "p")).allows())
                .isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void inListsAndCompletionOnlyADenyWithoutAConditionHides(Outcome outcome) {
        AgentAccess conditional = rules(List.of(everything()), List.of(everything(outcome)));
        AgentAccess always = rules(List.of(everything()), List.of(everything()));

        assertThat(conditional.decide(Question.listed(GuardedKind.TOOL, "get")).allows())
                .isTrue();
        assertThat(conditional
                        .decide(Question.completed(GuardedKind.PROMPT, "p"))
                        .allows())
                .isTrue();
        assertThat(always.decide(Question.listed(GuardedKind.TOOL, "get")).allows())
                .isFalse();
    }

    @Test
    void anAllowOnAResourceMustHoldForTheUriAsItCameAndNormalised() {
        Condition likesSpelling =
                (facts, budget) -> facts.question().name().contains("%61") ? Outcome.TRUE : Outcome.FALSE;
        Condition likesNormal =
                (facts, budget) -> facts.question().name().contains("acme") ? Outcome.TRUE : Outcome.FALSE;
        Question spelled = Question.resource("resources/read", "repo://x/%61cme");

        for (Condition one : List.of(likesSpelling, likesNormal)) {
            assertThat(rules(List.of(new Rule(List.of(), ALL, List.of(), Set.of(), Optional.of(one))), List.of())
                            .decide(spelled)
                            .allows())
                    .isFalse();
        }
    }

    @Test
    void aDenyOnAResourceNeedsToHoldForEitherForm() {
        Question spelled = Question.resource("resources/read", "repo://x/%61cme");

        for (String part : List.of("%61", "acme")) {
            Condition sees = (facts, budget) -> facts.question().name().contains(part) ? Outcome.TRUE : Outcome.FALSE;
            assertThat(rules(
                                    List.of(everything()),
                                    List.of(new Rule(List.of(), ALL, List.of(), Set.of(), Optional.of(sees))))
                            .decide(spelled)
                            .allows())
                    .isFalse();
        }
    }

    @Test
    void aConditionOnClientFeaturesFailsAndCloses() {
        Rule roots = new Rule(
                List.of(),
                List.of(),
                List.of(),
                Set.of(ClientFeature.ROOTS),
                Optional.of((facts, budget) -> Outcome.TRUE));
        Rule always = new Rule(List.of(), List.of(), List.of(), Set.of(ClientFeature.ROOTS));
        Rule never = new Rule(
                List.of(),
                List.of(),
                List.of(),
                Set.of(ClientFeature.ROOTS),
                Optional.of((facts, budget) -> Outcome.FALSE));

        assertThat(rules(List.of(roots), List.of()).permits(ClientFeature.ROOTS))
                .isFalse();
        assertThat(rules(List.of(roots), List.of()).grantsAnything()).isFalse();
        assertThat(rules(List.of(always), List.of(never)).permits(ClientFeature.ROOTS))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"repo\": 1, \"Repo\": 2}",
                "{\"a\": [{\"deep\": {\"k\": 1, \"\\u212a\": 2}}]}",
                "{\"n\": 9007199254740993}",
                "{\"n\": [-9007199254740993]}",
                "{\"n\": 123456789012345678901234567890}"
            })
    void argumentsThatTwoProgramsReadDifferentlyAreRefusedWhereAConditionReadsThem(String json)
            throws JsonRefusedException {
        Question call = Question.used("tools/call", GuardedKind.TOOL, "get", Arguments.of(json));

        assertThat(rules(List.of(everything(Outcome.TRUE)), List.of()).decide(call))
                .isEqualTo(new Decision.Deny(Reason.MALFORMED, Optional.empty()));
        assertThat(rules(List.of(everything()), List.of(everything(Outcome.FALSE)))
                        .decide(call))
                .isEqualTo(new Decision.Deny(Reason.MALFORMED, Optional.empty()));
        assertThat(rules(List.of(everything()), List.of()).decide(call).allows())
                .isTrue();
    }

    @Test
    void aPolicyInShadowNeitherGrantsNorRefuses() {
        AgentAccess access = access(
                policy("a", true, List.of(everything()), List.of()),
                policy("b", true, List.of(), List.of(everything())));

        assertThat(access.grantsAnything()).isFalse();
        assertThat(access.decide(CALL).allows()).isFalse();
        assertThat(access(
                                policy("p", false, List.of(everything()), List.of()),
                                policy("q", true, List.of(), List.of(everything())))
                        .decide(CALL))
                .isEqualTo(new Decision.Allow(rule("allow[0]")));
    }

    @Test
    void whatShadowWouldHaveSaidIsTheDecisionWithItEnforced() {
        AgentAccess denies = access(
                policy("p", false, List.of(everything()), List.of()),
                policy("q", true, List.of(), List.of(everything(Outcome.TRUE))));

        assertThat(denies.withShadow().orElseThrow().decide(CALL))
                .isEqualTo(
                        new Decision.Deny(Reason.POLICY_DENIED, Optional.of(new RuleReference("tools/q", "deny[0]"))));
        assertThat(rules(List.of(everything()), List.of()).withShadow()).isEmpty();
    }

    /** What the words of the contract say, as plainly as it can be said. */
    private static String meant(List<AccessPolicy> policies, boolean shadowToo, Question question) {
        List<AccessPolicy> asked =
                policies.stream().filter(p -> shadowToo || !p.shadow()).toList();
        boolean listed = question.arguments().isEmpty();
        Set<Outcome> denies = new HashSet<>();
        Set<Outcome> allows = new HashSet<>();
        for (AccessPolicy policy : asked) {
            for (Rule rule : policy.deny()) {
                if (names(rule, question)) {
                    denies.add(rule.condition().isEmpty() ? Outcome.TRUE : listed ? Outcome.FALSE : outcome(rule));
                }
            }
            for (Rule rule : policy.allow()) {
                if (names(rule, question)) {
                    allows.add(rule.condition().isEmpty() || listed ? Outcome.TRUE : outcome(rule));
                }
            }
        }
        if (denies.contains(Outcome.TRUE) || denies.contains(Outcome.ERROR)) {
            return "policy_denied";
        }
        return allows.contains(Outcome.TRUE)
                ? "allow"
                : allows.contains(Outcome.ERROR) ? "evaluation_error" : "policy_denied";
    }

    private static Outcome outcome(Rule rule) {
        return rule.condition()
                .orElseThrow()
                .evaluate(new Facts(AGENT, "triage", SERVER, CALL), new EvaluationBudget());
    }

    private static boolean names(Rule rule, Question question) {
        return rule.patterns(question.kind()).stream().anyMatch(p -> p.matches(question.name()));
    }

    private static String said(Decision decision) {
        return decision instanceof Decision.Deny deny ? deny.reason().word() : "allow";
    }

    @Test
    void policiesAddUpInAnyOrderToWhatTheirWordsMean() {
        Random random = new Random(9);
        List<String> results = new ArrayList<>();
        for (int round = 0; round < 4000; round++) {
            List<AccessPolicy> policies = new ArrayList<>();
            for (int i = random.nextInt(5); i > 0; i--) {
                policies.add(policy("p" + i, random.nextInt(3) == 0, some(random, 4), some(random, 2)));
            }
            List<AccessPolicy> shuffled = new ArrayList<>(policies);
            Collections.shuffle(shuffled, random);
            AgentAccess one = access(policies.toArray(AccessPolicy[]::new));
            AgentAccess other = access(shuffled.toArray(AccessPolicy[]::new));
            for (String name : List.of("a", "b", "ab")) {
                for (Question question : List.of(
                        Question.used("tools/call", GuardedKind.TOOL, name, Arguments.none()),
                        Question.listed(GuardedKind.PROMPT, name))) {
                    Decision decision = one.decide(question);

                    assertThat(said(decision)).isEqualTo(meant(policies, false, question));
                    assertThat(other.decide(question)).isEqualTo(decision);
                    assertThat(one.withShadow().map(s -> said(s.decide(question))))
                            .isEqualTo(
                                    policies.stream().anyMatch(AccessPolicy::shadow)
                                            ? Optional.of(meant(policies, true, question))
                                            : Optional.empty());
                    assertThat(other.withShadow().map(s -> s.decide(question)))
                            .isEqualTo(one.withShadow().map(s -> s.decide(question)));
                    results.add(said(decision));
                }
            }
        }
        for (String result : List.of("allow", "policy_denied", "evaluation_error")) {
            assertThat(Collections.frequency(results, result)).as(result).isGreaterThan(results.size() / 200);
        }
    }

    private static List<Rule> some(Random random, int most) {
        List<Rule> rules = new ArrayList<>();
        for (int i = random.nextInt(most); i > 0; i--) {
            List<NamePattern> names =
                    List.of(new NamePattern(List.of("a", "b", "a*", "*").get(random.nextInt(4))));
            Outcome outcome =
                    List.of(Outcome.TRUE, Outcome.FALSE, Outcome.ERROR).get(random.nextInt(3));
            Optional<Condition> condition =
                    random.nextInt(3) == 0 ? Optional.empty() : Optional.of((facts, budget) -> outcome);
            rules.add(new Rule(names, List.of(), random.nextBoolean() ? names : List.of(), Set.of(), condition));
        }
        return rules;
    }
}
