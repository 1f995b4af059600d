package dev.stockade.model.policy;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.json.Arguments;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What one agent may do at one server. Holds only the policies that name this agent, so that the cost of a decision does not
 * grow with the rules of others.
 *
 * <p>Default deny; a matching deny wins; otherwise one matching allow is needed. The order in which policies come does not matter:
 * of several rules that match, one without a condition is named before one that has some, and then the first in the order of the
 * policies' namespaces and names.
 */
public final class AgentAccess {
    private final SpiffeId agent;
    private final String serviceAccount;
    private final SpiffeId server;
    private final boolean suspended;
    private final List<AccessPolicy> policies;
    private final List<AccessPolicy> enforced;
    private final Optional<AgentAccess> withShadow;
    /** Once it was wanted; whoever makes it makes the same. */
    private @Nullable Visibility visibility;

    private static final Comparator<AccessPolicy> ORDER =
            Comparator.comparing(AccessPolicy::namespace).thenComparing(AccessPolicy::name);

    /**
     * @param server where all this holds
     * @param policies those that name this agent, of either mode
     */
    public AgentAccess(
            SpiffeId agent, String serviceAccount, SpiffeId server, boolean suspended, List<AccessPolicy> policies) {
        this(
                agent,
                serviceAccount,
                server,
                suspended,
                policies.stream().sorted(ORDER).toList(),
                false);
    }

    private AgentAccess(
            SpiffeId agent,
            String serviceAccount,
            SpiffeId server,
            boolean suspended,
            List<AccessPolicy> sorted,
            boolean shadowToo) {
        this.agent = requireNonNull(agent);
        this.serviceAccount = requireNonNull(serviceAccount);
        this.server = requireNonNull(server);
        this.suspended = suspended;
        this.policies = sorted;
        this.enforced =
                shadowToo ? sorted : sorted.stream().filter(p -> !p.shadow()).toList();
        this.withShadow = enforced.size() == sorted.size()
                ? Optional.empty()
                : Optional.of(new AgentAccess(agent, serviceAccount, server, suspended, sorted, true));
    }

    public SpiffeId agent() {
        return agent;
    }

    public String serviceAccount() {
        return serviceAccount;
    }

    public SpiffeId server() {
        return server;
    }

    public boolean suspended() {
        return suspended;
    }

    public List<AccessPolicy> policies() {
        return policies;
    }

    /** What would hold if the policies that are only tried out were enforced, too; empty if there are none. */
    public Optional<AgentAccess> withShadow() {
        return withShadow;
    }

    /** What lists show to it. */
    public Visibility visibility() {
        Visibility known = visibility;
        if (known == null) {
            known = Visibility.of(enforced);
            visibility = known;
        }
        return known;
    }

    /**
     * Decides on one guarded name: a tool, a resource's URI or template, or a prompt.
     *
     * <p>A URI is looked at as it came and in its {@link ResourceUri#normal normal form}: an allow rule, its condition included, must
     * match both, a deny rule either. One that has a {@link ResourceUri#fault fault} is denied as malformed, and so are arguments that two programs
     * could read differently, where a condition has to read them.
     *
     * <p>An allow whose condition fails does not match; if nothing else allows, that is the reason. A deny whose condition fails
     * matches. Policies in shadow have no say.
     */
    public Decision decide(Question question) {
        return new Deciding(question).decide();
    }

    /** Decides whether the server may ask this of the agent. There are no arguments, so a condition there fails. */
    public Decision decide(ClientFeature feature) {
        Optional<Decision.RuleReference> allowed = Optional.empty();
        for (AccessPolicy policy : enforced) {
            for (int i = 0; i < policy.deny().size(); i++) {
                if (policy.deny().get(i).clientFeatures().contains(feature)) {
                    return new Decision.Deny(Reason.POLICY_DENIED, Optional.of(reference(policy, true, i)));
                }
            }
            for (int i = 0; allowed.isEmpty() && i < policy.allow().size(); i++) {
                if (policy.allow().get(i).allows(feature)) {
                    allowed = Optional.of(reference(policy, false, i));
                }
            }
        }
        return allowed.isPresent()
                ? new Decision.Allow(allowed)
                : new Decision.Deny(Reason.POLICY_DENIED, Optional.empty());
    }

    /** Whether the server may ask this of the agent. */
    public boolean permits(ClientFeature feature) {
        return decide(feature).allows();
    }

    private static Decision.RuleReference reference(AccessPolicy policy, boolean deny, int rule) {
        return new Decision.RuleReference(policy.reference(), (deny ? "deny[" : "allow[") + rule + "]");
    }

    /** Whether any policy grants this agent anything here: the server itself is denied to it otherwise. */
    public boolean grantsAnything() {
        for (AccessPolicy policy : enforced) {
            if (policy.allow().stream().anyMatch(Rule::namesAnything)) {
                return true;
            }
        }
        return false;
    }

    /** One question. */
    private final class Deciding {
        private final Question question;
        private final EvaluationBudget budget = new EvaluationBudget();
        private String normal = "";
        private boolean malformed;
        private Decision.@Nullable RuleReference failed;

        Deciding(Question question) {
            this.question = question;
        }

        Decision decide() {
            if (question.kind() == GuardedKind.RESOURCE) {
                if (ResourceUri.fault(question.name()).isPresent()) {
                    return new Decision.Deny(Reason.MALFORMED, Optional.empty());
                }
                normal = ResourceUri.normal(question.name());
            }
            boolean hasArguments = question.arguments().isPresent();
            Decision.RuleReference rule = first(true, false);
            if (rule == null && hasArguments) {
                rule = first(true, true);
            }
            if (rule != null && !malformed) {
                return new Decision.Deny(Reason.POLICY_DENIED, Optional.of(rule));
            }
            rule = malformed ? null : first(false, false);
            if (rule == null && !malformed) {
                rule = first(false, true);
            }
            if (malformed) {
                return new Decision.Deny(Reason.MALFORMED, Optional.empty());
            }
            if (rule != null) {
                return new Decision.Allow(Optional.of(rule));
            }
            return new Decision.Deny(
                    failed == null ? Reason.POLICY_DENIED : Reason.EVALUATION_ERROR, Optional.ofNullable(failed));
        }

        private Decision.@Nullable RuleReference first(boolean deny, boolean conditional) {
            for (AccessPolicy policy : enforced) {
                List<Rule> rules = deny ? policy.deny() : policy.allow();
                for (int i = 0; i < rules.size(); i++) {
                    Rule rule = rules.get(i);
                    if (rule.condition().isPresent() == conditional
                            && (deny
                                    ? rule.denies(question.kind(), question.name(), normal)
                                    : rule.allows(question.kind(), question.name(), normal))) {
                        Decision.RuleReference reference = reference(policy, deny, i);
                        if (!conditional || holds(deny, rule.condition().get(), reference)) {
                            return reference;
                        }
                        if (malformed) {
                            return null;
                        }
                    }
                }
            }
            return null;
        }

        /** A resource's condition sees the URI in both forms, too: an allow needs both, for a deny either will do. */
        private Condition.Outcome outcome(boolean deny, Condition condition) {
            Condition.Outcome outcome = evaluate(condition, question);
            boolean decided = deny ? outcome != Condition.Outcome.FALSE : outcome != Condition.Outcome.TRUE;
            return decided || question.kind() != GuardedKind.RESOURCE || normal.equals(question.name())
                    ? outcome
                    : evaluate(condition, Question.resource(question.method(), normal));
        }

        private Condition.Outcome evaluate(Condition condition, Question of) {
            return condition.evaluate(new Facts(agent, serviceAccount, server, of), budget);
        }

        private boolean holds(boolean deny, Condition condition, Decision.RuleReference reference) {
            if (question.arguments().isEmpty()) {
                return !deny;
            }
            if (question.arguments().get().reading() instanceof Arguments.Reading.Refused) {
                malformed = true;
                return deny;
            }
            return switch (outcome(deny, condition)) {
                case TRUE -> true;
                case FALSE -> false;
                case ERROR -> {
                    if (!deny && failed == null) {
                        failed = reference;
                    }
                    yield deny;
                }
            };
        }
    }
}
