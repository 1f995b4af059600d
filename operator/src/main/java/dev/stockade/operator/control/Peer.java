package dev.stockade.operator.control;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.BoundPod;
import dev.stockade.model.identity.SpiffeId;
import java.time.Instant;

/** Who is at the other end, as a verified certificate says. */
sealed interface Peer {
    /** When the certificate ends. */
    Instant ends();

    /** A sidecar. */
    record Workload(SpiffeId id, BoundPod pod, Instant ends) implements Peer {
        public Workload {
            requireNonNull(id);
            requireNonNull(pod);
            requireNonNull(ends);
        }
    }

    /** Another replica of the operator. */
    record Operator(Instant ends) implements Peer {
        public Operator {
            requireNonNull(ends);
        }
    }
}
