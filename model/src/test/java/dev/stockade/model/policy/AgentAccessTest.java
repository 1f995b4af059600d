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
import org.junit.jupiter.params.provider.EnumSource;

class AgentAccessTest {
    private static final SpiffeId AGENT = new SpiffeId("stockade.local", "agents", WorkloadKind.AGENT, "triage");
    private static final SpiffeId SERVER = new SpiffeId("stockade.local", "tools", WorkloadKind.MCP, "github");
    private static final Rule NOTHING = new Rule(List.of(), List.of(), List.of(), Set.of());
    private static final Rule EVERYTHING =
            new Rule(patterns("*"), patterns("*"), patterns("*"), EnumSet.allOf(ClientFeature.class));

    private static List<NamePattern> patterns(String... texts) {
        return List.of(texts).stream().map(NamePattern::new).toList();
    }

    private static AgentAccess access(AccessPolicy... policies) {
        return new AgentAccess(AGENT, "triage", SERVER, false, List.of(policies));
    }

    private static AccessPolicy policy(String name, List<Rule> allow, List<Rule> deny) {
        return new AccessPolicy("tools", name, 1, false, allow, deny);
    }

    private static AgentAccess resources(String allow, String deny) {
        return access(policy(
                "p",
                List.of(new Rule(List.of(), patterns(allow), List.of(), Set.of())),
                deny.isEmpty() ? List.of() : List.of(new Rule(List.of(), patterns(deny), List.of(), Set.of()))));
    }

    /** What the words of the contract say, as plainly as it can be said, for names that are no URIs. */
    private static boolean meant(List<AccessPolicy> policies, GuardedKind kind, String name) {
        List<AccessPolicy> enforced = policies.stream().filter(p -> !p.shadow()).toList();
        boolean denied = enforced.stream()
                .flatMap(p -> p.deny().stream())
                .flatMap(r -> r.patterns(kind).stream())
                .anyMatch(p -> matches(p.text(), name));
        return !denied
                && enforced.stream()
                        .flatMap(p -> p.allow().stream())
                        .flatMap(r -> r.patterns(kind).stream())
                        .anyMatch(p -> matches(p.text(), name));
    }

    private static boolean matches(String pattern, String name) {
        if (pattern.isEmpty()) {
            return name.isEmpty();
        }
        if (pattern.charAt(0) == '*') {
            return matches(pattern.substring(1), name) || (!name.isEmpty() && matches(pattern, name.substring(1)));
        }
        return !name.isEmpty()
                && pattern.charAt(0) == name.charAt(0)
                && matches(pattern.substring(1), name.substring(1));
    }

    @Test
    void policiesAddUpInAnyOrderToWhatTheirWordsMean() {
        Random random = new Random(4);
        int allowed = 0;
        int asked = 0;
        for (int round = 0; round < 3000; round++) {
            List<AccessPolicy> policies = new ArrayList<>();
            for (int i = random.nextInt(5); i > 0; i--) {
                policies.add(new AccessPolicy(
                        "ns" + random.nextInt(2),
                        "p" + i,
                        1,
                        random.nextInt(5) == 0,
                        rules(random, 3),
                        rules(random, 2)));
            }
            AgentAccess inOneOrder = new AgentAccess(AGENT, "triage", SERVER, false, policies);
            List<AccessPolicy> shuffled = new ArrayList<>(policies);
            Collections.shuffle(shuffled, random);
            AgentAccess inAnother = new AgentAccess(AGENT, "triage", SERVER, false, shuffled);

            for (GuardedKind kind : List.of(GuardedKind.TOOL, GuardedKind.PROMPT, GuardedKind.RESOURCE)) {
                for (String name : List.of("a", "b", "ab", "ba", "aba", "bbb")) {
                    Decision decision = inOneOrder.decide(Question.listed(kind, name));
                    assertThat(decision.allows()).isEqualTo(meant(policies, kind, name));
                    assertThat(inAnother.decide(Question.listed(kind, name))).isEqualTo(decision);
                    asked++;
                    allowed += decision.allows() ? 1 : 0;
                }
            }
            for (ClientFeature feature : ClientFeature.values()) {
                assertThat(inAnother.permits(feature)).isEqualTo(inOneOrder.permits(feature));
            }
            assertThat(inAnother.grantsAnything()).isEqualTo(inOneOrder.grantsAnything());
        }
        assertThat(allowed).as("allowed of " + asked).isBetween(asked / 10, asked * 9 / 10);
    }

    private static List<Rule> rules(Random random, int most) {
        List<Rule> rules = new ArrayList<>();
        for (int i = random.nextInt(most); i > 0; i--) {
            Set<ClientFeature> features = EnumSet.noneOf(ClientFeature.class);
            for (ClientFeature feature : ClientFeature.values()) {
                if (random.nextInt(4) == 0) {
                    features.add(feature);
                }
            }
            rules.add(new Rule(patterns(random), patterns(random), patterns(random), features));
        }
        return rules;
    }

    private static List<NamePattern> patterns(Random random) {
        List<NamePattern> patterns = new ArrayList<>();
        for (int i = random.nextInt(3); i > 0; i--) {
            StringBuilder text = new StringBuilder();
            for (int j = 1 + random.nextInt(3); j > 0; j--) {
                text.append("ab*".charAt(random.nextInt(3)));
            }
            patterns.add(new NamePattern(text.toString()));
        }
        return patterns;
    }

    @ParameterizedTest
    @EnumSource
    void aMatchingDenyWinsOverEveryAllowWhereverItStands(GuardedKind kind) {
        AccessPolicy allow = policy("a", List.of(EVERYTHING, EVERYTHING), List.of());
        AccessPolicy deny = policy("z", List.of(EVERYTHING), List.of(NOTHING, EVERYTHING));

        Decision decision = access(deny, allow).decide(Question.listed(kind, "x"));

        assertThat(decision)
                .isEqualTo(new Decision.Deny(
                        Reason.POLICY_DENIED, Optional.of(new Decision.RuleReference("tools/z", "deny[1]"))));
        assertThat(access(allow, deny).permits(ClientFeature.ROOTS)).isFalse();
    }

    @ParameterizedTest
    @EnumSource
    void anEmptyListMatchesNothingInAllowAndInDeny(GuardedKind kind) {
        assertThat(access(policy("a", List.of(NOTHING), List.of()))
                        .decide(Question.listed(kind, "x"))
                        .allows())
                .isFalse();
        assertThat(access(policy("a", List.of(EVERYTHING), List.of(NOTHING)))
                        .decide(Question.listed(kind, "x"))
                        .allows())
                .isTrue();
        assertThat(access().decide(Question.listed(kind, "x")).allows()).isFalse();
        assertThat(access(policy("a", List.of(NOTHING), List.of())).grantsAnything())
                .isFalse();
    }

    @Test
    void ofSeveralRulesTheFirstByNameIsNamedInWhateverOrderTheyCome() {
        AccessPolicy first = policy("a", List.of(NOTHING, EVERYTHING), List.of());
        AccessPolicy second = policy("b", List.of(EVERYTHING), List.of());

        assertThat(access(second, first).decide(Question.listed(GuardedKind.TOOL, "x")))
                .isEqualTo(new Decision.Allow(Optional.of(new Decision.RuleReference("tools/a", "allow[1]"))));
    }

    @Test
    void aShadowPolicyDecidesNothing() {
        AccessPolicy shadow = new AccessPolicy("tools", "s", 1, true, List.of(EVERYTHING), List.of(EVERYTHING));

        assertThat(access(shadow).decide(Question.listed(GuardedKind.TOOL, "x")).allows())
                .isFalse();
        assertThat(access(shadow).grantsAnything()).isFalse();
        assertThat(access(shadow, policy("a", List.of(EVERYTHING), List.of()))
                        .decide(Question.listed(GuardedKind.TOOL, "x"))
                        .allows())
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "*, '', true",
        "*, x/y, true",
        "a, a, true",
        "a, A, false",
        "a, ab, false",
        "a*, a, true",
        "a*, abc, true",
        "*a, ba, true",
        "*a, ab, false",
        "a*b*c, a--b--c, true",
        "a*b*c, a--c--b, false",
        "a**b, ab, true",
        "get_?, get_x, false",
        "get_[xy], get_x, false",
        "a\\*, a*, false",
        "'', a, false",
        "'', '', true",
    })
    void aPatternIsALiteralWithStars(String pattern, String name, boolean matches) {
        assertThat(new NamePattern(pattern).matches(name)).isEqualTo(matches);
    }

    @Test
    void manyStarsDoNotMakeMatchingDear() {
        NamePattern pattern = new NamePattern("*a".repeat(500) + "b");

        assertThat(pattern.matches("a".repeat(8192))).isFalse();
    }

    /** The rule, the URI, and whether a rule that allows it lets it pass. */
    @ParameterizedTest
    @CsvSource({
        "repo://acme/*, repo://acme/x, true",
        "repo://acme/*, repo://acme/%78, true",
        "repo://acme/*, REPO://acme/x, false",
        "repo://acme/*, repo://ACME/x, false",
        "repo://ACME/*, repo://ACME/x, true",
        "repo://ACME/*, repo://acme/x, false",
        "file:///My Docs/*, file:///My Docs/a, true",
        "file:///My%20Docs/*, file:///My%20Docs/a, true",
        "file:///My Docs/*, file:///My%20Docs/a, false",
        "file:///ü/*, file:///ü/a, true",
        "http://example.com*, http://example.com/x, true",
        "http://example.com, http://example.com, true",
        "repo://acme/{name}, repo://acme/{name}, true",
        "repo://{owner}/{repo}, repo://{owner}/{repo}, true",
        "repo://*, repo://x/../y, false",
        "*, http://127.1/, false",
    })
    void anAllowMustMatchAUriAsItCameAndInItsNormalForm(String allow, String uri, boolean allowed) {
        assertThat(resources(allow, "")
                        .decide(Question.listed(GuardedKind.RESOURCE, uri))
                        .allows())
                .isEqualTo(allowed);
    }

    /** The rule, and a URI that it is to keep out whatever its spelling. */
    @ParameterizedTest
    @CsvSource({
        "repo://acme/secret*, repo://acme/s%65cret",
        "repo://acme/secret*, REPO://ACME/secret",
        "repo://ACME/secret, repo://acme/secret",
        "repo://ACME/secret, repo://Acme/secret",
        "file:///My Docs/*, file:///My%20Docs/a",
        "file:///My%20Docs/*, file:///My Docs/a",
        "file:///ü/*, file:///%c3%bc/a",
        "file:///%C3%BC/*, file:///ü/a",
        "file:///etc/*, file:/etc/passwd",
        "file:///etc/*, file:////etc/passwd",
        "file:///etc/*, file://localhost/etc/passwd",
        "file:/etc/*, file:///etc/passwd",
        "http://evil.com/*, http:\\\\evil.com/x",
        "http://evil.com/*, http:evil.com/x",
        "http://evil.com/*, http:///evil.com/x",
        "http://evil.com/*, http:///good@evil.com/x",
        "http://evil.com/*, http://evil.com:080/x",
        "http://evil.com/*, http://%65vil.com/x",
        "http://evil.com:80/*, http://evil.com/x",
        "http://Evil.com, http://evil.com/",
        "http://127.0.0.1/*, http://2130706433/x",
        "http://127.0.0.1/*, http://127.1/x",
        "mail://inbox/ceo@acme.com, mail://inbox/ceo%40acme.com",
        "mail://inbox/ceo%40acme.com, mail://inbox/ceo@acme.com",
        "repo://acme/{name}, repo://acme/%7Bname%7D",
        "repo://acme/a=b, repo://acme/a%3Db",
    })
    void aDenyMatchesAUriInEitherFormHoweverTheRuleIsSpelled(String deny, String uri) {
        assertThat(resources("*", deny)
                        .decide(Question.listed(GuardedKind.RESOURCE, uri))
                        .allows())
                .isFalse();
    }
}
