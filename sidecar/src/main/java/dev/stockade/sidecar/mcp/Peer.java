package dev.stockade.sidecar.mcp;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.BoundPod;
import dev.stockade.model.identity.SpiffeId;

/** Who is at the other end of a stream, as its certificate proved. */
public record Peer(SpiffeId agent, BoundPod pod) {
    public Peer {
        requireNonNull(agent);
        requireNonNull(pod);
    }
}
