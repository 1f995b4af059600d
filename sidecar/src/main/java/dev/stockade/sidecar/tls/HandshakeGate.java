package dev.stockade.sidecar.tls;

import static java.util.Objects.requireNonNull;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;

/**
 * Opens a connection to bytes only after a handshake that was what we demand. BoringSSL under Netty does not let the suites of
 * TLS 1.3 be chosen, so another suite than AES-GCM is refused here, before a byte is read.
 */
public final class HandshakeGate extends ChannelInboundHandlerAdapter {
    private static final Set<String> SUITES = Set.of("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384");

    private final BiConsumer<ChannelHandlerContext, X509Certificate> opened;
    private final Consumer<Throwable> refused;
    private boolean done;

    /**
     * @param opened gets the peer's certificate, and adds the handlers that follow; this one is then removed
     * @param refused why there is no connection; the channel is closed
     */
    public HandshakeGate(BiConsumer<ChannelHandlerContext, X509Certificate> opened, Consumer<Throwable> refused) {
        this.opened = requireNonNull(opened);
        this.refused = requireNonNull(refused);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
        if (!(event instanceof SslHandshakeCompletionEvent completion) || done) {
            super.userEventTriggered(ctx, event);
            return;
        }
        if (!completion.isSuccess()) {
            refuse(ctx, completion.cause());
            return;
        }
        SslHandler tls = ctx.pipeline().get(SslHandler.class);
        SSLSession session = tls.engine().getSession();
        if (!session.getProtocol().equals("TLSv1.3")
                || !SUITES.contains(session.getCipherSuite())
                || !ApplicationProtocolNames.HTTP_2.equals(tls.applicationProtocol())) {
            refuse(
                    ctx,
                    new SSLPeerUnverifiedException("the handshake ended with " + session.getProtocol() + ", "
                            + session.getCipherSuite() + " and protocol " + tls.applicationProtocol()
                            + "; TLS 1.3, AES-GCM and h2 are demanded"));
            return;
        }
        done = true;
        opened.accept(ctx, (X509Certificate) session.getPeerCertificates()[0]);
        ctx.pipeline().remove(this);
    }

    private void refuse(ChannelHandlerContext ctx, Throwable why) {
        done = true;
        // The TLS library wraps what the verifier said.
        Throwable cause = why;
        while (cause.getCause() != null && !(cause instanceof CertificateException)) {
            cause = cause.getCause();
        }
        refused.accept(cause instanceof CertificateException ? cause : why);
        ctx.close();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) throws Exception {
        if (!done) {
            refuse(ctx, new SSLPeerUnverifiedException("the connection ended before its handshake"));
        }
        super.channelInactive(ctx);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (done) {
            ctx.close();
        } else {
            refuse(ctx, cause);
        }
    }
}
