package dev.stockade.model.policy;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/** What the policy says to one question. */
public sealed interface Decision {
    /** @param by the allow rule that matched; absent for plumbing, which any grant allows */
    record Allow(Optional<RuleReference> by) implements Decision {
        public Allow {
            requireNonNull(by);
        }
    }

    /** @param by the deny rule that matched; absent where simply nothing allows */
    record Deny(Reason reason, Optional<RuleReference> by) implements Decision {
        public Deny {
            requireNonNull(reason);
            requireNonNull(by);
        }
    }

    /**
     * The rule that decided.
     *
     * @param policy {@code namespace/name}
     * @param rule {@code allow[0]} or {@code deny[2]}
     */
    record RuleReference(String policy, String rule) {
        public RuleReference {
            requireNonNull(policy);
            requireNonNull(rule);
        }
    }

    /** Whether it lets the message through. */
    default boolean allows() {
        return this instanceof Allow;
    }
}
