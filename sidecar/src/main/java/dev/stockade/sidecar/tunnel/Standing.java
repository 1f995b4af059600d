package dev.stockade.sidecar.tunnel;

import static java.util.Objects.requireNonNull;

import dev.stockade.sidecar.identity.Svid;
import dev.stockade.sidecar.identity.TrustBundle;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Optional;

/**
 * What is known at one moment about the two ends of a connection.
 *
 * @param renewed whether this side now has another certificate than the one that it showed
 * @param valid whether this side now holds a valid certificate for the identity that it showed
 * @param trusted whether a certificate of the peer's issuer is now accepted
 * @param admitted whether the rules in force bring the two together
 * @param confirmed when those rules were last known to be current
 */
public record Standing(boolean renewed, boolean valid, boolean trusted, boolean admitted, Instant confirmed) {
    public Standing {
        requireNonNull(confirmed);
    }

    /**
     * What is known of a connection.
     *
     * @param now the certificate that this side holds now for that role
     * @param shown what it showed in the handshake
     * @param issuer of the peer's leaf
     * @param admitted whether the rules in force bring the two together
     * @param confirmed when those rules were last known to be current
     */
    public static Standing of(
            Optional<Svid> now,
            Svid shown,
            X509Certificate issuer,
            TrustBundle trust,
            boolean admitted,
            Instant confirmed,
            Instant at) {
        return new Standing(
                !now.equals(Optional.of(shown)),
                now.filter(svid -> svid.id().equals(shown.id()) && svid.validAt(at))
                        .isPresent(),
                trust.issuedBy(issuer),
                admitted,
                confirmed);
    }
}
