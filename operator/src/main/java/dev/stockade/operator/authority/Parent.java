package dev.stockade.operator.authority;

import static java.util.Objects.requireNonNull;

import dev.stockade.operator.authority.Minting.Signer;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * What signs issuers: the root that the operator made, or the CA that {@code caSecretRef} names.
 *
 * @param signer the certificate that signs, and its key
 * @param above what stands between the signer and the root, nearest first; empty if the root is next or is the signer itself
 * @param root what peers are to trust
 */
record Parent(Signer signer, List<X509Certificate> above, X509Certificate root) {
    Parent {
        requireNonNull(signer);
        above = List.copyOf(above);
        requireNonNull(root);
    }

    static Parent selfMade(Signer root) {
        return new Parent(root, List.of(), root.certificate());
    }

    /** What a chain carries between an issuer and the root. */
    List<X509Certificate> path() {
        if (signer.certificate().equals(root)) {
            return List.of();
        }
        List<X509Certificate> path = new ArrayList<>();
        path.add(signer.certificate());
        path.addAll(above);
        return List.copyOf(path);
    }

    /** When the first of its certificates ends: no issuer below it lives longer. */
    Instant ends() {
        return path().stream()
                .map(certificate -> certificate.getNotAfter().toInstant())
                .reduce(root.getNotAfter().toInstant(), (one, other) -> one.isBefore(other) ? one : other);
    }

    /** Makes an issuer with a new key, which ends no later than the parent. */
    Issuer newIssuer(Instant now, Duration lifetime) throws GeneralSecurityException {
        Minting.Validity wanted = Minting.Validity.of(now, lifetime);
        Instant end = wanted.to().isAfter(ends()) ? ends() : wanted.to();
        return new Issuer(Minting.issuer(signer, new Minting.Validity(wanted.from(), end)), path(), root);
    }

    /** Whether that issuer was made below the same certificates. */
    boolean isAbove(Issuer issuer) {
        return root.equals(issuer.root()) && path().equals(issuer.path());
    }
}
