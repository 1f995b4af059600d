package dev.stockade.sidecar.state;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.sidecar.identity.TrustBundle;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * One snapshot, whole and checked.
 *
 * @param version what is acknowledged
 * @param compiledAt kind to the resourceVersion that the operator's cache had reached
 * @param confirmed when the operator last heard from the API server that its caches are current
 * @param draining whether the pod has a deletionTimestamp
 */
public record PodState(
        String version,
        long generation,
        Map<String, Long> compiledAt,
        Instant confirmed,
        TrustBundle trust,
        Optional<Serving> serving,
        Optional<AgentRules> agent,
        boolean draining) {
    public PodState {
        requireNonNull(version);
        compiledAt = Map.copyOf(compiledAt);
        requireNonNull(confirmed);
        requireNonNull(trust);
    }

    /** What a server's pod needs: the rules of its requests, and of its connections. */
    public record Serving(ServerRules rules, Admission admission) {}

    /** The identity that this pod has in a role, according to this snapshot. */
    public Optional<SpiffeId> identity(WorkloadKind role) {
        return switch (role) {
            case MCP -> serving.map(s -> s.rules().id());
            case AGENT -> agent.map(AgentRules::id);
        };
    }

    /** The kind of resource that this snapshot saw an older state of than the other did, if there is one. */
    public Optional<String> olderThan(PodState other) {
        return compiledAt.entrySet().stream()
                .filter(e -> e.getValue() < other.compiledAt.getOrDefault(e.getKey(), 0L))
                .map(e -> e.getKey() + " " + e.getValue() + " < " + other.compiledAt.get(e.getKey()))
                .sorted()
                .findFirst();
    }
}
