package dev.stockade.model.policy;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.SpiffeId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What one agent may do at one server. Holds only the policies that name this agent, so that the cost of a decision does not
 * grow with the rules of others.
 *
 * <p>Default deny; a matching deny wins; otherwise one matching allow is needed; the order of policies does not matter to the
 * verdict, and the first in the order of namespace and name is the one that is named.
 */
public final class AgentAccess {
    private final SpiffeId agent;
    private final String serviceAccount;
    private final boolean suspended;
    private final List<AccessPolicy> policies;

    /** @param policies those that name this agent, in the order of namespace and name */
    public AgentAccess(SpiffeId agent, String serviceAccount, boolean suspended, List<AccessPolicy> policies) {
        this.agent = requireNonNull(agent);
        this.serviceAccount = requireNonNull(serviceAccount);
        this.suspended = suspended;
        this.policies = List.copyOf(policies);
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

    /** Decides on one guarded name: a tool, a resource's URI or a prompt. */
    public Decision decide(GuardedKind kind, String name) {
        Optional<Decision.RuleReference> denied = first(true, kind, name);
        if (denied.isPresent()) {
            return new Decision.Deny(Reason.POLICY_DENIED, denied);
        }
        Optional<Decision.RuleReference> allowed = first(false, kind, name);
        return allowed.isPresent()
                ? new Decision.Allow(allowed)
                : new Decision.Deny(Reason.POLICY_DENIED, Optional.empty());
    }

    private Optional<Decision.RuleReference> first(boolean deny, GuardedKind kind, String name) {
        for (AccessPolicy policy : policies) {
            if (policy.shadow()) {
                continue;
            }
            List<Rule> rules = deny ? policy.deny() : policy.allow();
            for (int i = 0; i < rules.size(); i++) {
                for (NamePattern pattern : rules.get(i).patterns(kind)) {
                    if (pattern.matches(name)) {
                        return Optional.of(
                                new Decision.RuleReference(policy.reference(), (deny ? "deny[" : "allow[") + i + "]"));
                    }
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
        List<Rule> rules = new ArrayList<>();
        policies.stream().filter(p -> !p.shadow()).forEach(p -> rules.addAll(p.allow()));
        return rules.stream()
                .anyMatch(r -> !r.tools().isEmpty()
                        || !r.resources().isEmpty()
                        || !r.prompts().isEmpty()
                        || !r.clientFeatures().isEmpty());
    }
}
