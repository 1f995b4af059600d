package dev.stockade.sidecar;

import static dev.stockade.sidecar.fixture.Mesh.github;
import static dev.stockade.sidecar.fixture.Mesh.triageAt;
import static dev.stockade.sidecar.fixture.RawPeer.connectTo;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.stockade.model.identity.BoundPod;
import dev.stockade.sidecar.fixture.McpLikeServer;
import dev.stockade.sidecar.fixture.Mesh;
import dev.stockade.sidecar.fixture.RawPeer;
import dev.stockade.sidecar.fixture.TestAuthority;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.ssl.SslContext;
import io.netty.util.AsciiString;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a peer with a good certificate may not say to port 15008: answered with a status, recorded, and of no effect. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ConnectsThatAreRefusedTest {
    private static final String ADDRESS = "127.0.0.52";
    private static final String AUTHORITY = ADDRESS + ":3000";
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private final McpLikeServer application = new McpLikeServer("github");
    private final EventLoopGroup loops = RawPeer.loops();
    private final KeyPair key = TestAuthority.keyPair();
    private Mesh mesh;
    private Mesh.Pod server;
    private SslContext triage;

    @BeforeAll
    void oneServer(@TempDir Path dir) {
        mesh = new Mesh(dir);
        mesh.operator().pod("server-1", Mesh.GITHUB);
        mesh.operator()
                .send(
                        "server-1",
                        mesh.operator()
                                .snapshot("v1")
                                .setServer(github().addAgents(triageAt("agent-1", "agent-2")))
                                .build());
        server = mesh.start("server-1", ADDRESS, application.port());
        mesh.ready(server);
        triage = certified("agent-1");
    }

    private SslContext certified(String podUid) {
        return RawPeer.context(
                key,
                mesh.authority()
                        .sign(TestAuthority.Leaf.of(
                                key.getPublic(),
                                Mesh.TRIAGE.uri(),
                                new BoundPod("agents", podUid + "-name", podUid, 1))),
                "X25519MLKEM768");
    }

    @AfterAll
    void close() {
        assertThat(application.heads())
                .as("the server behind never saw a request")
                .isEmpty();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        mesh.close();
        application.close();
    }

    private RawPeer peer() {
        return new RawPeer(loops, triage, ADDRESS, mesh.meshPort());
    }

    static Stream<Arguments> malformedHeads() {
        return Stream.of(
                Arguments.of("another address", connectTo("127.0.0.53:3000")),
                Arguments.of("loopback", connectTo("127.0.0.1:3000")),
                Arguments.of("another port", connectTo(ADDRESS + ":3001")),
                Arguments.of("the health port", connectTo(ADDRESS + ":15020")),
                Arguments.of("no port", connectTo(ADDRESS)),
                Arguments.of("a port with a zero before it", connectTo(ADDRESS + ":03000")),
                Arguments.of("a port out of range", connectTo(ADDRESS + ":68536")),
                Arguments.of("a name", connectTo("localhost:3000")),
                Arguments.of("a user", connectTo("root@" + AUTHORITY)),
                Arguments.of("an address in another notation", connectTo("0x7f000034:3000")),
                Arguments.of("a very long authority", connectTo("1".repeat(10_000))),
                Arguments.of("no authority", new DefaultHttp2Headers(false).method("CONNECT")),
                Arguments.of("two authorities", add(connectTo(AUTHORITY), ":authority", AUTHORITY)),
                Arguments.of("GET", connectTo(AUTHORITY).method("GET")),
                Arguments.of("POST", connectTo(AUTHORITY).method("POST")),
                Arguments.of("a method in small letters", connectTo(AUTHORITY).method("connect")),
                Arguments.of("a path", connectTo(AUTHORITY).path("/mcp")),
                Arguments.of("a scheme", connectTo(AUTHORITY).scheme("https")),
                Arguments.of("an upgrade to a protocol", add(connectTo(AUTHORITY), ":protocol", "websocket")),
                Arguments.of("a status", add(connectTo(AUTHORITY), ":status", "200")),
                Arguments.of("a name in capitals", add(connectTo(AUTHORITY), "X-Upper", "x")),
                Arguments.of("a name with a space", add(connectTo(AUTHORITY), "a b", "x")),
                Arguments.of("an empty name", add(connectTo(AUTHORITY), "", "x")),
                Arguments.of("a field of HTTP/1.1", add(connectTo(AUTHORITY), "transfer-encoding", "chunked")),
                Arguments.of("a line break in a value", add(connectTo(AUTHORITY), "baggage", "x\r\ny: z")),
                Arguments.of("a zero in a value", add(connectTo(AUTHORITY), "baggage", "x\0")));
    }

    private static Http2Headers add(Http2Headers head, String name, String value) {
        return head.add(AsciiString.of(name), AsciiString.of(value));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("malformedHeads")
    void aMalformedHeadIsRefusedAndRecordedAndTheConnectionGoesOn(String what, Http2Headers head) {
        try (RawPeer peer = peer()) {
            RawPeer.Answer answer = peer.ask(head, (byte) 'x');

            assertThat(answer.status()).isEqualTo("400");
            assertThat(answer.reason()).isEqualTo("malformed");
            assertRecorded(answer.auditId(), "malformed");
            assertThat(peer.ask(connectTo(AUTHORITY)).status()).isEqualTo("200");
        }
    }

    private void assertRecorded(String auditId, String reason) {
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(server.audited().lines())
                        .anySatisfy(line -> assertThat(line)
                                .contains(
                                        "\"id\":\"" + auditId + "\"",
                                        "\"reason\":\"" + reason + "\"",
                                        "\"method\":\"CONNECT\"",
                                        Mesh.TRIAGE.uri())));
    }

    @Test
    void aHeadThatEndsItsOwnStreamIsRefused() {
        try (RawPeer peer = peer()) {
            assertThat(peer.askAndEnd(connectTo(AUTHORITY)).status()).isEqualTo("400");
        }
    }

    @Test
    void moreFieldsThanAnybodySendsAreRefused() {
        Http2Headers head = connectTo(AUTHORITY);
        for (int i = 0; i < 100; i++) {
            add(head, "x-" + i, "x");
        }
        try (RawPeer peer = peer()) {
            RawPeer.Answer answer = peer.ask(head);

            assertThat(answer.status()).isEqualTo("431");
            assertRecorded(answer.auditId(), "malformed");
        }
    }

    @Test
    void aHeadLargerThanAnybodysIsRefused() {
        try (RawPeer peer = peer()) {
            assertThat(peer.ask(add(connectTo(AUTHORITY), "x", "x".repeat(18 << 10)))
                            .status())
                    .isEqualTo("431");
            assertThat(peer.ask(connectTo(AUTHORITY)).status()).isEqualTo("200");
        }
    }

    @Test
    void anEnormousHeadEndsTheConnectionAndIsRecorded() {
        long before = recorded("malformed");
        try (RawPeer peer = peer()) {
            assertThat(peer.ask(add(connectTo(AUTHORITY), "x", "x".repeat(200 << 10)))
                            .status())
                    .isIn("closed", "reset");
            peer.ended().orTimeout(90, TimeUnit.SECONDS).join();
        }
        await().atMost(PATIENCE).until(() -> recorded("malformed") > before);
    }

    private long recorded(String reason) {
        return server.audited()
                .lines()
                .filter(line -> line.contains("\"reason\":\"" + reason + "\""))
                .count();
    }

    @Test
    void bytesThatAreNoFrameEndTheConnectionAndAreRecorded() {
        long before = recorded("malformed");
        try (RawPeer peer = peer()) {
            // A DATA frame of a stream that was never opened
            peer.babble((byte) 0, (byte) 0, (byte) 1, (byte) 0, (byte) 0, (byte) 0, (byte) 0, (byte) 0, (byte) 9, (byte)
                    'x');
            peer.ended().orTimeout(90, TimeUnit.SECONDS).join();
        }
        await().atMost(PATIENCE).until(() -> recorded("malformed") > before);
    }

    @Test
    void aFloodOfStreamsThatAreResetEndsTheConnectionAndNobodyElses() {
        long before = recorded("limit");
        try (RawPeer honest = peer();
                RawPeer flooding = peer()) {
            flooding.openAndReset(connectTo(AUTHORITY), 5_000);

            flooding.ended().orTimeout(90, TimeUnit.SECONDS).join();
            await().atMost(PATIENCE).until(() -> recorded("limit") > before);
            assertThat(honest.ask(connectTo(AUTHORITY)).status()).isEqualTo("200");
        }
    }

    @Test
    void moreConnectionsThanAPodNeedsAreTurnedAwayAndRecorded() {
        List<RawPeer> peers = new ArrayList<>();
        long before = recorded("limit");
        try (RawPeer other = new RawPeer(loops, certified("agent-2"), ADDRESS, mesh.meshPort())) {
            for (int i = 0; i < 60; i++) {
                peers.add(peer());
            }

            await().atMost(PATIENCE).until(() -> peers.stream().anyMatch(turnedAway -> !turnedAway.isOpen()));
            await().atMost(PATIENCE).until(() -> recorded("limit") > before);
            assertThat(peers.getFirst().ask(connectTo(AUTHORITY)).status()).isEqualTo("200");
            assertThat(other.ask(connectTo(AUTHORITY)).status()).isEqualTo("200");
        } finally {
            peers.forEach(RawPeer::close);
        }
        await().atMost(PATIENCE).untilAsserted(() -> {
            try (RawPeer again = peer()) {
                assertThat(again.ask(connectTo(AUTHORITY)).status()).isEqualTo("200");
            }
        });
    }

    @Test
    void moreSocketsThanCanProveAnythingAreHungUpOn() throws IOException {
        List<Socket> silent = new ArrayList<>();
        try {
            for (int i = 0; i < 400; i++) {
                silent.add(new Socket(InetAddress.ofLiteral(ADDRESS), mesh.meshPort()));
            }
            await().atMost(PATIENCE).until(() -> hungUp(silent.getLast()));
        } finally {
            for (Socket socket : silent) {
                socket.close();
            }
        }
        await().atMost(PATIENCE).untilAsserted(() -> {
            try (RawPeer peer = peer()) {
                assertThat(peer.ask(connectTo(AUTHORITY)).status()).isEqualTo("200");
            }
        });
    }

    private static boolean hungUp(Socket socket) throws IOException {
        socket.setSoTimeout(100);
        try {
            return socket.getInputStream().read() < 0;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            return true;
        }
    }
}
