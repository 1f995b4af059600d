package dev.stockade.model.identity;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Whom a certificate names, and for which pod it was issued. Says nothing about whether it is to be believed: the chain has to be
 * verified first.
 */
public final class PeerCertificate {
    /** GeneralName's tag of a uniformResourceIdentifier (RFC 5280 section 4.2.1.6). */
    private static final int URI_NAME = 6;

    private static final int OCTET_STRING = 0x04;

    private PeerCertificate() {}

    /** Every URI among the subject's alternative names; empty if there is none, or if the extension cannot be read. */
    public static List<String> uris(X509Certificate certificate) {
        Collection<List<?>> names;
        try {
            names = certificate.getSubjectAlternativeNames();
        } catch (CertificateParsingException e) {
            return List.of();
        }
        if (names == null) {
            return List.of();
        }
        return names.stream()
                .filter(name -> name.get(0) instanceof Integer type && type == URI_NAME)
                .map(name -> String.valueOf(name.get(1)))
                .toList();
    }

    /** The one URI SAN; empty if there is none, or several (X509-SVID section 2). */
    public static Optional<String> spiffeUri(X509Certificate certificate) {
        List<String> uris = uris(certificate);
        return uris.size() == 1 ? Optional.of(uris.getFirst()) : Optional.empty();
    }

    /** The pod that the certificate is bound to, if its extension is present and well-formed. */
    public static Optional<BoundPod> boundPod(X509Certificate certificate) {
        byte[] wrapped = certificate.getExtensionValue(BoundPod.OID);
        return wrapped == null ? Optional.empty() : content(wrapped).flatMap(BoundPod::fromDer);
    }

    /** An extension's value arrives inside one DER OCTET STRING, and that is all of it. */
    private static Optional<byte[]> content(byte[] der) {
        if (der.length < 2 || der[0] != OCTET_STRING) {
            return Optional.empty();
        }
        int octets = der[1] >= 0 ? 0 : der[1] & 0x7f;
        int header = 2 + octets;
        if (octets > 2 || der.length < header) {
            return Optional.empty();
        }
        int length = octets == 0 ? der[1] : 0;
        for (int i = 2; i < header; i++) {
            length = length << 8 | (der[i] & 0xff);
        }
        return length == der.length - header
                ? Optional.of(Arrays.copyOfRange(der, header, der.length))
                : Optional.empty();
    }
}
