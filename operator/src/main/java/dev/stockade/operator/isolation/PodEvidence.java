package dev.stockade.operator.isolation;

import static java.util.Objects.requireNonNull;

import dev.stockade.operator.acks.PodSockets;
import java.util.List;
import java.util.Optional;

/**
 * All that is known of one pod of a server.
 *
 * @param sockets what its sidecar sees listening; empty while no sidecar that can say it is connected
 * @param release of its sidecar; empty while none is connected
 * @param tried from each vantage point that was chosen
 */
record PodEvidence(
        String pod, IngressUnion union, Optional<PodSockets> sockets, Optional<String> release, List<Tried> tried) {
    PodEvidence {
        requireNonNull(pod);
        requireNonNull(union);
        requireNonNull(sockets);
        requireNonNull(release);
        tried = List.copyOf(tried);
    }
}
