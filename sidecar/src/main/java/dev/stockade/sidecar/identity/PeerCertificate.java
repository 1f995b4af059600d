package dev.stockade.sidecar.identity;

import dev.stockade.model.identity.BoundPod;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** What a certificate says about its holder. Says nothing about whether it is to be believed: {@code tls} does. */
public final class PeerCertificate {
    private static final int URI_NAME = 6;
    private static final int OCTET_STRING = 0x04;

    private PeerCertificate() {}

    /** The one URI SAN; empty if there is none, or several (X509-SVID section 2). */
    public static Optional<String> spiffeUri(X509Certificate certificate) {
        Collection<List<?>> names;
        try {
            names = certificate.getSubjectAlternativeNames();
        } catch (CertificateParsingException e) {
            return Optional.empty();
        }
        if (names == null) {
            return Optional.empty();
        }
        List<String> uris = names.stream()
                .filter(name -> name.get(0) instanceof Integer type && type == URI_NAME)
                .map(name -> String.valueOf(name.get(1)))
                .toList();
        return uris.size() == 1 ? Optional.of(uris.getFirst()) : Optional.empty();
    }

    /** The pod that the certificate is bound to, if its extension is present and well-formed. */
    public static Optional<BoundPod> boundPod(X509Certificate certificate) {
        byte[] wrapped = certificate.getExtensionValue(BoundPod.OID);
        return wrapped == null ? Optional.empty() : octets(wrapped).flatMap(BoundPod::fromDer);
    }

    /** An extension's value arrives inside one DER OCTET STRING. */
    private static Optional<byte[]> octets(byte[] der) {
        if (der.length < 2 || der[0] != OCTET_STRING) {
            return Optional.empty();
        }
        int header = der[1] >= 0 ? 2 : der[1] == (byte) 0x81 ? 3 : der[1] == (byte) 0x82 ? 4 : 0;
        if (header == 0 || der.length < header) {
            return Optional.empty();
        }
        byte[] content = new byte[der.length - header];
        System.arraycopy(der, header, content, 0, content.length);
        return Optional.of(content);
    }
}
