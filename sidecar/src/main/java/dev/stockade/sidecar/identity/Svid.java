package dev.stockade.sidecar.identity;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.SpiffeId;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * One identity that this pod holds: an X.509-SVID with its key.
 *
 * @param chain leaf first, without the root
 */
public record Svid(SpiffeId id, PrivateKey key, List<X509Certificate> chain) {
    public Svid {
        requireNonNull(id);
        requireNonNull(key);
        chain = List.copyOf(chain);
    }

    /**
     * The certificate that the operator issued for a key.
     *
     * @throws IllegalArgumentException if the chain is not for this key, or its leaf does not hold exactly one SPIFFE ID
     */
    public static Svid of(WorkloadKey key, List<byte[]> chain) {
        List<X509Certificate> certificates = TrustBundle.certificates(chain);
        if (certificates.isEmpty() || !key.matches(certificates.getFirst())) {
            throw new IllegalArgumentException("the certificate is not for the key that was asked for");
        }
        Optional<SpiffeId> id =
                PeerCertificate.spiffeUri(certificates.getFirst()).flatMap(SpiffeId::parse);
        return new Svid(
                id.orElseThrow(() -> new IllegalArgumentException("the certificate has not exactly one SPIFFE ID")),
                key.privateKey(),
                certificates);
    }

    public X509Certificate leaf() {
        return chain.getFirst();
    }

    /** When it ends: the earliest end in the chain. */
    public Instant ends() {
        return chain.stream()
                .map(c -> c.getNotAfter().toInstant())
                .min(Instant::compareTo)
                .orElseThrow();
    }

    /** Without the key. */
    @Override
    public String toString() {
        return id + " until " + ends();
    }
}
