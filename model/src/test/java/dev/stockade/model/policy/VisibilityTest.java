package dev.stockade.model.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.identity.WorkloadKind;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VisibilityTest {
    private static final SpiffeId AGENT = new SpiffeId("stockade.local", "agents", WorkloadKind.AGENT, "triage");

    private static final SpiffeId SERVER = new SpiffeId("stockade.local", "tools", WorkloadKind.MCP, "github");

    private static List<NamePattern> patterns(String texts) {
        return texts.isEmpty()
                ? List.of()
                : List.of(texts.split(" ")).stream().map(NamePattern::new).toList();
    }

    private static Rule rule(String tools, String resources, String prompts) {
        return new Rule(patterns(tools), patterns(resources), patterns(prompts), Set.of());
    }

    private static AccessPolicy policy(String name, boolean shadow, List<Rule> allow, List<Rule> deny) {
        return new AccessPolicy("tools", name, 1, shadow, allow, deny);
    }

    private static Visibility of(AccessPolicy... policies) {
        return new AgentAccess(AGENT, "triage", SERVER, false, List.of(policies)).visibility();
    }

    private static Visibility tools(String allow, String deny) {
        return of(policy(
                "p", false, List.of(rule(allow, "", "")), deny.isEmpty() ? List.of() : List.of(rule(deny, "", ""))));
    }

    @Test
    void onlyTheKindWhoseRulesChangedChanges() {
        Visibility before = of(policy("p", false, List.of(rule("a", "x:*", "q")), List.of()));

        assertThat(before.changes(of(policy("p", false, List.of(rule("a b", "x:*", "q")), List.of()))))
                .containsExactly(GuardedKind.TOOL);
        assertThat(before.changes(of(policy("p", false, List.of(rule("a", "y:*", "")), List.of()))))
                .containsExactly(GuardedKind.RESOURCE, GuardedKind.PROMPT);
        assertThat(before.changes(of(policy("p", false, List.of(rule("a", "x:*", "q")), List.of(rule("b", "", ""))))))
                .containsExactly(GuardedKind.TOOL);
        assertThat(before.changes(before)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "a b, '', b a, '', false",
        "a a, '', a, '', false",
        "a, '', 'a *', '', true",
        "a *, '', *, '', false",
        "a *, x, *, x, false",
        "*, x, *, y, true",
        "a, *, b, '* c', false",
        "'', a, '', b, false",
        "ab, '', a b, '', true",
        "a, b, a b, '', true",
        "a, b, b, a, true",
        "'', '', a, '', true",
    })
    void rulesThatHideTheSameAreTheSame(String allow, String deny, String nextAllow, String nextDeny, boolean changes) {
        assertThat(tools(allow, deny).changes(tools(nextAllow, nextDeny)).contains(GuardedKind.TOOL))
                .isEqualTo(changes);
    }

    @Test
    void neitherPoliciesNorTheirOrderNorShadowsMatter() {
        Rule a = rule("a", "", "");
        Rule b = rule("b", "", "");
        Visibility one = of(policy("p", false, List.of(a, b), List.of()));

        assertThat(of(policy("z", false, List.of(a), List.of()), policy("c", false, List.of(b), List.of())))
                .isEqualTo(one);
        assertThat(of(policy("p", false, List.of(b, a), List.of()), policy("s", true, List.of(), List.of(a))))
                .isEqualTo(one);
    }

    @Test
    void conditionsMakeNoDifferenceToAnAllowAndADenyThatHasOneHidesNothing() {
        Condition never = (facts, budget) -> Condition.Outcome.FALSE;
        Rule conditional = new Rule(patterns("a"), List.of(), List.of(), Set.of(), Optional.of(never));

        assertThat(of(policy("p", false, List.of(conditional), List.of()))).isEqualTo(tools("a", ""));
        assertThat(of(policy("p", false, List.of(rule("a *", "", "")), List.of(conditional))))
                .isEqualTo(tools("a *", ""));
    }

    @Test
    void whatAnAgentWithoutRulesAndOneThatIsObservedSeeIsKnown() {
        AgentAccess all = new AgentAccess(
                AGENT, "triage", SERVER, false, List.of(policy("p", false, List.of(rule("*", "*", "*")), List.of())));

        assertThat(Visibility.of(Optional.empty(), false)).isEqualTo(Visibility.NOTHING);
        assertThat(Visibility.of(Optional.of(all), false)).isEqualTo(Visibility.EVERYTHING);
        assertThat(Visibility.of(Optional.empty(), true)).isEqualTo(Visibility.EVERYTHING);
        assertThat(Visibility.NOTHING.changes(Visibility.EVERYTHING)).isEqualTo(EnumSet.allOf(GuardedKind.class));
    }

    @Test
    void whateverChangesTheDecisionOnANameIsSeen() {
        // Given random rules over a small alphabet, and a second set of them
        Random random = new Random(5);
        List<String> names = List.of("", "a", "b", "ab", "ba", "aa", "bb", "aab", "abb");
        int changed = 0;
        for (int round = 0; round < 20_000; round++) {
            AgentAccess before = random(random);
            AgentAccess after = random(random);

            // When any name is decided otherwise, Then the digests differ
            boolean differs = names.stream().anyMatch(n -> sees(before, n) != sees(after, n));
            if (differs) {
                changed++;
                assertThat(before.visibility().changes(after.visibility()))
                        .as("%s, %s", before.policies(), after.policies())
                        .contains(GuardedKind.TOOL);
            }
        }
        assertThat(changed).isGreaterThan(1000);
    }

    private static boolean sees(AgentAccess access, String tool) {
        return access.decide(Question.listed(GuardedKind.TOOL, tool)).allows();
    }

    private static AgentAccess random(Random random) {
        List<AccessPolicy> policies = new ArrayList<>();
        for (int i = random.nextInt(3); i >= 0; i--) {
            policies.add(policy("p" + i, random.nextInt(4) == 0, rules(random), rules(random)));
        }
        Collections.shuffle(policies, random);
        return new AgentAccess(AGENT, "triage", SERVER, false, policies);
    }

    private static List<Rule> rules(Random random) {
        List<Rule> rules = new ArrayList<>();
        for (int i = random.nextInt(3); i > 0; i--) {
            StringBuilder pattern = new StringBuilder();
            for (int k = random.nextInt(3); k >= 0; k--) {
                pattern.append("ab*".charAt(random.nextInt(3)));
            }
            rules.add(rule(pattern.toString(), "", ""));
        }
        return rules;
    }
}
