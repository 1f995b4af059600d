package dev.stockade.policy;

import static java.util.Objects.requireNonNull;

import dev.stockade.crds.access.McpAccessPolicy;
import dev.stockade.model.policy.AccessPolicy;
import java.util.List;

/**
 * What came of compiling one generation of a policy.
 *
 * @param policy what is decided by
 * @param invalid the conditions in whose place it has rules that fail closed
 */
public record CompiledPolicy(AccessPolicy policy, List<PolicyCompiler.InvalidCondition> invalid) {
    public CompiledPolicy {
        requireNonNull(policy);
        invalid = List.copyOf(invalid);
    }

    /** Compiles it. */
    public static CompiledPolicy of(McpAccessPolicy policy) {
        return new CompiledPolicy(PolicyCompiler.compile(policy), PolicyCompiler.invalidConditions(policy.getSpec()));
    }
}
