package dev.stockade.sidecar.identity;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.PeerCertificate;
import dev.stockade.model.identity.SpiffeId;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * One identity that this pod holds: an X.509-SVID with its key.
 *
 * @param chain leaf first, without the root
 * @param issuer the certificate that issued the leaf
 * @param since when it came here, by the own clock
 */
public record Svid(SpiffeId id, PrivateKey key, List<X509Certificate> chain, Fingerprint issuer, Instant since) {
    public Svid {
        requireNonNull(id);
        requireNonNull(key);
        chain = List.copyOf(chain);
        requireNonNull(issuer);
        requireNonNull(since);
    }

    /**
     * The certificate that the operator issued for a key.
     *
     * @param trust the bundle that came with it
     * @throws IllegalArgumentException with one sentence, if the chain is not for this key, if its leaf does not hold exactly
     *     one SPIFFE ID, or if a peer with that bundle would not believe it now
     */
    public static Svid of(WorkloadKey key, List<byte[]> chain, TrustBundle trust, Instant now) {
        List<X509Certificate> certificates = TrustBundle.certificates(chain);
        if (certificates.isEmpty() || !key.matches(certificates.getFirst())) {
            throw new IllegalArgumentException("the certificate is not for the key that was asked for");
        }
        SpiffeId id = PeerCertificate.spiffeUri(certificates.getFirst())
                .flatMap(SpiffeId::parse)
                .orElseThrow(() -> new IllegalArgumentException("the certificate has not exactly one SPIFFE ID"));
        X509Certificate issuer;
        try {
            issuer = TrustPath.issuer(certificates, trust, now);
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException(
                    "no peer would believe the certificate for " + id + ": " + e.getMessage(), e);
        }
        if (!trust.issuedBy(issuer)) {
            throw new IllegalArgumentException(
                    "the certificate for " + id + " was issued by none of the bundle's issuers");
        }
        return new Svid(id, key.privateKey(), certificates, Fingerprint.of(issuer), now);
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

    /** Whether it is still good. */
    public boolean validAt(Instant now) {
        return ends().isAfter(now);
    }

    /** How long it was good for when it came. */
    public Duration life() {
        return Duration.between(since, ends());
    }

    /** Whether so little of its life is left that it ought to have been renewed long ago: less than a quarter. */
    public boolean overdueAt(Instant now) {
        return Duration.between(now, ends()).compareTo(life().dividedBy(4)) < 0;
    }

    /** Without the key. */
    @Override
    public String toString() {
        return id + " until " + ends();
    }
}
