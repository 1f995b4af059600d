package dev.stockade.operator.attestation;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.BoundPod;
import dev.stockade.model.identity.SpiffeId;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A pod that has proven itself, and the identities that it may have a certificate for.
 *
 * @param pod as the certificates carry it
 * @param identities at most one of each kind; never empty
 * @param withheld why the pod does not get the certificate of its suspended agent beside those
 */
public record Attested(BoundPod pod, List<Identity> identities, Optional<Refusal> withheld) {
    public Attested {
        requireNonNull(pod);
        requireNonNull(withheld);
        identities = List.copyOf(identities);
    }

    /**
     * One identity.
     *
     * @param lifetime of its certificates
     */
    public record Identity(SpiffeId id, Duration lifetime) {
        public Identity {
            requireNonNull(id);
            requireNonNull(lifetime);
        }
    }
}
