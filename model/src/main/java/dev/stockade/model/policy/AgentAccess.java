package dev.stockade.model.policy;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.SpiffeId;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * What one agent may do at one server. Holds only the policies that name this agent, so that the cost of a decision does not
 * grow with the rules of others.
 *
 * <p>Default deny; a matching deny wins; otherwise one matching allow is needed. The order in which policies come does not matter:
 * of several rules that match, the first in the order of the policies' namespaces and names is the one that is named.
 */
public final class AgentAccess {
    private final SpiffeId agent;
    private final String serviceAccount;
    private final boolean suspended;
    private final List<AccessPolicy> policies;

    private static final Comparator<AccessPolicy> ORDER =
            Comparator.comparing(AccessPolicy::namespace).thenComparing(AccessPolicy::name);

    /** @param policies those that name this agent */
    public AgentAccess(SpiffeId agent, String serviceAccount, boolean suspended, List<AccessPolicy> policies) {
        this.agent = requireNonNull(agent);
        this.serviceAccount = requireNonNull(serviceAccount);
        this.suspended = suspended;
        this.policies = policies.stream().sorted(ORDER).toList();
    }

    public SpiffeId agent() {
        return agent;
    }

    public String serviceAccount() {
        return serviceAccount;
    }

    public boolean suspended() {
        return suspended;
    }

    public List<AccessPolicy> policies() {
        return policies;
    }

    /**
     * Decides on one guarded name: a tool, a resource's URI or template, or a prompt.
     *
     * <p>A URI is looked at as it came and in its {@link ResourceUri#normal normal form}: an allow rule must match both, a deny
     * rule either. One that has a {@link ResourceUri#fault fault} is denied as malformed.
     */
    public Decision decide(GuardedKind kind, String name) {
        String normal = name;
        if (kind == GuardedKind.RESOURCE) {
            if (ResourceUri.fault(name).isPresent()) {
                return new Decision.Deny(Reason.MALFORMED, Optional.empty());
            }
            normal = ResourceUri.normal(name);
        }
        Optional<Decision.RuleReference> denied = first(true, kind, name, normal);
        if (denied.isPresent()) {
            return new Decision.Deny(Reason.POLICY_DENIED, denied);
        }
        Optional<Decision.RuleReference> allowed = first(false, kind, name, normal);
        return allowed.isPresent()
                ? new Decision.Allow(allowed)
                : new Decision.Deny(Reason.POLICY_DENIED, Optional.empty());
    }

    private Optional<Decision.RuleReference> first(boolean deny, GuardedKind kind, String name, String normal) {
        for (AccessPolicy policy : policies) {
            if (policy.shadow()) {
                continue;
            }
            List<Rule> rules = deny ? policy.deny() : policy.allow();
            for (int i = 0; i < rules.size(); i++) {
                Rule rule = rules.get(i);
                if (deny ? rule.denies(kind, name, normal) : rule.allows(kind, name, normal)) {
                    return Optional.of(
                            new Decision.RuleReference(policy.reference(), (deny ? "deny[" : "allow[") + i + "]"));
                }
            }
        }
        return Optional.empty();
    }

    /** Whether the server may ask this of the agent. */
    public boolean permits(ClientFeature feature) {
        boolean allowed = false;
        for (AccessPolicy policy : policies) {
            if (policy.shadow()) {
                continue;
            }
            for (Rule rule : policy.deny()) {
                if (rule.clientFeatures().contains(feature)) {
                    return false;
                }
            }
            for (Rule rule : policy.allow()) {
                allowed |= rule.clientFeatures().contains(feature);
            }
        }
        return allowed;
    }

    /** Whether any policy grants this agent anything here: the server itself is denied to it otherwise. */
    public boolean grantsAnything() {
        for (AccessPolicy policy : policies) {
            if (!policy.shadow() && policy.allow().stream().anyMatch(Rule::namesAnything)) {
                return true;
            }
        }
        return false;
    }
}
