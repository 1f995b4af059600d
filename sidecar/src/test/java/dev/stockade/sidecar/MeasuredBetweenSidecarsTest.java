package dev.stockade.sidecar;

import static dev.stockade.sidecar.fixture.Mesh.github;
import static dev.stockade.sidecar.fixture.Mesh.triageAt;
import static dev.stockade.sidecar.fixture.RawPeer.connectTo;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.model.identity.BoundPod;
import dev.stockade.sidecar.fixture.Bundles;
import dev.stockade.sidecar.fixture.McpLikeServer;
import dev.stockade.sidecar.fixture.Mesh;
import dev.stockade.sidecar.fixture.RawPeer;
import dev.stockade.sidecar.fixture.TestAuthority;
import dev.stockade.sidecar.identity.Fingerprint;
import dev.stockade.sidecar.identity.Svid;
import dev.stockade.sidecar.identity.TrustBundle;
import dev.stockade.sidecar.tls.HandshakeGate;
import dev.stockade.sidecar.tls.MeshTls;
import dev.stockade.sidecar.tunnel.EventLoops;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.internal.tcnative.SSL;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Figures that a person may want, printed; nothing here depends on how fast the machine is. */
class MeasuredBetweenSidecarsTest {
    private static final String ADDRESS = "127.0.0.62";
    private static final int AT_ONCE = 4;

    @TempDir
    Path dir;

    private final McpLikeServer application = new McpLikeServer("github");
    private final KeyPair key = TestAuthority.keyPair();
    private Mesh mesh;

    @BeforeEach
    void oneServer() {
        mesh = new Mesh(dir);
        mesh.operator().pod("server-1", Mesh.GITHUB);
        mesh.operator()
                .send(
                        "server-1",
                        mesh.operator()
                                .snapshot("v0")
                                .setServer(github().addAgents(triageAt(pods(50))))
                                .build());
        mesh.ready(mesh.start("server-1", ADDRESS, application.port()));
    }

    @AfterEach
    void close() {
        mesh.close();
        application.close();
    }

    private static String[] pods(int count) {
        return IntStream.range(0, count).mapToObj(i -> "agent-" + i).toArray(String[]::new);
    }

    private List<X509Certificate> certificate(String podUid) {
        return mesh.authority()
                .sign(TestAuthority.Leaf.of(
                        key.getPublic(), Mesh.TRIAGE.uri(), new BoundPod("agents", podUid + "-name", podUid, 1)));
    }

    @Test
    void handshakes() throws Exception {
        TrustBundle bundle = Bundles.of(mesh.authority());
        MeshTls tls = new MeshTls(() -> bundle, Clock.systemUTC());
        SslContext context = tls.calling(
                new Svid(
                        Mesh.TRIAGE,
                        key.getPrivate(),
                        certificate("agent-0"),
                        Fingerprint.of(mesh.authority().issuer()),
                        Instant.now()),
                Mesh.GITHUB);
        EventLoops loops = EventLoops.open();
        List<String> groups = List.of("X25519MLKEM768", "X25519");
        for (String group : groups) {
            handshakes(loops, context, group, 60);
        }
        long[] nanos = new long[groups.size()];
        int rounds = 3;
        int each = 100;
        for (int round = 0; round < rounds; round++) {
            for (int i = 0; i < nanos.length; i++) {
                nanos[i] += handshakes(loops, context, groups.get(i), each);
            }
        }
        double[] rates =
                Arrays.stream(nanos).mapToDouble(n -> rounds * each * 1e9 / n).toArray();
        System.out.printf(
                Locale.ROOT,
                "measured: mutual TLS 1.3 handshakes between two sidecars in one process on %d processors, %d at once: "
                        + "%.0f/s with X25519MLKEM768, %.0f/s with X25519 alone, ratio %.2f%n",
                Runtime.getRuntime().availableProcessors(),
                AT_ONCE,
                rates[0],
                rates[1],
                rates[0] / rates[1]);
        for (EventLoopGroup group : List.of(loops.data(), loops.control())) {
            group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
        ReferenceCountUtil.release(context);
    }

    /** How long so many take, each on a connection of its own, which counts when the server's first bytes have come. */
    private long handshakes(EventLoops loops, SslContext context, String group, int count) throws Exception {
        long began = System.nanoTime();
        List<CompletableFuture<Void>> lanes = new ArrayList<>();
        for (int i = 0; i < AT_ONCE; i++) {
            CompletableFuture<Void> lane = new CompletableFuture<>();
            lanes.add(lane);
            handshake(loops, context, group, count / AT_ONCE, lane);
        }
        CompletableFuture.allOf(lanes.toArray(CompletableFuture[]::new)).get(120, TimeUnit.SECONDS);
        return System.nanoTime() - began;
    }

    private void handshake(EventLoops loops, SslContext context, String group, int left, CompletableFuture<Void> lane) {
        if (left == 0) {
            lane.complete(null);
            return;
        }
        new Bootstrap()
                .group(loops.data())
                .channel(loops.socket())
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        SslHandler handler = MeshTls.handler(context, channel.alloc());
                        SSL.setCurvesList(((ReferenceCountedOpenSslEngine) handler.engine()).sslPointer(), group);
                        channel.pipeline()
                                .addLast(handler)
                                .addLast(new HandshakeGate(
                                        (ctx, peer) -> channel.pipeline().addLast(new FirstBytes()),
                                        lane::completeExceptionally));
                        channel.closeFuture().addListener(f -> handshake(loops, context, group, left - 1, lane));
                    }
                })
                .connect(new InetSocketAddress(ADDRESS, mesh.meshPort()));
    }

    private static final class FirstBytes extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ReferenceCountUtil.release(message);
            ctx.close();
        }
    }

    @Test
    void cuts() {
        EventLoopGroup loops = RawPeer.loops();
        List<SslContext> contexts = Stream.of(pods(50))
                .map(pod -> RawPeer.context(key, certificate(pod), "X25519MLKEM768"))
                .toList();
        int version = 0;
        for (int connected : List.of(1, 10, 50)) {
            List<Double> millis = new ArrayList<>();
            for (int round = 0; round < 4; round++) {
                String allowed = "v" + ++version;
                mesh.tell("server-1", allowed, s -> s.setServer(github().addAgents(triageAt(pods(50)))));
                List<RawPeer> peers = contexts.stream()
                        .limit(connected)
                        .map(context -> new RawPeer(loops, context, ADDRESS, mesh.meshPort()))
                        .toList();
                peers.forEach(peer -> assertThat(
                                peer.ask(connectTo(ADDRESS + ":3000")).status())
                        .isEqualTo("200"));
                String suspended = "v" + ++version;
                long began = System.nanoTime();
                List<CompletableFuture<Double>> cut = peers.stream()
                        .map(peer -> peer.ended().thenApply(ended -> (System.nanoTime() - began) / 1e6))
                        .toList();
                mesh.tell(
                        "server-1",
                        suspended,
                        s -> s.setServer(github().addAgents(triageAt(pods(50)).setSuspended(true))));
                cut.forEach(c -> millis.add(c.orTimeout(60, TimeUnit.SECONDS).join()));
                if (round == 0) {
                    // The first warms up.
                    millis.clear();
                }
            }
            Collections.sort(millis);
            System.out.printf(
                    Locale.ROOT,
                    "measured: from the operator's sending a suspension until a peer's connection has ended, %d peers at one"
                            + " sidecar, all in one process: median %.1f ms, worst %.1f ms%n",
                    connected,
                    millis.get(millis.size() / 2),
                    millis.getLast());
        }
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
}
