package dev.stockade.operator.authority;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.stockade.operator.authority.Minting.Signer;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The entries of the CA's Secret. Those that an earlier release did not write may be missing when they are read; what is there
 * must fit together.
 */
final class CaEntries {
    static final String CHAIN = "tls.crt";
    static final String KEY = "tls.key";
    static final String ROOTS = "ca.crt";
    static final String ROOT_KEY = "root.key";
    static final String ISSUERS = "issuers";
    static final String NEXT = "next.crt";
    static final String NEXT_KEY = "next.key";
    static final String NEXT_ROOT = "next-root.crt";
    static final String NEXT_ROOT_KEY = "next-root.key";
    static final String SEED = "seed";
    static final String ROTATION = "rotation";

    private CaEntries() {}

    /** The entries, base64 as the API has them. */
    static Map<String, String> write(SigningMaterial material) {
        Map<String, String> entries = new LinkedHashMap<>();
        entries.put(CHAIN, base64(Pem.encode(material.issuer().chain())));
        entries.put(KEY, base64(Pem.encode(material.issuer().signer().key())));
        entries.put(ROOTS, base64(Pem.encode(material.roots())));
        material.root().ifPresent(root -> entries.put(ROOT_KEY, base64(Pem.encode(root.key()))));
        entries.put(ISSUERS, base64(Pem.encode(material.issuers())));
        material.next().ifPresent(next -> {
            entries.put(NEXT, base64(Pem.encode(next.chain())));
            entries.put(NEXT_KEY, base64(Pem.encode(next.signer().key())));
        });
        material.nextRoot().ifPresent(root -> {
            entries.put(NEXT_ROOT, base64(Pem.encode(List.of(root.certificate()))));
            entries.put(NEXT_ROOT_KEY, base64(Pem.encode(root.key())));
        });
        entries.put(SEED, Base64.getEncoder().encodeToString(material.seed().bytes()));
        entries.put(ROTATION, base64(RotationJson.write(material.rotation())));
        return entries;
    }

    /**
     * Reads a Secret's entries (base64, as the API has them).
     *
     * @throws GeneralSecurityException one sentence: which entry is not what it must be; it never quotes a key
     */
    static SigningMaterial read(Map<String, String> entries) throws GeneralSecurityException {
        List<X509Certificate> roots = certificates(entries, ROOTS);
        Issuer issuer = issuer(entries, CHAIN, KEY, roots.getFirst());
        Optional<Rotation> rotation = entries.containsKey(ROTATION)
                ? Optional.of(RotationJson.read(text(entries, ROTATION)))
                : Optional.empty();
        Optional<Signer> root = root(entries, roots.getFirst(), rotation.isPresent());
        Rotation known =
                rotation.orElseGet(() -> Rotation.none(Minting.made(roots.getFirst()), Minting.made(roots.getFirst())));
        Optional<Issuer> next = next(entries, roots);
        if ((known.step() == Rotation.Step.TRUST_NEW) != next.isPresent()) {
            throw new GeneralSecurityException("entry " + ROTATION + " says " + known.name() + ", and " + NEXT + " is "
                    + (next.isPresent() ? "there" : "missing"));
        }
        return new SigningMaterial(
                issuer,
                root,
                roots,
                issuers(entries, issuer, next),
                next,
                nextRoot(entries),
                seed(entries, root),
                known,
                rotation.isPresent() && entries.containsKey(SEED) && entries.containsKey(ISSUERS));
    }

    private static Optional<Signer> root(Map<String, String> entries, X509Certificate certificate, boolean mayBeForeign)
            throws GeneralSecurityException {
        if (!entries.containsKey(ROOT_KEY) && mayBeForeign) {
            return Optional.empty();
        }
        return Optional.of(signer(certificate, ROOTS, entries, ROOT_KEY));
    }

    private static Issuer issuer(Map<String, String> entries, String chainEntry, String keyEntry, X509Certificate root)
            throws GeneralSecurityException {
        List<X509Certificate> chain = certificates(entries, chainEntry);
        Signer signer = signer(chain.getFirst(), chainEntry, entries, keyEntry);
        X509Certificate below = chain.getFirst();
        for (X509Certificate above : chain.subList(1, chain.size())) {
            if (!Keys.signed(above, below)) {
                throw new GeneralSecurityException(
                        chainEntry + " is not a chain, each certificate signed by the next; put it back");
            }
            below = above;
        }
        if (!Keys.signed(root, below)) {
            throw new GeneralSecurityException(
                    chainEntry + " is not signed by the first certificate of " + ROOTS + "; put the pair back");
        }
        return new Issuer(signer, chain.subList(1, chain.size()), root);
    }

    private static Optional<Issuer> next(Map<String, String> entries, List<X509Certificate> roots)
            throws GeneralSecurityException {
        if (!entries.containsKey(NEXT)) {
            return Optional.empty();
        }
        X509Certificate highest = certificates(entries, NEXT).getLast();
        for (X509Certificate root : roots) {
            if (Keys.signed(root, highest)) {
                return Optional.of(issuer(entries, NEXT, NEXT_KEY, root));
            }
        }
        throw new GeneralSecurityException(NEXT + " is not signed by a certificate of " + ROOTS + "; put them back");
    }

    private static List<X509Certificate> issuers(Map<String, String> entries, Issuer issuer, Optional<Issuer> next)
            throws GeneralSecurityException {
        if (!entries.containsKey(ISSUERS)) {
            return List.of(issuer.certificate());
        }
        List<X509Certificate> issuers = certificates(entries, ISSUERS);
        if (!issuers.getFirst().equals(issuer.certificate())
                || next.filter(n -> !issuers.contains(n.certificate())).isPresent()) {
            throw new GeneralSecurityException(
                    ISSUERS + " does not begin with the issuer in " + CHAIN + " and hold the one in " + NEXT);
        }
        return issuers;
    }

    private static Optional<Signer> nextRoot(Map<String, String> entries) throws GeneralSecurityException {
        if (!entries.containsKey(NEXT_ROOT)) {
            return Optional.empty();
        }
        return Optional.of(signer(certificates(entries, NEXT_ROOT).getFirst(), NEXT_ROOT, entries, NEXT_ROOT_KEY));
    }

    private static Seed seed(Map<String, String> entries, Optional<Signer> root) throws GeneralSecurityException {
        if (!entries.containsKey(SEED)) {
            return Seed.of(root.orElseThrow(() -> new GeneralSecurityException("entry " + SEED + " is missing"))
                    .key());
        }
        try {
            return Seed.of(bytes(entries, SEED));
        } catch (GeneralSecurityException e) {
            throw new GeneralSecurityException("entry " + SEED + " " + e.getMessage());
        }
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
        String pem = text(entries, keyEntry);
        PrivateKey key;
        try {
            key = Keys.read(pem);
        } catch (GeneralSecurityException e) {
            throw new GeneralSecurityException(keyEntry + " " + e.getMessage());
        }
        if (!Keys.match(key, certificate.getPublicKey())) {
            throw new GeneralSecurityException(keyEntry + " does not belong to the certificate in " + certificateEntry);
        }
        return new Signer(certificate, key);
    }

    /** An entry as text. */
    static String text(Map<String, String> entries, String entry) throws GeneralSecurityException {
        return new String(bytes(entries, entry), UTF_8);
    }

    private static byte[] bytes(Map<String, String> entries, String entry) throws GeneralSecurityException {
        String value = entries.get(entry);
        if (value == null || value.isEmpty()) {
            throw new GeneralSecurityException("entry " + entry + " is missing");
        }
        try {
            return Base64.getDecoder().decode(value);
        } catch (IllegalArgumentException e) {
            throw new GeneralSecurityException("entry " + entry + " is not base64");
        }
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
    }
}
