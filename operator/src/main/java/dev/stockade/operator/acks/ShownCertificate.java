package dev.stockade.operator.acks;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/**
 * The certificate with which a sidecar connected, as TLS has verified it.
 *
 * @param issuer SHA-256 of the certificate that signed it, in lower-case hex
 * @param ends when it ends
 */
public record ShownCertificate(String issuer, Instant ends) {
    public ShownCertificate {
        requireNonNull(issuer);
        requireNonNull(ends);
    }
}
