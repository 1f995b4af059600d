package dev.stockade.policy;

import static java.util.Objects.requireNonNull;

import dev.stockade.crds.access.AccessRule;
import dev.stockade.crds.access.McpAccessPolicy;
import dev.stockade.crds.access.McpAccessPolicySpec;
import dev.stockade.crds.access.Mode;
import dev.stockade.model.policy.AccessPolicy;
import dev.stockade.model.policy.ClientFeature;
import dev.stockade.model.policy.Condition;
import dev.stockade.model.policy.NamePattern;
import dev.stockade.model.policy.Rule;
import dev.stockade.policy.when.Compilation;
import dev.stockade.policy.when.ConditionCompiler;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** From one {@code McpAccessPolicy} to what is decided by. Pure; the operator, its webhook and the command line use the same. */
public final class PolicyCompiler {
    private PolicyCompiler() {}

    /**
     * One condition that cannot be compiled.
     *
     * @param rule {@code allow[0]} or {@code deny[2]}
     */
    public record InvalidCondition(String rule, Compilation.Mistake mistake) {
        public InvalidCondition {
            requireNonNull(rule);
            requireNonNull(mistake);
        }

        /** Where, what is wrong, and what to do. */
        public String sentence() {
            return rule + ".when, " + mistake.sentence();
        }
    }

    /** The conditions of the policy that cannot be compiled, in the order of its rules. */
    public static List<InvalidCondition> invalidConditions(McpAccessPolicySpec spec) {
        List<InvalidCondition> invalid = new ArrayList<>();
        invalid("allow", spec.allow(), invalid);
        invalid("deny", spec.deny(), invalid);
        return List.copyOf(invalid);
    }

    private static void invalid(String list, List<AccessRule> rules, List<InvalidCondition> into) {
        for (int i = 0; i < rules.size(); i++) {
            String when = rules.get(i).when();
            if (when != null && ConditionCompiler.compile(when) instanceof Compilation.Mistake mistake) {
                into.add(new InvalidCondition(list + "[" + i + "]", mistake));
            }
        }
    }

    /**
     * Compiles the whole policy. A rule whose condition cannot be compiled fails closed: an allow then matches nothing, not even
     * in a list, and a deny matches always. It keeps its place, so that the others' numbers stay right.
     */
    public static AccessPolicy compile(McpAccessPolicy policy) {
        return new AccessPolicy(
                policy.getMetadata().getNamespace(),
                policy.getMetadata().getName(),
                Optional.ofNullable(policy.getMetadata().getGeneration()).orElse(0L),
                policy.getSpec().mode() == Mode.SHADOW,
                policy.getSpec().allow().stream().map(r -> compile(r, true)).toList(),
                policy.getSpec().deny().stream().map(r -> compile(r, false)).toList());
    }

    private static Rule compile(AccessRule rule, boolean allow) {
        String when = rule.when();
        if (when == null) {
            return compile(rule, Optional.empty());
        }
        return switch (ConditionCompiler.compile(when)) {
            case Compilation.Compiled compiled -> compile(rule, Optional.of(compiled.condition()));
            case Compilation.Mistake mistake -> allow ? Rule.nothing() : compile(rule, Optional.empty());
        };
    }

    private static Rule compile(AccessRule rule, Optional<Condition> condition) {
        return new Rule(
                patterns(rule.tools()),
                patterns(rule.resources()),
                patterns(rule.prompts()),
                features(rule),
                condition);
    }

    private static List<NamePattern> patterns(List<String> texts) {
        return texts.stream().map(NamePattern::new).toList();
    }

    private static Set<ClientFeature> features(AccessRule rule) {
        return rule.clientFeatures().stream()
                .flatMap(f -> ClientFeature.named(f).stream())
                .collect(Collectors.toUnmodifiableSet());
    }
}
