package dev.stockade.sidecar.tls;

import static java.util.Objects.requireNonNull;

import dev.stockade.sidecar.identity.Svid;
import io.netty.handler.ssl.SslContext;
import io.netty.util.ReferenceCountUtil;
import java.util.Optional;
import javax.net.ssl.SSLException;

/**
 * The TLS context that new connections get, made from the certificate in force. With another certificate it is made anew, and
 * the former one is let go, and its key with it; open connections keep what they need. On one event loop.
 */
public final class ContextInForce {
    private final Maker maker;
    private Optional<Made> made = Optional.empty();

    /** Makes a context from a certificate. */
    @FunctionalInterface
    public interface Maker {
        SslContext of(Svid svid) throws SSLException;
    }

    /** A context, and the certificate that it was made from. */
    public record Made(Svid svid, SslContext context) {}

    public ContextInForce(Maker maker) {
        this.maker = requireNonNull(maker);
    }

    /**
     * The context for this certificate; none without one.
     *
     * @throws SSLException if the certificate cannot be used; there is no context then
     */
    public Optional<Made> of(Optional<Svid> now) throws SSLException {
        dropUnless(now);
        if (made.isEmpty() && now.isPresent()) {
            made = Optional.of(new Made(now.get(), maker.of(now.get())));
        }
        return made;
    }

    /** Lets the context go if it was made from another certificate than this one. */
    public void dropUnless(Optional<Svid> now) {
        if (!now.equals(made.map(Made::svid))) {
            drop();
        }
    }

    /** Lets the context go. */
    public void drop() {
        made.ifPresent(former -> ReferenceCountUtil.release(former.context()));
        made = Optional.empty();
    }
}
