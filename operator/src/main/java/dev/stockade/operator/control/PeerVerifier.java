package dev.stockade.operator.control;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.BoundPod;
import dev.stockade.model.identity.SpiffeId;
import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.Arrays;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import org.bouncycastle.asn1.ASN1OctetString;
import org.jspecify.annotations.Nullable;

/**
 * Reads a peer's certificate: a chain to one of the roots, valid now, a leaf for TLS, exactly one URI SAN of this trust domain,
 * and for a workload the pod that it is bound to (SPIFFE X509-SVID sections 2 and 5).
 */
final class PeerVerifier {
    private static final int URI_NAME = 6;
    private static final int DIGITAL_SIGNATURE = 0;
    private static final int KEY_CERT_SIGN = 5;
    private static final int LONGEST_CHAIN = 4;
    private static final String SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
    private static final String CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

    private final Supplier<List<X509Certificate>> roots;
    private final String trustDomain;
    private final Clock clock;

    PeerVerifier(Supplier<List<X509Certificate>> roots, String trustDomain, Clock clock) {
        this.roots = requireNonNull(roots);
        this.trustDomain = requireNonNull(trustDomain);
        this.clock = requireNonNull(clock);
    }

    /** @throws CertificateException a sentence: why the certificate is not believed */
    Peer client(X509Certificate[] chain) throws CertificateException {
        return verify(chain, CLIENT_AUTH);
    }

    /** Checks a replica that we call. */
    private void operator(X509Certificate[] chain) throws CertificateException {
        if (!(verify(chain, SERVER_AUTH) instanceof Peer.Operator)) {
            throw new CertificateException("the certificate is good, but it is not the operator's");
        }
    }

    private Peer verify(X509Certificate[] chain, String purpose) throws CertificateException {
        if (chain.length == 0 || chain.length > LONGEST_CHAIN) {
            throw new CertificateException("a chain of " + chain.length + " certificates is not one of this mesh");
        }
        validate(chain);
        X509Certificate leaf = chain[0];
        boolean[] usage = leaf.getKeyUsage();
        if (leaf.getBasicConstraints() >= 0 || usage == null || !usage[DIGITAL_SIGNATURE] || usage[KEY_CERT_SIGN]) {
            throw new CertificateException("the certificate is not an end entity's");
        }
        List<String> purposes = leaf.getExtendedKeyUsage();
        if (purposes == null || !purposes.contains(purpose)) {
            throw new CertificateException("the certificate is not for this side of TLS");
        }
        return identify(leaf);
    }

    private void validate(X509Certificate[] chain) throws CertificateException {
        Set<TrustAnchor> anchors =
                roots.get().stream().map(root -> new TrustAnchor(root, null)).collect(Collectors.toSet());
        if (anchors.isEmpty()) {
            throw new CertificateException("no root is known yet");
        }
        try {
            PKIXParameters parameters = new PKIXParameters(anchors);
            // Certificates live an hour; what is withdrawn sooner is withdrawn by snapshot.
            parameters.setRevocationEnabled(false);
            parameters.setDate(Date.from(clock.instant()));
            CertPathValidator.getInstance("PKIX")
                    .validate(
                            CertificateFactory.getInstance("X.509").generateCertPath(Arrays.asList(chain)), parameters);
        } catch (GeneralSecurityException e) {
            throw new CertificateException(
                    "the certificate does not chain to a root of this mesh: " + e.getMessage(), e);
        }
    }

    private Peer identify(X509Certificate leaf) throws CertificateException {
        String uri = onlyUri(leaf);
        if (uri.equals(SpiffeId.operator(trustDomain))) {
            return new Peer.Operator(leaf.getNotAfter().toInstant());
        }
        SpiffeId id = SpiffeId.parse(uri)
                .filter(parsed -> parsed.trustDomain().equals(trustDomain))
                .orElseThrow(() -> new CertificateException("'" + uri + "' is not an identity of " + trustDomain));
        return new Peer.Workload(id, boundPod(leaf, id), leaf.getNotAfter().toInstant());
    }

    private static String onlyUri(X509Certificate leaf) throws CertificateException {
        Collection<List<?>> names = leaf.getSubjectAlternativeNames();
        List<String> uris = names == null
                ? List.of()
                : names.stream()
                        .filter(name -> Integer.valueOf(URI_NAME).equals(name.get(0)))
                        .map(name -> String.valueOf(name.get(1)))
                        .toList();
        if (uris.size() != 1) {
            throw new CertificateException("the certificate has " + uris.size() + " URI names, and must have one");
        }
        return uris.getFirst();
    }

    private static BoundPod boundPod(X509Certificate leaf, SpiffeId id) throws CertificateException {
        byte[] wrapped = leaf.getExtensionValue(BoundPod.OID);
        if (wrapped == null) {
            throw new CertificateException("the certificate of " + id + " is bound to no pod");
        }
        try {
            byte[] value = ASN1OctetString.getInstance(ASN1OctetString.fromByteArray(wrapped))
                    .getOctets();
            return BoundPod.fromDer(value)
                    .filter(pod -> pod.namespace().equals(id.namespace()))
                    .orElseThrow(() -> new CertificateException("the pod in the certificate of " + id + " is not one"));
        } catch (IOException | RuntimeException e) {
            throw new CertificateException("the pod in the certificate of " + id + " cannot be read", e);
        }
    }

    /** The same checks during the handshake: as server for any peer of the mesh, as client for the operator alone. */
    X509ExtendedTrustManager trustManager() {
        return new Handshake();
    }

    private final class Handshake extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            client(chain);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, @Nullable Socket socket)
                throws CertificateException {
            client(chain);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, @Nullable SSLEngine engine)
                throws CertificateException {
            client(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            operator(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, @Nullable Socket socket)
                throws CertificateException {
            operator(chain);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, @Nullable SSLEngine engine)
                throws CertificateException {
            operator(chain);
        }

        /** Empty: a list of accepted authorities would say which mesh this is to whoever asks. */
        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
