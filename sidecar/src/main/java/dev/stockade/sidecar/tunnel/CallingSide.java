package dev.stockade.sidecar.tunnel;

import dev.stockade.sidecar.identity.Svid;
import dev.stockade.sidecar.identity.TrustBundle;
import java.security.cert.X509Certificate;
import java.util.Optional;

/** What the agent in this pod holds, and is told, now. Asked on the event loop. */
public interface CallingSide {
    /** The certificate in force, ended or not. */
    Optional<Svid> own();

    /**
     * What is known about a connection of the agent's.
     *
     * @param shown the certificate that this side showed
     * @param issuer of the certificate that the other side showed
     */
    Standing standing(Svid shown, Destination to, X509Certificate issuer);

    /** What peers are judged by. */
    TrustBundle trust();
}
