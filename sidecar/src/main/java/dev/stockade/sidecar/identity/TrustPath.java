package dev.stockade.sidecar.identity;

import java.security.GeneralSecurityException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXCertPathValidatorResult;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.stream.Collectors;

/** The way from a leaf to a root of a bundle (RFC 5280 section 6), every certificate of it valid at one instant. */
public final class TrustPath {
    private TrustPath() {}

    /**
     * The certificate that issued the leaf, the whole path verified: the next in the chain, or the root itself where the chain
     * is the leaf alone. Whether its leaves are still believed is for {@link TrustBundle#issuedBy} to say.
     *
     * @param chain leaf first; a root of the bundle in it is passed over
     * @throws java.security.cert.CertificateExpiredException if one has ended
     * @throws java.security.cert.CertificateNotYetValidException if one has not begun
     * @throws CertificateException if the chain holds no leaf
     * @throws GeneralSecurityException if the chain does not lead to a root
     */
    public static X509Certificate issuer(List<X509Certificate> chain, TrustBundle trust, Instant at)
            throws GeneralSecurityException {
        List<X509Certificate> path = chain.stream()
                .filter(certificate -> !trust.roots().contains(certificate))
                .toList();
        if (path.isEmpty() || !path.getFirst().equals(chain.getFirst())) {
            throw new CertificateException("a root is not a workload's certificate");
        }
        Date date = Date.from(at);
        for (X509Certificate certificate : path) {
            // Asked first, since its exceptions become the TLS alerts that say so.
            certificate.checkValidity(date);
        }
        PKIXParameters parameters = new PKIXParameters(
                trust.roots().stream().map(r -> new TrustAnchor(r, null)).collect(Collectors.toSet()));
        parameters.setRevocationEnabled(false);
        parameters.setDate(date);
        PKIXCertPathValidatorResult verified = (PKIXCertPathValidatorResult) CertPathValidator.getInstance("PKIX")
                .validate(CertificateFactory.getInstance("X.509").generateCertPath(path), parameters);
        X509Certificate root = verified.getTrustAnchor().getTrustedCert();
        // The validator lets an anchor end; whom we believe does not last longer than it says.
        root.checkValidity(date);
        return path.size() > 1 ? path.get(1) : root;
    }
}
