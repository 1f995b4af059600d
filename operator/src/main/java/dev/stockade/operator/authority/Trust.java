package dev.stockade.operator.authority;

import java.security.cert.X509Certificate;
import java.util.List;

/**
 * Whom the mesh believes at one moment: a peer's certificate is good only if it chains to one of the roots and was issued by
 * one of the issuers. So an issuer that was dropped is worthless at once, although its certificate has not ended.
 *
 * @param roots the one that signs first; during a rotation of the root also the other
 * @param issuers the certificates that may have issued a leaf, the one that issues now first; during a rotation also the other
 * @param epoch grows by one with every step of every rotation, and is kept in the CA's Secret; 0 before the CA was first read
 */
public record Trust(List<X509Certificate> roots, List<X509Certificate> issuers, long epoch) {
    /** Before the CA was first read: nobody is believed. */
    public static final Trust NONE = new Trust(List.of(), List.of(), 0);

    public Trust {
        roots = List.copyOf(roots);
        issuers = List.copyOf(issuers);
    }
}
