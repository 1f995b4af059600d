package dev.stockade.sidecar.outbound;

import static java.util.Objects.requireNonNull;

import dev.stockade.sidecar.metrics.Metrics;
import dev.stockade.sidecar.state.AgentRules;
import dev.stockade.sidecar.state.CurrentState;
import dev.stockade.sidecar.tunnel.TunnelPool;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/**
 * What every local connection shares.
 *
 * @param latest the rules of the agent that this pod is, or was at last: its program is told what has become of it
 * @param localPort where {@code mcp.json} says that servers are
 */
record Outbound(
        CurrentState state,
        AtomicReference<Optional<AgentRules>> latest,
        TunnelPool pool,
        Replicas replicas,
        UnsentRequests unsent,
        Metrics metrics,
        int localPort) {
    Outbound {
        requireNonNull(state);
        requireNonNull(latest);
        requireNonNull(pool);
        requireNonNull(replicas);
        requireNonNull(unsent);
        requireNonNull(metrics);
    }
}
