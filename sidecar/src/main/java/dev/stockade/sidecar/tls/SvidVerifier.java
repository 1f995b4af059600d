package dev.stockade.sidecar.tls;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.PeerCertificate;
import dev.stockade.sidecar.identity.Fingerprint;
import dev.stockade.sidecar.identity.TrustBundle;
import dev.stockade.sidecar.identity.TrustPath;
import io.netty.handler.ssl.OpenSslCertificateException;
import io.netty.internal.tcnative.CertificateVerifier;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Believes a peer whose X.509-SVID (SPIFFE X509-SVID sections 2 to 5) chains to a root in force, was issued by an issuer in
 * force, is valid now, and whose one URI SAN is acceptable. Host names play no part.
 */
final class SvidVerifier extends X509ExtendedTrustManager {
    private static final String SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
    private static final String CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
    private static final int DIGITAL_SIGNATURE = 0;
    private static final int KEY_CERT_SIGN = 5;
    private static final int LONGEST_CHAIN = 4;

    private final Supplier<TrustBundle> trust;
    private final boolean rootsSuffice;
    private final Predicate<String> acceptable;
    private final Clock clock;

    /**
     * @param trust asked at every handshake
     * @param rootsSuffice whether a bundle that names no issuer will do, which is for finding the operator alone
     */
    SvidVerifier(Supplier<TrustBundle> trust, boolean rootsSuffice, Predicate<String> acceptable, Clock clock) {
        this.trust = requireNonNull(trust);
        this.rootsSuffice = rootsSuffice;
        this.acceptable = requireNonNull(acceptable);
        this.clock = requireNonNull(clock);
    }

    private void verify(X509Certificate[] chain, String usage) throws CertificateException {
        if (chain.length == 0 || chain.length > LONGEST_CHAIN) {
            throw refused("a chain of " + chain.length + " certificates is not accepted");
        }
        X509Certificate leaf = chain[0];
        verifyPath(chain);
        verifyUsage(leaf, usage);
        String uri = PeerCertificate.spiffeUri(leaf)
                .orElseThrow(() -> refused("the certificate has not exactly one URI SAN"));
        if (!acceptable.test(uri)) {
            throw refused("the identity " + uri + " is not the one expected here");
        }
    }

    /** The peer is told by the TLS alert that its certificate was bad, and not more. */
    private static CertificateException refused(String sentence) {
        return new OpenSslCertificateException(sentence, CertificateVerifier.X509_V_ERR_CERT_REJECTED);
    }

    private void verifyPath(X509Certificate[] chain) throws CertificateException {
        TrustBundle bundle = trust.get();
        X509Certificate issuer;
        try {
            issuer = TrustPath.issuer(List.of(chain), bundle, clock.instant());
        } catch (CertificateException e) {
            throw e;
        } catch (GeneralSecurityException e) {
            throw new OpenSslCertificateException(
                    "the chain does not lead to a trusted root: " + e.getMessage(),
                    e,
                    CertificateVerifier.X509_V_ERR_CERT_UNTRUSTED);
        }
        if (bundle.issuers().isEmpty() && rootsSuffice) {
            return;
        }
        if (!bundle.issuedBy(issuer)) {
            throw refused("the issuer '" + issuer.getSubjectX500Principal().getName() + "' (" + Fingerprint.of(issuer)
                    + ") is not, or no longer, one of those that are believed");
        }
    }

    private static void verifyUsage(X509Certificate leaf, String usage) throws CertificateException {
        if (leaf.getBasicConstraints() >= 0) {
            throw refused("an authority's certificate is not a workload's");
        }
        boolean[] keyUsage = leaf.getKeyUsage();
        if (keyUsage == null || !keyUsage[DIGITAL_SIGNATURE] || keyUsage[KEY_CERT_SIGN]) {
            throw refused("the certificate's key usage is not a workload's");
        }
        try {
            List<String> extended = leaf.getExtendedKeyUsage();
            if (extended == null || !extended.contains(usage)) {
                throw refused("the certificate is not for this side of a connection");
            }
        } catch (CertificateParsingException e) {
            throw refused("the certificate's extended key usage cannot be read");
        }
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        verify(chain, CLIENT_AUTH);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        verify(chain, SERVER_AUTH);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        verify(chain, CLIENT_AUTH);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        verify(chain, SERVER_AUTH);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        verify(chain, CLIENT_AUTH);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        verify(chain, SERVER_AUTH);
    }

    /** None: the roots are no business of someone who has not proved anything yet. */
    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return new X509Certificate[0];
    }
}
