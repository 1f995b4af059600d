package dev.stockade.operator.authority;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.HexFormat;

/** The bytes of a certificate, and what names it. */
public final class Der {
    private Der() {}

    /** The certificate's encoding. */
    public static byte[] of(X509Certificate certificate) {
        try {
            return certificate.getEncoded();
        } catch (CertificateEncodingException e) {
            throw new IllegalStateException("a certificate that was read has no encoding", e);
        }
    }

    /** SHA-256 of the encoding, in lower-case hex: how MeshTrust's status names a root. */
    public static String sha256(X509Certificate certificate) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(of(certificate)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
