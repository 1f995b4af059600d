package dev.stockade.operator.authority;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Optional;

/**
 * What MeshTrust says to the authority.
 *
 * @param namedRoot the SHA-256 of the root that MeshTrust's status names, in lower-case hex; once it names one, no other is made
 */
public record TrustSettings(
        String trustDomain, Duration rootLifetime, Duration issuerLifetime, Optional<String> namedRoot) {
    public TrustSettings {
        requireNonNull(trustDomain);
        requireNonNull(rootLifetime);
        requireNonNull(issuerLifetime);
        requireNonNull(namedRoot);
    }
}
