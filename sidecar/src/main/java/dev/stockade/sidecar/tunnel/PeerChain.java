package dev.stockade.sidecar.tunnel;

import static java.util.Objects.requireNonNull;

import dev.stockade.sidecar.identity.TrustBundle;
import dev.stockade.sidecar.identity.TrustPath;
import dev.stockade.sidecar.tls.MeshTls;
import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;

/**
 * What the life of a connection needs of the chain that the peer showed, and that {@code tls} has verified.
 *
 * @param issuer of the leaf
 * @param ends when the first certificate of the chain ends
 */
public record PeerChain(X509Certificate issuer, Instant ends) {
    public PeerChain {
        requireNonNull(issuer);
        requireNonNull(ends);
    }

    /** @throws GeneralSecurityException if the bundle has changed since the handshake, and no longer bears the chain */
    public static PeerChain of(Channel connection, TrustBundle trust, Instant now) throws GeneralSecurityException {
        List<X509Certificate> shown = MeshTls.peerChain(connection.pipeline().get(SslHandler.class));
        List<X509Certificate> path =
                shown.stream().filter(c -> !trust.roots().contains(c)).toList();
        // The handshake has verified the path a moment ago; only where a root signed the leaf must it be found.
        X509Certificate issuer = path.size() > 1 ? path.get(1) : TrustPath.issuer(shown, trust, now);
        return new PeerChain(
                issuer,
                shown.stream()
                        .map(c -> c.getNotAfter().toInstant())
                        .min(Instant::compareTo)
                        .orElse(now));
    }

    /** When the first of both sides' certificates ends. */
    public Instant endsWith(Instant own) {
        return own.isBefore(ends) ? own : ends;
    }
}
