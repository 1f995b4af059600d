package dev.stockade.sidecar.identity;

import static java.util.Objects.requireNonNull;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Base64;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.SequencedSet;

/**
 * Whom a trust domain believes. A peer's chain must lead to one of the roots, and the certificate that issued its leaf must be
 * one of the issuers: an issuer that was dropped is worthless at once, although its certificate has not ended.
 *
 * @param roots the current first and, during a rotation, the other one; 1 to 8
 * @param issuers the one that issues now first and, during a rotation, the other one; at most 8. None where nothing but roots
 *     is known, which is so before the operator's first answer: such a bundle is good for calling the operator, and for
 *     nothing else
 * @param epoch grows by one with every step of every rotation; 0 for a bundle that is not the operator's
 */
public record TrustBundle(
        String trustDomain, SequencedSet<X509Certificate> roots, SequencedSet<Fingerprint> issuers, long epoch) {
    static final int MOST = 8;

    /** @throws IllegalArgumentException if there is no root, one that is not a self-signed authority, or too many of anything */
    public TrustBundle {
        requireNonNull(trustDomain);
        roots = Collections.unmodifiableSequencedSet(new LinkedHashSet<>(roots));
        issuers = Collections.unmodifiableSequencedSet(new LinkedHashSet<>(issuers));
        require(!roots.isEmpty(), "no root certificate");
        require(roots.size() <= MOST, roots.size() + " roots, of which at most " + MOST + " are read");
        require(issuers.size() <= MOST, issuers.size() + " issuers, of which at most " + MOST + " are read");
        require(epoch >= 0, "the epoch " + Long.toUnsignedString(epoch) + " is out of range");
        roots.forEach(TrustBundle::requireAuthority);
    }

    /**
     * What the operator sent.
     *
     * @param roots DER
     * @param issuers SHA-256
     * @throws IllegalArgumentException with one sentence, if anything is missing, malformed, listed twice or at its end
     */
    public static TrustBundle ofOperator(
            String trustDomain, List<byte[]> roots, List<byte[]> issuers, long epoch, Instant now) {
        // Before anything is parsed: what is too long is not worth the work.
        require(roots.size() <= MOST, roots.size() + " roots, of which at most " + MOST + " are read");
        require(issuers.size() <= MOST, issuers.size() + " issuers, of which at most " + MOST + " are read");
        require(!issuers.isEmpty(), "it names no issuer");
        TrustBundle bundle = new TrustBundle(
                trustDomain,
                new LinkedHashSet<>(certificates(roots)),
                new LinkedHashSet<>(issuers.stream().map(Fingerprint::ofBytes).toList()),
                epoch);
        require(bundle.roots().size() == roots.size(), "a root is listed twice");
        require(bundle.issuers().size() == issuers.size(), "an issuer is listed twice");
        for (X509Certificate root : bundle.roots()) {
            Instant end = root.getNotAfter().toInstant();
            require(end.isAfter(now), "the root '" + name(root) + "' ended at " + end);
        }
        return bundle;
    }

    /** Roots alone. @throws IllegalArgumentException if one is not a certificate of an authority */
    public static TrustBundle ofDer(String trustDomain, List<byte[]> roots) {
        return ofRoots(trustDomain, certificates(roots));
    }

    /** Roots alone. @throws IllegalArgumentException if the text is not PEM certificates of authorities */
    public static TrustBundle ofPem(String trustDomain, String pem) {
        return ofRoots(trustDomain, certificates(pem));
    }

    /** Roots alone. */
    static TrustBundle ofRoots(String trustDomain, Collection<X509Certificate> roots) {
        return new TrustBundle(trustDomain, new LinkedHashSet<>(roots), new LinkedHashSet<>(), 0);
    }

    /** Whether leaves that this certificate issued are believed. */
    public boolean issuedBy(X509Certificate issuer) {
        return issuers.contains(Fingerprint.of(issuer));
    }

    /** Whether this is the one that issues now. */
    public boolean issuesNow(Fingerprint issuer) {
        return !issuers.isEmpty() && issuers.getFirst().equals(issuer);
    }

    /**
     * Why another bundle may not take this one's place. What came from the operator is ordered by its epoch, whichever replica
     * it comes from and whichever way, so that none that lags behind brings back what was dropped.
     */
    public Optional<String> refusal(TrustBundle next) {
        if (next.epoch < epoch) {
            return Optional.of(
                    "its trust bundle (epoch " + next.epoch + ") is older than the one in force (epoch " + epoch + ")");
        }
        // Order matters: the first issuer is the one to be asked for.
        boolean same = List.copyOf(roots).equals(List.copyOf(next.roots))
                && List.copyOf(issuers).equals(List.copyOf(next.issuers));
        if (!issuers.isEmpty() && next.epoch == epoch && !same) {
            return Optional.of(
                    "its trust bundle is another one than the one in force, and of the same epoch (" + epoch + ")");
        }
        return Optional.empty();
    }

    /** The roots as PEM, which {@link #ofPem} reads. */
    public String toPem() {
        StringBuilder pem = new StringBuilder();
        Base64.Encoder base64 = Base64.getMimeEncoder(64, new byte[] {'\n'});
        for (X509Certificate root : roots) {
            try {
                pem.append("-----BEGIN CERTIFICATE-----\n")
                        .append(base64.encodeToString(root.getEncoded()))
                        .append("\n-----END CERTIFICATE-----\n");
            } catch (CertificateEncodingException e) {
                throw new IllegalStateException("trust bundle: a root cannot be encoded", e);
            }
        }
        return pem.toString();
    }

    /** Whatever stands around the certificates is passed over. @throws IllegalArgumentException if there is other PEM */
    static List<X509Certificate> certificates(String pem) {
        try {
            return CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)))
                    .stream()
                    .map(c -> (X509Certificate) c)
                    .toList();
        } catch (CertificateException e) {
            throw new IllegalArgumentException("trust bundle: not PEM certificates", e);
        }
    }

    /** @throws IllegalArgumentException if one is not a certificate, alone and whole */
    static List<X509Certificate> certificates(List<byte[]> ders) {
        return ders.stream().map(TrustBundle::certificate).toList();
    }

    private static X509Certificate certificate(byte[] der) {
        try {
            ByteArrayInputStream in = new ByteArrayInputStream(der);
            X509Certificate certificate =
                    (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
            if (in.available() > 0) {
                throw new IllegalArgumentException("not an X.509 certificate: something follows it");
            }
            return certificate;
        } catch (CertificateException e) {
            throw new IllegalArgumentException("not an X.509 certificate", e);
        }
    }

    private static void requireAuthority(X509Certificate root) {
        try {
            require(
                    root.getBasicConstraints() >= 0
                            && root.getSubjectX500Principal().equals(root.getIssuerX500Principal()),
                    "'" + name(root) + "' is not a self-signed certificate authority");
            root.verify(root.getPublicKey());
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("trust bundle: '" + name(root) + "' is not signed by its own key", e);
        }
    }

    private static String name(X509Certificate certificate) {
        return certificate.getSubjectX500Principal().getName();
    }

    private static void require(boolean holds, String otherwise) {
        if (!holds) {
            throw new IllegalArgumentException("trust bundle: " + otherwise);
        }
    }
}
