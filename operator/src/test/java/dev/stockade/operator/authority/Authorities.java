package dev.stockade.operator.authority;

import dev.stockade.model.identity.BoundPod;
import dev.stockade.model.identity.SpiffeId;
import dev.stockade.operator.authority.Minting.Signer;
import dev.stockade.operator.authority.Minting.Validity;
import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** Authorities for tests of those who only look at certificates. */
public final class Authorities {
    private Authorities() {}

    /** Of the kind that everybody in the mesh has. */
    public static KeyPair newKey() throws GeneralSecurityException {
        return Minting.newKey();
    }

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

        public X509Certificate issuer() {
            return issuer.certificate();
        }

        /** A leaf that the root itself has signed, alone. */
        public List<X509Certificate> workloadOfRoot(PublicKey key, SpiffeId id, BoundPod pod)
                throws GeneralSecurityException {
            return List.of(Minting.workload(root, Validity.of(clock.instant(), Duration.ofHours(1)), key, id, pod));
        }

        /**
         * A leaf that is bound to no pod, then its issuer.
         *
         * @param uris its names
         * @param client whether it is for the client's side of TLS
         */
        public List<X509Certificate> named(PublicKey key, List<String> uris, boolean client)
                throws GeneralSecurityException {
            Instant now = clock.instant();
            try {
                JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                        issuer.certificate(),
                        BigInteger.TEN,
                        Date.from(now.minus(Duration.ofMinutes(1))),
                        Date.from(now.plus(Duration.ofHours(1))),
                        new X500Principal("CN=leaf"),
                        key);
                builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
                builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
                builder.addExtension(
                        Extension.extendedKeyUsage,
                        false,
                        new ExtendedKeyUsage(client ? KeyPurposeId.id_kp_clientAuth : KeyPurposeId.id_kp_serverAuth));
                if (!uris.isEmpty()) {
                    builder.addExtension(
                            Extension.subjectAlternativeName,
                            false,
                            new GeneralNames(uris.stream()
                                    .map(uri -> new GeneralName(GeneralName.uniformResourceIdentifier, uri))
                                    .toArray(GeneralName[]::new)));
                }
                return List.of(
                        new JcaX509CertificateConverter()
                                .getCertificate(builder.build(
                                        new JcaContentSignerBuilder("SHA256withECDSA").build(issuer.key()))),
                        issuer.certificate());
            } catch (IOException | OperatorCreationException e) {
                throw new GeneralSecurityException("a certificate for a test", e);
            }
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
