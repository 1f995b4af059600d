package dev.stockade.operator.authority;

import dev.stockade.operator.authority.Minting.Signer;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.PrivateKey;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads a CA that others made, in cert-manager's layout: {@code tls.crt} (the CA, then what is above it), {@code tls.key} and
 * {@code ca.crt} (the root). Everything that would make a certificate of the mesh invalid later is refused here.
 */
final class ForeignChain {
    /** Peers take chains of four: a leaf, our issuer, and these. */
    private static final int LONGEST_PATH = 2;

    private static final int KEY_CERT_SIGN = 5;
    private static final Duration TRIAL = Duration.ofMinutes(5);

    private ForeignChain() {}

    /**
     * The CA in a Secret's entries (base64, as the API has them).
     *
     * @throws GeneralSecurityException a sentence without its end: which entry is not what it must be
     */
    static Parent read(Map<String, String> entries, Instant now) throws GeneralSecurityException {
        List<X509Certificate> chain = certificates(entries, CaEntries.CHAIN);
        List<X509Certificate> roots = certificates(entries, CaEntries.ROOTS);
        X509Certificate authority = chain.getFirst();
        checkAuthority(authority);
        Signer signer = new Signer(authority, key(entries, authority));
        Parent parent = climb(signer, chain, roots);
        checkBounds(parent);
        Optional<String> ended = unusable(parent, now);
        if (ended.isPresent()) {
            throw new GeneralSecurityException(ended.get());
        }
        tryOut(parent, now);
        return parent;
    }

    /** Why it cannot sign at this moment, if so. */
    static Optional<String> unusable(Parent parent, Instant now) {
        Optional<String> why = SigningMaterial.unusable(
                "certificate (" + CaEntries.CHAIN + ")", parent.signer().certificate(), now);
        for (X509Certificate above : parent.above()) {
            why = why.or(() -> SigningMaterial.unusable("intermediate CA (" + CaEntries.CHAIN + ")", above, now));
        }
        return why.or(() -> SigningMaterial.unusable("root (" + CaEntries.ROOTS + ")", parent.root(), now));
    }

    private static List<X509Certificate> certificates(Map<String, String> entries, String entry)
            throws GeneralSecurityException {
        String pem = CaEntries.text(entries, entry);
        try {
            return Pem.certificates(pem);
        } catch (GeneralSecurityException e) {
            throw new GeneralSecurityException("its " + entry + " cannot be read (" + e.getMessage() + ")", e);
        }
    }

    private static void checkAuthority(X509Certificate certificate) throws GeneralSecurityException {
        boolean[] usage = certificate.getKeyUsage();
        if (certificate.getBasicConstraints() < 0) {
            throw new GeneralSecurityException("its tls.crt is no CA certificate (with cert-manager: isCA: true)");
        }
        if (usage != null && !usage[KEY_CERT_SIGN]) {
            throw new GeneralSecurityException(
                    "its tls.crt may not sign certificates (key usage keyCertSign is missing)");
        }
        try {
            Keys.signatureAlgorithm(certificate.getPublicKey());
        } catch (GeneralSecurityException e) {
            throw new GeneralSecurityException("the key of its tls.crt " + e.getMessage());
        }
    }

    private static PrivateKey key(Map<String, String> entries, X509Certificate certificate)
            throws GeneralSecurityException {
        String pem = CaEntries.text(entries, CaEntries.KEY);
        PrivateKey key;
        try {
            key = Keys.read(pem);
        } catch (GeneralSecurityException e) {
            throw new GeneralSecurityException("its tls.key " + e.getMessage());
        }
        if (!Keys.match(key, certificate.getPublicKey())) {
            throw new GeneralSecurityException("its tls.key does not belong to the certificate in tls.crt");
        }
        return key;
    }

    /** From the signer to a root in ca.crt, by what signed what; the order in tls.crt does not matter. */
    private static Parent climb(Signer signer, List<X509Certificate> chain, List<X509Certificate> roots)
            throws GeneralSecurityException {
        List<X509Certificate> left = new ArrayList<>(chain);
        left.removeIf(signer.certificate()::equals);
        List<X509Certificate> above = new ArrayList<>();
        X509Certificate highest = signer.certificate();
        while (true) {
            Optional<X509Certificate> root = above(highest, roots);
            if (root.isPresent()) {
                if (!Keys.signed(root.get(), root.get())) {
                    throw new GeneralSecurityException(
                            "the certificate in its ca.crt that tls.crt leads to is not self-signed; put the root there");
                }
                return new Parent(signer, above, root.get());
            }
            Optional<X509Certificate> next = above(highest, left);
            if (next.isEmpty()) {
                throw new GeneralSecurityException("its tls.crt does not lead to a certificate in its ca.crt");
            }
            left.remove(next.get());
            above.add(next.get());
            highest = next.get();
        }
    }

    private static Optional<X509Certificate> above(X509Certificate certificate, List<X509Certificate> candidates) {
        return candidates.stream()
                .filter(certificate::equals)
                .findFirst()
                .or(() -> candidates.stream()
                        .filter(candidate -> Keys.signed(candidate, certificate))
                        .findFirst());
    }

    private static void checkBounds(Parent parent) throws GeneralSecurityException {
        List<X509Certificate> path = new ArrayList<>(parent.path());
        if (path.size() > LONGEST_PATH) {
            throw new GeneralSecurityException("its tls.crt stands " + path.size()
                    + " certificates below the root, and at most " + LONGEST_PATH + " are accepted");
        }
        path.add(parent.root());
        for (int i = 0; i < path.size(); i++) {
            // Our issuer stands below it too.
            if (path.get(i).getBasicConstraints() < i + 1) {
                String which = i == 0 ? "tls.crt" : "the certificate above tls.crt";
                throw new GeneralSecurityException(which + " has path length "
                        + path.get(i).getBasicConstraints()
                        + ", which allows no issuer of the operator below it; at least " + (i + 1) + " is needed");
            }
        }
    }

    /** Name constraints, weak digests and whatever else a verifier may find: it is tried, not guessed. */
    private static void tryOut(Parent parent, Instant now) throws GeneralSecurityException {
        Issuer issuer = parent.newIssuer(now, TRIAL);
        KeyPair key = Minting.newKey();
        List<X509Certificate> path = new ArrayList<>();
        path.add(Minting.operator(
                issuer.signer(), Minting.Validity.of(now, TRIAL), key.getPublic(), "trial.invalid", List.of()));
        path.addAll(issuer.chain());
        PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(parent.root(), null)));
        parameters.setRevocationEnabled(false);
        parameters.setDate(Date.from(now));
        try {
            CertPathValidator.getInstance("PKIX")
                    .validate(CertificateFactory.getInstance("X.509").generateCertPath(path), parameters);
        } catch (GeneralSecurityException e) {
            throw new GeneralSecurityException(
                    "a certificate below its tls.crt would not be valid (" + e.getMessage() + ")", e);
        }
    }
}
