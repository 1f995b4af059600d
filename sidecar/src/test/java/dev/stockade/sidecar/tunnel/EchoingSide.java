package dev.stockade.sidecar.tunnel;

import dev.stockade.model.identity.BoundPod;
import dev.stockade.model.identity.SpiffeId;
import dev.stockade.sidecar.fixture.Bundles;
import dev.stockade.sidecar.fixture.Mesh;
import dev.stockade.sidecar.fixture.TestAuthority;
import dev.stockade.sidecar.identity.Fingerprint;
import dev.stockade.sidecar.identity.Svid;
import dev.stockade.sidecar.identity.TrustBundle;
import dev.stockade.sidecar.metrics.Metrics;
import dev.stockade.sidecar.tls.HandshakeGate;
import dev.stockade.sidecar.tls.MeshTls;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/** A side that accepts tunnels and says whatever it is sent, and pools that call it. */
final class EchoingSide implements AutoCloseable {
    private static final SpiffeId SERVER = Mesh.GITHUB;
    private static final SpiffeId AGENT = Mesh.TRIAGE;

    private final TestAuthority authority = new TestAuthority();
    private final TrustBundle bundle = Bundles.of(authority);
    private final MeshTls tls = new MeshTls(() -> bundle, Clock.systemUTC());
    final EventLoops accepting = EventLoops.open();
    final EventLoops calling = EventLoops.open();
    final Queue<Channel> accepted = new ConcurrentLinkedQueue<>();
    private final Svid agent = svid(AGENT);
    private final SslContext context;
    private final List<TunnelPool> pools = new ArrayList<>();
    final int port;
    final Destination server = new Destination(SERVER, InetAddress.ofLiteral("127.0.0.1"), 3000);

    /** Nothing ever changes. */
    private final class Steady implements CallingSide {
        @Override
        public Optional<Svid> own() {
            return Optional.of(agent);
        }

        @Override
        public Standing standing(Svid shown, Destination to, X509Certificate issuer) {
            return steady();
        }

        @Override
        public TrustBundle trust() {
            return bundle;
        }
    }

    private static Standing steady() {
        return new Standing(false, true, true, true, Instant.now());
    }

    private Svid svid(SpiffeId id) {
        KeyPair key = TestAuthority.keyPair();
        BoundPod pod = new BoundPod(id.namespace(), id.name() + "-0", "uid-" + id.name(), 1);
        List<X509Certificate> chain = authority.sign(TestAuthority.Leaf.of(key.getPublic(), id.uri(), pod));
        return new Svid(id, key.getPrivate(), chain, Fingerprint.of(authority.issuer()), Instant.now());
    }

    EchoingSide() throws Exception {
        context = tls.accepting(svid(SERVER));
        Channel listening = new ServerBootstrap()
                .group(accepting.data())
                .channel(accepting.serverSocket())
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(MeshTls.handler(context, channel.alloc()))
                                .addLast(new HandshakeGate((ctx, peer) -> opened(channel), why -> {}));
                    }
                })
                .bind(InetAddress.ofLiteral("127.0.0.1"), 0)
                .sync()
                .channel();
        port = ((InetSocketAddress) listening.localAddress()).getPort();
    }

    /** A pool that finds this side at a port. */
    TunnelPool pool(int at) {
        TunnelPool pool = new TunnelPool(calling, at, tls, new Steady(), new Metrics(), Clock.systemUTC());
        pools.add(pool);
        return pool;
    }

    private void opened(Channel connection) {
        Http2FrameCodec codec = Hbone.acceptingCodec();
        connection
                .pipeline()
                .addLast(codec, new Http2MultiplexHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel stream) {
                        stream.pipeline().addLast(new Echo());
                    }
                }))
                .addLast(new ConnectionLife(
                        codec,
                        new Tenure(Instant.now(), Instant.now().plus(Duration.ofHours(1))),
                        EchoingSide::steady,
                        Clock.systemUTC(),
                        Duration.ofMinutes(1),
                        new ConnectionLife.Listener() {
                            @Override
                            public void retired() {}

                            @Override
                            public void over() {}

                            @Override
                            public void broken(Throwable why) {}
                        }));
        accepted.add(connection);
    }

    /** Answers a CONNECT with 200, then whatever comes with the same. */
    private static final class Echo extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (message instanceof Http2HeadersFrame) {
                ctx.writeAndFlush(new DefaultHttp2HeadersFrame(new DefaultHttp2Headers().status("200"), false));
                ctx.pipeline().addFirst(new HboneStream());
            } else {
                ctx.writeAndFlush(message);
            }
        }

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof ChannelInputShutdownEvent) {
                ctx.close();
            }
        }
    }

    @Override
    public void close() {
        calling.loop().submit(() -> pools.forEach(TunnelPool::close)).awaitUninterruptibly();
        for (EventLoops loops : List.of(accepting, calling)) {
            loops.data().shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
            loops.control().shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
        ReferenceCountUtil.release(context);
    }
}
