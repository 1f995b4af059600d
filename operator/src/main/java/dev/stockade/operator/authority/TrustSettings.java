package dev.stockade.operator.authority;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Optional;

/**
 * What MeshTrust says to the authority.
 *
 * @param caSecret the Secret with an existing CA, in the operator's namespace; empty: the operator makes its own
 * @param rotate the value of the annotation that asks for a rotation; empty if there is none
 * @param namedRoot the SHA-256 of the root that MeshTrust's status names, in lower-case hex; once it names one, no other is made
 * @param namedEpoch the epoch that MeshTrust's status shows; a Secret with a lower one is an old backup
 */
public record TrustSettings(
        String trustDomain,
        Duration rootLifetime,
        Duration issuerLifetime,
        Optional<String> caSecret,
        String rotate,
        Optional<String> namedRoot,
        long namedEpoch) {
    /** The annotation on MeshTrust by which a person asks for a rotation. */
    public static final String ROTATE = "stockade.dev/rotate";

    public TrustSettings {
        requireNonNull(trustDomain);
        requireNonNull(rootLifetime);
        requireNonNull(issuerLifetime);
        requireNonNull(caSecret);
        requireNonNull(rotate);
        requireNonNull(namedRoot);
    }

    /** A self-made CA, and no request. */
    public TrustSettings(
            String trustDomain, Duration rootLifetime, Duration issuerLifetime, Optional<String> namedRoot) {
        this(trustDomain, rootLifetime, issuerLifetime, Optional.empty(), "", namedRoot, 0);
    }
}
