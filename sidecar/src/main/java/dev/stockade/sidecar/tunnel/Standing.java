package dev.stockade.sidecar.tunnel;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

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
}
