package dev.stockade.sidecar.outbound;

import static java.util.Objects.requireNonNull;

import dev.stockade.sidecar.metrics.Metrics;
import dev.stockade.sidecar.state.CurrentState;
import dev.stockade.sidecar.tunnel.TunnelPool;

/**
 * What every local connection shares.
 *
 * @param localPort where {@code mcp.json} says that servers are
 */
record Outbound(
        CurrentState state, TunnelPool pool, Replicas replicas, UnsentRequests unsent, Metrics metrics, int localPort) {
    Outbound {
        requireNonNull(state);
        requireNonNull(pool);
        requireNonNull(replicas);
        requireNonNull(unsent);
        requireNonNull(metrics);
    }
}
