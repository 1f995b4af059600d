package dev.stockade.operator.authority;

import static java.util.Objects.requireNonNull;

import dev.stockade.operator.authority.Minting.Signer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.ECPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.crypto.KDF;
import javax.crypto.SecretKey;
import javax.crypto.spec.HKDFParameterSpec;

/**
 * What the CA's Secret holds, read and checked: the issuer that signs, the roots that are trusted, and the root's key, which
 * makes the next issuer.
 */
final class SigningMaterial {
    static final String CHAIN = "tls.crt";
    static final String KEY = "tls.key";
    static final String ROOTS = "ca.crt";
    static final String ROOT_KEY = "root.key";

    private final Signer root;
    private final Signer issuer;
    private final List<X509Certificate> roots;

    private SigningMaterial(Signer root, Signer issuer, List<X509Certificate> roots) {
        this.root = requireNonNull(root);
        this.issuer = requireNonNull(issuer);
        this.roots = List.copyOf(roots);
    }

    /** A new root and its first issuer. */
    static SigningMaterial create(Instant now, Duration rootLifetime, Duration issuerLifetime)
            throws GeneralSecurityException {
        Signer root = Minting.root(Minting.Validity.of(now, rootLifetime));
        Signer issuer = Minting.issuer(root, Minting.Validity.of(now, issuerLifetime));
        return new SigningMaterial(root, issuer, List.of(root.certificate()));
    }

    /** The same roots with a new issuer. */
    SigningMaterial withNewIssuer(Instant now, Duration lifetime) throws GeneralSecurityException {
        return new SigningMaterial(root, Minting.issuer(root, Minting.Validity.of(now, lifetime)), roots);
    }

    /**
     * Reads a Secret's entries (base64, as the API has them).
     *
     * @throws GeneralSecurityException one sentence: which entry is not what it must be
     */
    static SigningMaterial read(Map<String, String> entries) throws GeneralSecurityException {
        List<X509Certificate> chain = certificates(entries, CHAIN);
        List<X509Certificate> roots = certificates(entries, ROOTS);
        Signer issuer = signer(chain.getFirst(), CHAIN, entries, KEY);
        Signer root = signer(roots.getFirst(), ROOTS, entries, ROOT_KEY);
        try {
            issuer.certificate().verify(root.certificate().getPublicKey());
        } catch (GeneralSecurityException e) {
            throw new GeneralSecurityException(
                    CHAIN + " is not signed by the first certificate of " + ROOTS + "; put the pair back", e);
        }
        return new SigningMaterial(root, issuer, roots);
    }

    private static List<X509Certificate> certificates(Map<String, String> entries, String entry)
            throws GeneralSecurityException {
        try {
            return Pem.certificates(text(entries, entry));
        } catch (GeneralSecurityException e) {
            throw new GeneralSecurityException(entry + " cannot be read (" + e.getMessage() + ")", e);
        }
    }

    private static Signer signer(
            X509Certificate certificate, String certificateEntry, Map<String, String> entries, String keyEntry)
            throws GeneralSecurityException {
        if (certificate.getBasicConstraints() < 0) {
            throw new GeneralSecurityException(certificateEntry + " is not a CA certificate");
        }
        PrivateKey key;
        try {
            key = Pem.key(text(entries, keyEntry));
        } catch (GeneralSecurityException e) {
            // The cause is left out: a parser's message may quote what it was given.
            throw new GeneralSecurityException(keyEntry + " is not an elliptic-curve key in PKCS#8 PEM");
        }
        if (!matches(key, certificate.getPublicKey())) {
            throw new GeneralSecurityException(keyEntry + " does not belong to the certificate in " + certificateEntry);
        }
        return new Signer(certificate, key);
    }

    private static boolean matches(PrivateKey key, PublicKey certified) throws GeneralSecurityException {
        if (!(certified instanceof ECPublicKey)) {
            return false;
        }
        byte[] probe = "does this key belong to this certificate".getBytes(StandardCharsets.UTF_8);
        Signature signer = Signature.getInstance("SHA256withECDSA");
        signer.initSign(key);
        signer.update(probe);
        byte[] signature = signer.sign();
        signer.initVerify(certified);
        signer.update(probe);
        return signer.verify(signature);
    }

    private static String text(Map<String, String> entries, String entry) throws GeneralSecurityException {
        String value = entries.get(entry);
        if (value == null || value.isEmpty()) {
            throw new GeneralSecurityException("entry " + entry + " is missing");
        }
        try {
            return new String(Base64.getDecoder().decode(value), StandardCharsets.US_ASCII);
        } catch (IllegalArgumentException e) {
            throw new GeneralSecurityException("entry " + entry + " is not base64");
        }
    }

    /** The Secret's entries, base64. */
    Map<String, String> entries() {
        return Map.of(
                CHAIN, base64(Pem.encode(List.of(issuer.certificate()))),
                KEY, base64(Pem.encode(issuer.key())),
                ROOTS, base64(Pem.encode(roots)),
                ROOT_KEY, base64(Pem.encode(root.key())));
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
    }

    Signer issuer() {
        return issuer;
    }

    /** The current root first. */
    List<X509Certificate> roots() {
        return roots;
    }

    /** Whom the mesh believes. */
    Trust trust() {
        return new Trust(roots, List.of(issuer.certificate()), 1);
    }

    /** When two thirds of the issuer's life are over: time for the next. */
    Instant issuerDue() {
        Instant from = issuer.certificate().getNotBefore().toInstant();
        Instant to = issuer.certificate().getNotAfter().toInstant();
        return from.plus(Duration.between(from, to).multipliedBy(2).dividedBy(3));
    }

    /** Why it cannot sign at this moment, if so. */
    Optional<String> unusable(Instant now) {
        return unusable("issuer (" + CHAIN + ")", issuer.certificate(), now)
                .or(() -> unusable("root (" + ROOTS + ")", root.certificate(), now));
    }

    private static Optional<String> unusable(String name, X509Certificate certificate, Instant now) {
        Instant from = certificate.getNotBefore().toInstant();
        Instant to = certificate.getNotAfter().toInstant();
        if (now.isAfter(to)) {
            return Optional.of("its " + name + " ended at " + to);
        }
        if (now.isBefore(from)) {
            return Optional.of("its " + name + " is not valid before " + from + "; check the clock");
        }
        return Optional.empty();
    }

    /** A key that every replica derives alike from the root's key (RFC 5869), one for each label. */
    SecretKey derive(String label) {
        byte[] scalar = ((ECPrivateKey) root.key()).getS().toByteArray();
        try {
            return KDF.getInstance("HKDF-SHA256")
                    .deriveKey(
                            "HmacSHA256",
                            HKDFParameterSpec.ofExtract()
                                    .addIKM(scalar)
                                    .addSalt("stockade.dev".getBytes(StandardCharsets.UTF_8))
                                    .thenExpand(label.getBytes(StandardCharsets.UTF_8), 32));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("HKDF-SHA256 is part of every JDK 25", e);
        }
    }

    @Override
    public String toString() {
        return "SigningMaterial[root " + Der.sha256(root.certificate()) + "]";
    }
}
