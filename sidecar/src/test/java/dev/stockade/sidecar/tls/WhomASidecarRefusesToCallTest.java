package dev.stockade.sidecar.tls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.model.identity.BoundPod;
import dev.stockade.model.identity.SpiffeId;
import dev.stockade.sidecar.fixture.Bundles;
import dev.stockade.sidecar.fixture.HandMadeServer;
import dev.stockade.sidecar.fixture.Mesh;
import dev.stockade.sidecar.fixture.TestAuthority;
import dev.stockade.sidecar.fixture.TestAuthority.Leaf;
import dev.stockade.sidecar.identity.Fingerprint;
import dev.stockade.sidecar.identity.Svid;
import dev.stockade.sidecar.identity.TrustBundle;
import dev.stockade.sidecar.tunnel.EventLoops;
import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The calling side, at the door of servers made by hand. */
class WhomASidecarRefusesToCallTest {
    private static final String OPENED = "opened";
    private static final String TLS13 = "TLSv1.3";
    private static final BoundPod POD = new BoundPod("tools", "github-0", "server-1", 1);
    private static final int X25519_MLKEM768 = 0x11ec;
    private static final int X25519 = 0x001d;
    private static final int PRE_SHARED_KEY = 41;

    private final TestAuthority authority = new TestAuthority();
    private final KeyPair key = TestAuthority.keyPair();
    private final EventLoops loops = EventLoops.open();
    private TrustBundle trust = Bundles.of(authority);
    private final MeshTls tls = new MeshTls(() -> trust, Clock.systemUTC());

    @AfterEach
    void close() {
        loops.data().shutdownGracefully(0, 1, TimeUnit.SECONDS);
        loops.control().shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    private Leaf github() {
        return Leaf.of(key.getPublic(), Mesh.GITHUB.uri(), POD);
    }

    private Svid triage() {
        KeyPair own = TestAuthority.keyPair();
        return new Svid(
                Mesh.TRIAGE,
                own.getPrivate(),
                authority.sign(Leaf.of(own.getPublic(), Mesh.TRIAGE.uri(), POD)),
                Fingerprint.of(authority.issuer()),
                Instant.now());
    }

    /** What comes of a call: {@link #OPENED} once a byte has arrived, or why there is no connection. */
    private String call(SslContext context, int port) throws Exception {
        CompletableFuture<String> outcome = new CompletableFuture<>();
        Channel channel = new Bootstrap()
                .group(loops.data())
                .channel(loops.socket())
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel made) {
                        made.pipeline()
                                .addLast(MeshTls.handler(context, made.alloc()))
                                .addLast(new HandshakeGate(
                                        (ctx, peer) -> ctx.pipeline().addLast(firstByte(outcome)),
                                        why -> outcome.complete(String.valueOf(why.getMessage()))));
                    }
                })
                .connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                .sync()
                .channel();
        try {
            return outcome.get(30, TimeUnit.SECONDS);
        } finally {
            channel.close().sync();
            ReferenceCountUtil.release(context);
        }
    }

    private static ChannelInboundHandlerAdapter firstByte(CompletableFuture<String> outcome) {
        return new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext ctx, Object message) {
                ReferenceCountUtil.release(message);
                outcome.complete(OPENED);
            }
        };
    }

    private String callGithub(List<X509Certificate> chain) throws Exception {
        return callGithub(chain, List.of(TLS13), List.of("h2"));
    }

    private String callGithub(List<X509Certificate> chain, List<String> protocols, List<String> alpn) throws Exception {
        try (HandMadeServer server = new HandMadeServer(key, chain, protocols, alpn)) {
            return call(tls.calling(triage(), Mesh.GITHUB), server.port());
        }
    }

    @Test
    void theServerItselfIsCalled() throws Exception {
        assertThat(callGithub(authority.sign(github()))).isEqualTo(OPENED);
    }

    @Test
    void olderTls() throws Exception {
        assertThat(callGithub(authority.sign(github()), List.of("TLSv1.2"), List.of("h2")))
                .containsIgnoringCase("protocol");
    }

    @Test
    void anotherProtocolThanHttp2() throws Exception {
        assertThat(callGithub(authority.sign(github()), List.of(TLS13), List.of()))
                .contains("TLS 1.3, AES-GCM and h2 are demanded");
    }

    @Test
    void anotherIdentityOfTheSameMesh() throws Exception {
        assertThat(callGithub(authority.sign(github().named(Mesh.TRIAGE.uri()))))
                .isEqualTo("the identity " + Mesh.TRIAGE.uri() + " is not the one expected here");
        assertThat(callGithub(authority.sign(github().named(SpiffeId.operator(Mesh.TRUST_DOMAIN)))))
                .endsWith("is not the one expected here");
    }

    @Test
    void anotherTrustDomain() throws Exception {
        assertThat(callGithub(authority.sign(github().named("spiffe://other.local/ns/tools/mcp/github"))))
                .endsWith("is not the one expected here");
    }

    @Test
    void noUriNameOrTwo() throws Exception {
        assertThat(callGithub(authority.sign(github().named())))
                .isEqualTo("the certificate has not exactly one URI SAN");
        assertThat(callGithub(authority.sign(github().named(Mesh.GITHUB.uri(), Mesh.TRIAGE.uri()))))
                .isEqualTo("the certificate has not exactly one URI SAN");
    }

    @Test
    void endedOrNotYetValid() throws Exception {
        Instant now = Instant.now();
        assertThat(callGithub(authority.sign(github().valid(now.minus(Duration.ofHours(2)), now.minusSeconds(60)))))
                .contains("NotAfter");
        assertThat(callGithub(
                        authority.sign(github().valid(now.plus(Duration.ofHours(1)), now.plus(Duration.ofHours(2))))))
                .contains("NotBefore");
    }

    @Test
    void anAuthoritysCertificate() throws Exception {
        assertThat(callGithub(authority.sign(github().authority())))
                .isEqualTo("an authority's certificate is not a workload's");
    }

    @Test
    void aCertificateThatIsNotForServers() throws Exception {
        assertThat(callGithub(authority.sign(github().usedFor(KeyPurposeId.id_kp_clientAuth))))
                .isEqualTo("the certificate is not for this side of a connection");
    }

    @Test
    void anIssuerThatWasDroppedAlthoughItsCertificateHasNotEnded() throws Exception {
        TestAuthority next = authority.nextIssuer();
        trust = Bundles.of(2, next);

        assertThat(callGithub(authority.sign(github())))
                .contains("is not, or no longer, one of those that are believed");
        assertThat(callGithub(next.sign(github()))).isEqualTo(OPENED);
    }

    @Test
    void aChainToAnotherRoot() throws Exception {
        assertThat(callGithub(new TestAuthority().sign(github()))).contains("does not lead to a trusted root");
    }

    @Test
    void aCertificateSignedByItself() throws Exception {
        assertThat(callGithub(List.of(TestAuthority.signedByItself(key, github()))))
                .contains("does not lead to a trusted root");
    }

    @Test
    void peersAreNotBelievedByRootsAlone() throws Exception {
        trust = TrustBundle.ofDer(Mesh.TRUST_DOMAIN, List.of(authority.root().getEncoded()));

        assertThat(callGithub(authority.sign(github())))
                .contains("is not, or no longer, one of those that are believed");
    }

    @Test
    void aPeersSvidIsNotTheOperators() throws Exception {
        for (SpiffeId workload : List.of(Mesh.GITHUB, Mesh.TRIAGE)) {
            try (HandMadeServer impostor = new HandMadeServer(
                    key, authority.sign(github().named(workload.uri())), List.of(TLS13), List.of("h2"))) {
                assertThat(call(tls.callingOperator(Optional.empty(), () -> trust), impostor.port()))
                        .isEqualTo("the identity " + workload.uri() + " is not the one expected here");
            }
        }
    }

    @Test
    void theFirstWordsOfferTls13AndThePostQuantumExchangeAndNeverAFormerSession() throws Exception {
        try (HandMadeServer server = new HandMadeServer(key, authority.sign(github()), List.of(TLS13), List.of("h2"))) {
            // The server sends tickets; whether they are used shows at the next calls, of one and the same context too.
            SslContext context = tls.calling(triage(), Mesh.GITHUB);
            for (int i = 0; i < 3; i++) {
                ReferenceCountUtil.retain(context);
                assertThat(call(context, server.port())).isEqualTo(OPENED);
            }
            ReferenceCountUtil.release(context);

            assertThat(server.hellos()).hasSize(3).allSatisfy(hello -> {
                assertThat(hello.versions()).containsExactly(0x0304);
                assertThat(hello.groups()).containsExactly(X25519_MLKEM768, X25519);
                assertThat(hello.extensions()).doesNotContainKey(PRE_SHARED_KEY);
            });
        }
    }

    @Test
    void twoSidecarsAgreeOnThePostQuantumExchange() throws Exception {
        CompletableFuture<Boolean> accepted = new CompletableFuture<>();
        Svid own = new Svid(
                Mesh.GITHUB,
                key.getPrivate(),
                authority.sign(github()),
                Fingerprint.of(authority.issuer()),
                Instant.now());
        SslContext context = tls.accepting(own);
        Channel listening = new ServerBootstrap()
                .group(loops.data())
                .channel(loops.serverSocket())
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel made) {
                        made.pipeline()
                                .addLast(MeshTls.handler(context, made.alloc()))
                                .addLast(new HandshakeGate(
                                        (ctx, peer) -> {
                                            SslHandler handler = ctx.pipeline().get(SslHandler.class);
                                            assertThat(MeshTls.peerChain(handler))
                                                    .hasSize(2);
                                            accepted.complete(MeshTls.postQuantum(handler));
                                            ctx.writeAndFlush(
                                                    ctx.alloc().buffer().writeByte('.'));
                                        },
                                        accepted::completeExceptionally));
                    }
                })
                .bind(InetAddress.getLoopbackAddress(), 0)
                .sync()
                .channel();

        assertThat(call(tls.calling(triage(), Mesh.GITHUB), ((InetSocketAddress) listening.localAddress()).getPort()))
                .isEqualTo(OPENED);

        assertThat(accepted.get(30, TimeUnit.SECONDS)).isTrue();
        listening.close().sync();
        ReferenceCountUtil.release(context);
    }
}
