package dev.stockade.operator.authority;

import static java.util.Objects.requireNonNull;

import dev.stockade.operator.authority.Minting.Signer;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * What signs leaves.
 *
 * @param signer the issuing certificate and its key
 * @param path what stands between it and the root, nearest first; empty below a root that the operator made
 * @param root what the chain leads to
 */
record Issuer(Signer signer, List<X509Certificate> path, X509Certificate root) {
    Issuer {
        requireNonNull(signer);
        path = List.copyOf(path);
        requireNonNull(root);
    }

    X509Certificate certificate() {
        return signer.certificate();
    }

    /** What a leaf's chain carries after the leaf: the issuer and what is above it, without the root. */
    List<X509Certificate> chain() {
        List<X509Certificate> chain = new ArrayList<>();
        chain.add(certificate());
        chain.addAll(path);
        return List.copyOf(chain);
    }

    Instant ends() {
        return certificate().getNotAfter().toInstant();
    }

    /** When it was made; its certificate says five minutes earlier. */
    Instant made() {
        return Minting.made(certificate());
    }
}
