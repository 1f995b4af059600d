package dev.stockade.sidecar.tunnel;

import static java.util.Objects.requireNonNull;

import dev.stockade.sidecar.identity.Svid;
import dev.stockade.sidecar.metrics.Metrics;
import dev.stockade.sidecar.tls.HandshakeGate;
import dev.stockade.sidecar.tls.MeshTls;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Promise;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;

/** Dials one connection. */
final class TunnelDialer {
    private static final int CONNECT_MILLIS = 3_000;
    private static final Duration IDLE = Duration.ofMinutes(5);

    private final EventLoops loops;
    private final int meshPort;
    private final CallingSide side;
    private final Metrics metrics;
    private final Clock clock;

    TunnelDialer(EventLoops loops, int meshPort, CallingSide side, Metrics metrics, Clock clock) {
        this.loops = requireNonNull(loops);
        this.meshPort = meshPort;
        this.side = requireNonNull(side);
        this.metrics = requireNonNull(metrics);
        this.clock = requireNonNull(clock);
    }

    /** @param promise fails with {@link UnreachableException} */
    void dial(Destination to, SslContext context, Svid own, Promise<TunnelConnection> promise) {
        // The certificate may be renewed before the socket makes its handler.
        ReferenceCountUtil.retain(context);
        promise.addListener(dialled -> ReferenceCountUtil.release(context));
        Bootstrap bootstrap = new Bootstrap();
        loops.endWhenUntaken(bootstrap::option);
        bootstrap
                .group(loops.data())
                .channel(loops.socket())
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_MILLIS)
                .option(ChannelOption.TCP_NODELAY, true)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(MeshTls.handler(context, channel.alloc()))
                                .addLast(new HandshakeGate(
                                        (ctx, leaf) -> opened(ctx, to, own, promise), why -> fail(promise, why)));
                    }
                })
                .connect(new InetSocketAddress(to.address(), meshPort))
                .addListener(done -> {
                    if (!done.isSuccess()) {
                        fail(promise, done.cause());
                    }
                });
    }

    private void fail(Promise<TunnelConnection> promise, Throwable why) {
        if (promise.tryFailure(new UnreachableException(String.valueOf(why.getMessage())))) {
            metrics.count(Metrics.Count.OUTBOUND_DIALS_FAILED);
        }
    }

    private void opened(ChannelHandlerContext ctx, Destination to, Svid own, Promise<TunnelConnection> promise) {
        Channel channel = ctx.channel();
        PeerChain peer;
        try {
            peer = PeerChain.of(channel, side.trust(), clock.instant());
        } catch (GeneralSecurityException e) {
            fail(promise, e);
            channel.close();
            return;
        }
        Http2FrameCodec codec = Hbone.callingCodec();
        TunnelConnection connection = new TunnelConnection(channel, metrics);
        ConnectionLife life = new ConnectionLife(
                codec,
                new Tenure(clock.instant(), peer.endsWith(own.ends())),
                () -> side.standing(own, to, peer.issuer()),
                clock,
                IDLE,
                connection);
        channel.pipeline()
                .addLast(codec)
                // The accepting side opens no streams.
                .addLast(new Http2MultiplexHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel stream) {
                        stream.close();
                    }
                }))
                .addLast(life);
        metrics.count(Metrics.Count.OUTBOUND_CONNECTIONS);
        if (MeshTls.postQuantum(channel.pipeline().get(SslHandler.class))) {
            metrics.count(Metrics.Count.OUTBOUND_CONNECTIONS_POST_QUANTUM);
        }
        metrics.opened(Metrics.Open.OUTBOUND_CONNECTIONS_OPEN);
        channel.closeFuture().addListener(f -> metrics.closed(Metrics.Open.OUTBOUND_CONNECTIONS_OPEN));
        if (!promise.trySuccess(connection)) {
            channel.close();
        }
    }
}
