package dev.stockade.operator.control;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.BoundPod;
import dev.stockade.model.identity.SpiffeId;
import dev.stockade.operator.acks.ShownCertificate;

/** Who is at the other end, as a verified certificate says. */
sealed interface Peer {
    /** The certificate: who issued it, and when it ends. */
    ShownCertificate certificate();

    /** A sidecar. */
    record Workload(SpiffeId id, BoundPod pod, ShownCertificate certificate) implements Peer {
        public Workload {
            requireNonNull(id);
            requireNonNull(pod);
            requireNonNull(certificate);
        }
    }

    /** Another replica of the operator. */
    record Operator(ShownCertificate certificate) implements Peer {
        public Operator {
            requireNonNull(certificate);
        }
    }
}
