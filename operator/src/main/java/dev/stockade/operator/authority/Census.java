package dev.stockade.operator.authority;

import java.security.cert.X509Certificate;
import java.util.List;

/**
 * Who holds up a step of a rotation. Counted is every sidecar that may still serve: its pod is not gone, and its certificate
 * may not have ended. A sidecar that nobody has heard of for longer than its certificate can live is not counted any more.
 */
public interface Census {
    /**
     * Who has not acknowledged the trust of that epoch or a later one.
     *
     * @return a sentence for each, which names its pod; empty if all have
     */
    List<String> notTrusting(long epoch);

    /**
     * Who shows a certificate that another issuer has signed.
     *
     * @return a sentence for each, which names its pod; empty if there is none
     */
    List<String> notCertifiedBy(X509Certificate issuer);
}
