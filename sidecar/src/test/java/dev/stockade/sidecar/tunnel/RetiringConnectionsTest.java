package dev.stockade.sidecar.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

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
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
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
import io.netty.util.concurrent.Future;
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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A pool that calls a side which retires every connection all the time, and says something on each stream. */
class RetiringConnectionsTest {
    private static final SpiffeId SERVER = Mesh.GITHUB;
    private static final SpiffeId AGENT = Mesh.TRIAGE;
    private static final int CALLS = 600;
    private static final int AT_ONCE = 4;

    private final TestAuthority authority = new TestAuthority();
    private final TrustBundle bundle = Bundles.of(authority);
    private final MeshTls tls = new MeshTls(() -> bundle, Clock.systemUTC());
    private final EventLoops accepting = EventLoops.open();
    private final EventLoops calling = EventLoops.open();
    private final Queue<Channel> accepted = new ConcurrentLinkedQueue<>();
    private final Svid agent = svid(AGENT);
    private SslContext context;
    private Destination server;
    private TunnelPool pool;

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

    @BeforeEach
    void listen() throws Exception {
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
        int port = ((InetSocketAddress) listening.localAddress()).getPort();
        server = new Destination(SERVER, InetAddress.ofLiteral("127.0.0.1"), 3000);
        pool = new TunnelPool(calling, port, tls, new Steady(), new Metrics(), Clock.systemUTC());
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
                        RetiringConnectionsTest::steady,
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

    @AfterEach
    void close() {
        calling.loop().submit(pool::close).awaitUninterruptibly();
        for (EventLoops loops : List.of(accepting, calling)) {
            loops.data().shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
            loops.control().shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
        ReferenceCountUtil.release(context);
    }

    @Test
    void noCallFailsWhileConnectionsAreRetiredUnderThem() throws Exception {
        // Given a side that retires every connection that it has, again and again
        accepting
                .loop()
                .scheduleWithFixedDelay(() -> accepted.forEach(ConnectionLife::retire), 1, 2, TimeUnit.MILLISECONDS);

        // When streams are opened and used by several at once
        List<CompletableFuture<Void>> callers = new ArrayList<>();
        for (int i = 0; i < AT_ONCE; i++) {
            CompletableFuture<Void> caller = new CompletableFuture<>();
            callers.add(caller);
            calling.loop().execute(() -> call(CALLS / AT_ONCE, caller));
        }
        CompletableFuture.allOf(callers.toArray(CompletableFuture[]::new)).get(120, TimeUnit.SECONDS);

        // Then each of them got its answer, over many connections
        assertThat(accepted).hasSizeGreaterThan(5);
    }

    private void call(int left, CompletableFuture<Void> caller) {
        if (left == 0) {
            caller.complete(null);
            return;
        }
        pool.acquire(server).addListener((Future<TunnelStream> acquired) -> {
            if (!acquired.isSuccess()) {
                caller.completeExceptionally(acquired.cause());
                return;
            }
            TunnelStream stream = acquired.getNow();
            stream.channel().pipeline().addLast(new ChannelInboundHandlerAdapter() {
                @Override
                public void channelRead(ChannelHandlerContext ctx, Object message) {
                    ((ByteBuf) message).release();
                    ctx.pipeline().remove(this);
                    if (left % 2 == 0) {
                        stream.release();
                    } else {
                        stream.discard();
                    }
                    // Out of this call's stack.
                    ctx.channel().eventLoop().execute(() -> call(left - 1, caller));
                }

                @Override
                public void channelInactive(ChannelHandlerContext ctx) {
                    caller.completeExceptionally(new IllegalStateException("a stream ended before its answer"));
                }
            });
            stream.channel().writeAndFlush(Unpooled.copiedBuffer(new byte[] {1}));
        });
    }
}
