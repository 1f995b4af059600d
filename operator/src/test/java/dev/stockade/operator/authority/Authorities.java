package dev.stockade.operator.authority;

import dev.stockade.model.identity.BoundPod;
import dev.stockade.model.identity.SpiffeId;
import dev.stockade.operator.authority.Minting.Signer;
import dev.stockade.operator.authority.Minting.Validity;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.List;

/** Authorities for tests of those who only look at certificates. */
public final class Authorities {
    private Authorities() {}

    /** The certificate of a new issuer, under a root of its own. */
    public static X509Certificate issuer(Clock clock) throws GeneralSecurityException {
        return Minting.issuer(root(clock), Validity.of(clock.instant(), Duration.ofDays(30)))
                .certificate();
    }

    private static Signer root(Clock clock) throws GeneralSecurityException {
        return Minting.root(Validity.of(clock.instant(), Duration.ofDays(3650)));
    }

    /** A root and an issuer below it, whose key signs whatever a test wants. */
    public static final class Foreign {
        private final Clock clock;
        private final Signer root;
        private final Signer issuer;

        public Foreign(Clock clock) throws GeneralSecurityException {
            this.clock = clock;
            this.root = Authorities.root(clock);
            this.issuer = Minting.issuer(root, Validity.of(clock.instant(), Duration.ofDays(30)));
        }

        /** Whom those believe who believe this authority. */
        public Trust trust(long epoch) {
            return new Trust(List.of(root.certificate()), List.of(issuer.certificate()), epoch);
        }

        /** The leaf, then its issuer. */
        public List<X509Certificate> workload(PublicKey key, SpiffeId id, BoundPod pod, Duration lifetime)
                throws GeneralSecurityException {
            return List.of(
                    Minting.workload(issuer, Validity.of(clock.instant(), lifetime), key, id, pod),
                    issuer.certificate());
        }

        /** The operator's own certificate, then its issuer. */
        public List<X509Certificate> operator(PublicKey key, String trustDomain) throws GeneralSecurityException {
            return List.of(
                    Minting.operator(
                            issuer, Validity.of(clock.instant(), Duration.ofHours(1)), key, trustDomain, List.of()),
                    issuer.certificate());
        }
    }
}
