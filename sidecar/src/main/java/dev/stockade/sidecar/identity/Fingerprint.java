package dev.stockade.sidecar.identity;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.X509Certificate;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * SHA-256 over a certificate's DER: names it, and no other, whatever the other says of itself.
 *
 * @param hex 64 lower-case digits
 */
public record Fingerprint(String hex) {
    private static final Pattern DIGITS = Pattern.compile("[0-9a-f]{64}");
    private static final int BYTES = 32;

    /** @throws IllegalArgumentException if these are not the digits of a SHA-256 */
    public Fingerprint {
        if (!DIGITS.matcher(hex).matches()) {
            throw new IllegalArgumentException("'" + hex + "' is not the SHA-256 of a certificate");
        }
    }

    /** @throws IllegalArgumentException unless there are 32 bytes */
    public static Fingerprint ofBytes(byte[] digest) {
        if (digest.length != BYTES) {
            throw new IllegalArgumentException(
                    "an issuer is named by " + digest.length + " bytes; a SHA-256 has " + BYTES);
        }
        return new Fingerprint(HexFormat.of().formatHex(digest));
    }

    public static Fingerprint of(X509Certificate certificate) {
        try {
            return ofBytes(sha256().digest(certificate.getEncoded()));
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("a certificate cannot be encoded", e);
        }
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java runtime lacks SHA-256", e);
        }
    }

    /** The first digits, which do for people. */
    @Override
    public String toString() {
        return hex.substring(0, 12);
    }
}
