package dev.stockade.operator.control;

import dev.stockade.operator.authority.Trust;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;

/** TLS towards another replica, for the JDK's HTTP client. */
public final class ReplicaTls {
    private ReplicaTls() {}

    /**
     * Believes a server that shows the operator's certificate of this mesh, and no other, whatever its address. Shows none itself.
     *
     * @param trust read in each handshake
     */
    public static SSLContext client(Supplier<Trust> trust, String trustDomain, Clock clock) {
        try {
            SSLContext context = SSLContext.getInstance("TLSv1.3");
            TrustManager operator = new PeerVerifier(trust, trustDomain, clock).trustManager();
            context.init(null, new TrustManager[] {operator}, null);
            // A resumed session would carry a peer that is not verified again.
            context.getClientSessionContext().setSessionCacheSize(1);
            context.getClientSessionContext().setSessionTimeout(1);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every JDK has TLS 1.3", e);
        }
    }
}
