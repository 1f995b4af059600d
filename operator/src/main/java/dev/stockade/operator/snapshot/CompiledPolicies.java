package dev.stockade.operator.snapshot;

import dev.stockade.crds.access.McpAccessPolicy;
import dev.stockade.policy.CompiledPolicy;
import dev.stockade.policy.MeshView;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Compiles each generation of a policy once, however many meshes it is part of. Safe for use by many threads. */
final class CompiledPolicies {
    private final Map<String, Compiled> known = new HashMap<>();

    private record Compiled(long generation, CompiledPolicy policy) {}

    synchronized CompiledPolicy compile(McpAccessPolicy policy) {
        String uid = policy.getMetadata().getUid();
        long generation =
                Optional.ofNullable(policy.getMetadata().getGeneration()).orElse(0L);
        Compiled before = known.get(uid);
        if (before != null && before.generation() == generation) {
            return before.policy();
        }
        CompiledPolicy compiled = CompiledPolicy.of(policy);
        known.put(uid, new Compiled(generation, compiled));
        return compiled;
    }

    /** Forgets the policies that are gone. */
    synchronized void retain(MeshView view) {
        Set<String> there = view.policies().stream()
                .map(policy -> policy.getMetadata().getUid())
                .collect(Collectors.toSet());
        known.keySet().retainAll(there);
    }
}
