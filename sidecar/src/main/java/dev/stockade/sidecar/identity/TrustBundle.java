package dev.stockade.sidecar.identity;

import static java.util.Objects.requireNonNull;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The roots of a trust domain: the current one and, during a rotation, the other one. Never empty. */
public record TrustBundle(String trustDomain, Set<X509Certificate> roots) {
    /** @throws IllegalArgumentException if there is no root, or one that is not a self-issued certificate authority */
    public TrustBundle {
        requireNonNull(trustDomain);
        roots = Set.copyOf(roots);
        if (roots.isEmpty()) {
            throw new IllegalArgumentException("trust bundle: no root certificate");
        }
        for (X509Certificate root : roots) {
            if (root.getBasicConstraints() < 0
                    || !root.getSubjectX500Principal().equals(root.getIssuerX500Principal())) {
                throw new IllegalArgumentException("trust bundle: '"
                        + root.getSubjectX500Principal().getName() + "' is not a self-issued certificate authority");
            }
        }
    }

    /** @throws IllegalArgumentException if one is not a certificate of an authority */
    public static TrustBundle ofDer(String trustDomain, List<byte[]> roots) {
        return new TrustBundle(trustDomain, new LinkedHashSet<>(certificates(roots)));
    }

    /** @throws IllegalArgumentException if the text is not PEM certificates of authorities */
    public static TrustBundle ofPem(String trustDomain, String pem) {
        try {
            Set<X509Certificate> roots = new LinkedHashSet<>();
            factory()
                    .generateCertificates(new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)))
                    .forEach(c -> roots.add((X509Certificate) c));
            return new TrustBundle(trustDomain, roots);
        } catch (CertificateException e) {
            throw new IllegalArgumentException("trust bundle: not PEM certificates", e);
        }
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

    /** @throws IllegalArgumentException if one is not a certificate */
    static List<X509Certificate> certificates(List<byte[]> ders) {
        return ders.stream().map(TrustBundle::certificate).toList();
    }

    private static X509Certificate certificate(byte[] der) {
        try {
            return (X509Certificate) factory().generateCertificate(new ByteArrayInputStream(der));
        } catch (CertificateException e) {
            throw new IllegalArgumentException("not an X.509 certificate", e);
        }
    }

    private static CertificateFactory factory() throws CertificateException {
        return CertificateFactory.getInstance("X.509");
    }
}
