package dev.stockade.sidecar;

import static dev.stockade.sidecar.fixture.RawFrames.CONTINUATION;
import static dev.stockade.sidecar.fixture.RawFrames.DATA;
import static dev.stockade.sidecar.fixture.RawFrames.END_HEADERS;
import static dev.stockade.sidecar.fixture.RawFrames.HEADERS;
import static dev.stockade.sidecar.fixture.RawFrames.PING;
import static dev.stockade.sidecar.fixture.RawFrames.PRIORITY;
import static dev.stockade.sidecar.fixture.RawFrames.RST_STREAM;
import static dev.stockade.sidecar.fixture.RawFrames.SETTINGS;
import static dev.stockade.sidecar.fixture.RawFrames.WINDOW_UPDATE;
import static dev.stockade.sidecar.fixture.RawFrames.connect;
import static dev.stockade.sidecar.fixture.RawFrames.frame;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.sidecar.fixture.AgentPeer;
import dev.stockade.sidecar.fixture.Mesh;
import dev.stockade.sidecar.fixture.RawFrames;
import dev.stockade.sidecar.fixture.RawPeer;
import dev.stockade.sidecar.fixture.SidecarProcess;
import dev.stockade.sidecar.fixture.TestAuthority;
import dev.stockade.sidecar.fixture.ToolServer;
import dev.stockade.wire.control.v1.AgentAccess;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.security.KeyPair;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * One agent, or a stranger, does all that it can to a sidecar with the memory of its image, while another agent calls one thing
 * after the other: every one of these calls is answered.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class FloodsIT {
    private static final String ADDRESS = "127.0.0.72";
    private static final String ELSEWHERE = "127.0.0.73";
    private static final SpiffeId EVIL = new SpiffeId(Mesh.TRUST_DOMAIN, "agents", WorkloadKind.AGENT, "evil");
    private static final int PODS = 64;
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final int CALLS_AFTERWARDS = 5;

    private final ToolServer application = new ToolServer();
    private final EventLoopGroup loops = RawPeer.loops();
    private final KeyPair key = TestAuthority.keyPair();
    private final List<AutoCloseable> attackers = new ArrayList<>();
    private Mesh mesh;
    private SidecarProcess sidecar;
    private Honest honest;

    /** An agent that calls without end, and keeps what was not answered. */
    private final class Honest implements AutoCloseable {
        private final AgentPeer peer;
        private final AtomicInteger answered = new AtomicInteger();
        private final List<AgentPeer.Answer> failed = new ArrayList<>();
        private final AtomicBoolean over = new AtomicBoolean();
        private final Thread thread;

        Honest() {
            peer = peer(Mesh.TRIAGE, "agent-honest");
            thread = Thread.ofPlatform().start(() -> {
                while (!over.get()) {
                    AgentPeer.Answer answer = peer.echo();
                    if (answer.body().contains("\"result\"")) {
                        answered.incrementAndGet();
                    } else {
                        failed.add(answer);
                        over.set(true);
                    }
                }
            });
        }

        /** Some more calls are answered, and none was not. */
        void goesOn() {
            int now = answered.get();
            await().atMost(PATIENCE)
                    .failFast(() -> assertThat(failed).isEmpty())
                    .until(() -> answered.get() >= now + CALLS_AFTERWARDS);
        }

        @Override
        public void close() {
            over.set(true);
            try {
                thread.join();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            peer.close();
        }
    }

    @BeforeAll
    void oneServer(@TempDir Path dir) {
        mesh = new Mesh(dir);
        mesh.operator().pod("server-1", Mesh.GITHUB);
        AgentAccess.Builder evil = AgentAccess.newBuilder()
                .setSpiffeId(EVIL.uri())
                .setNamespace("agents")
                .setName("evil")
                .setServiceAccount("evil")
                .addPolicies(0);
        for (int i = 0; i < PODS; i++) {
            evil.addPodUids("evil-" + i);
        }
        mesh.operator()
                .send(
                        "server-1",
                        mesh.operator()
                                .snapshot("v1")
                                .setServer(Mesh.toolServer(application.port(), "agent-honest")
                                        .addAgents(evil))
                                .build());
        sidecar = new SidecarProcess(mesh, dir, "server-1", ADDRESS);
        honest = new Honest();
    }

    @AfterEach
    void theAttackersLeave() throws Exception {
        for (AutoCloseable attacker : attackers) {
            attacker.close();
        }
        attackers.clear();
        assertThat(sidecar.isAlive()).as(sidecar.said()).isTrue();
        honest.goesOn();
    }

    @AfterAll
    void close() {
        System.out.printf(
                "%d calls of the honest agent were answered; resident at most %d MiB%n",
                honest.answered.get(), sidecar.peakKiB() >> 10);
        honest.close();
        sidecar.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        mesh.close();
        application.close();
    }

    private SslContext certified(SpiffeId agent, String pod) {
        return AgentPeer.certified(mesh, key, agent, pod);
    }

    private AgentPeer peer(SpiffeId agent, String pod) {
        return new AgentPeer(loops, certified(agent, pod), ADDRESS, mesh.meshPort(), application.port());
    }

    private AgentPeer evil(int pod) {
        AgentPeer peer = peer(EVIL, "evil-" + pod);
        attackers.add(peer);
        return peer;
    }

    private RawFrames raw(int pod) {
        RawFrames peer = new RawFrames(loops, certified(EVIL, "evil-" + pod), ADDRESS, mesh.meshPort());
        attackers.add(peer);
        return peer;
    }

    private byte[] connectFields() {
        return connect(ADDRESS + ":" + application.port());
    }

    // --- floods of frames ---

    interface Flood {
        void send(RawFrames peer, byte[] connect);
    }

    private static Arguments flood(String name, Flood flood) {
        return Arguments.of(name, flood);
    }

    static Stream<Arguments> floodsOfFrames() {
        byte[] ping = new byte[8];
        byte[] one = {0, 0, 0, 1};
        return Stream.of(
                flood("PING", (peer, connect) -> peer.preface().flood(1_000_000, i -> frame(PING, 0, 0, ping))),
                flood(
                        "PING whose answers are not taken",
                        (peer, connect) -> peer.preface().deaf().flood(1_000_000, i -> frame(PING, 0, 0, ping))),
                flood("SETTINGS", (peer, connect) -> peer.preface().flood(1_000_000, i -> frame(SETTINGS, 0, 0))),
                flood(
                        "PRIORITY",
                        (peer, connect) -> peer.preface()
                                .flood(
                                        1_000_000,
                                        i -> frame(PRIORITY, 0, 1, (byte) 0, (byte) 0, (byte) 0, (byte) 3, (byte) 1))),
                flood("unknown frames", (peer, connect) -> peer.preface().flood(1_000_000, i -> frame(0x77, 0, 0))),
                flood(
                        "resets of streams that were just opened",
                        (peer, connect) -> peer.preface()
                                .flood(
                                        100_000,
                                        i -> i % 2 == 0
                                                ? frame(HEADERS, END_HEADERS, i + 1, connect)
                                                : frame(RST_STREAM, 0, i, one))),
                flood("a head that goes on without end, in small pieces", (peer, connect) -> {
                    peer.preface().write(frame(HEADERS, 0, 1, connect));
                    peer.flood(100_000, i -> frame(CONTINUATION, 0, 1, (byte) 0));
                }),
                flood("a head that goes on without end, in large pieces", (peer, connect) -> {
                    peer.preface().write(frame(HEADERS, 0, 1, connect));
                    byte[] piece = new byte[16_000];
                    Arrays.fill(piece, (byte) 0x82);
                    peer.flood(10_000, i -> frame(CONTINUATION, 0, 1, piece));
                }),
                flood("DATA without data", (peer, connect) -> {
                    peer.preface().write(frame(HEADERS, END_HEADERS, 1, connect));
                    peer.flood(100_000, i -> frame(DATA, 0, 1));
                }),
                flood(
                        "a window that is widened beyond measure",
                        (peer, connect) -> peer.preface()
                                .flood(
                                        100,
                                        i -> frame(WINDOW_UPDATE, 0, 0, (byte) 0x7f, (byte) -1, (byte) -1, (byte) -1))),
                flood(
                        "a window that is widened by one, over and over",
                        (peer, connect) -> peer.preface().flood(10_000_000, i -> frame(WINDOW_UPDATE, 0, 0, one))),
                flood("a frame larger than any that is taken", (peer, connect) -> {
                    peer.preface().write(frame(HEADERS, END_HEADERS, 1, connect));
                    peer.flood(100, i -> frame(DATA, 0, 1, new byte[1 << 20]));
                }));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("floodsOfFrames")
    void aFloodOfFramesEndsItsConnectionAndNothingElse(String what, Flood flood) {
        RawFrames peer = raw(0);

        flood.send(peer, connectFields());

        peer.ended().join();
        honest.goesOn();
    }

    @Test
    void aFloodIsOnRecord() {
        long before = sidecar.metric("stockade_sidecar_limit_frames_total");
        RawFrames peer = raw(1);
        peer.preface().flood(1_000_000, i -> frame(PING, 0, 0, new byte[8]));
        peer.ended().join();

        await().atMost(PATIENCE).until(() -> sidecar.metric("stockade_sidecar_limit_frames_total") > before);
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(sidecar.audited().lines())
                        .anySatisfy(
                                line -> assertThat(line).contains(EVIL.uri(), "evil-1-name", "\"reason\":\"limit\"")));
    }

    // --- what comes slowly, or not at all ---

    @Test
    void handshakesThatAreBegunAndNotFinishedKeepNobodyOut() throws IOException {
        byte[] halfARecord = {0x16, 0x03, 0x01, 0x40, 0x00, 0x01};
        for (int i = 0; i < 600; i++) {
            Socket socket = new Socket();
            attackers.add(socket);
            socket.bind(new InetSocketAddress(InetAddress.ofLiteral(ELSEWHERE), 0));
            socket.connect(new InetSocketAddress(InetAddress.ofLiteral(ADDRESS), mesh.meshPort()));
            socket.getOutputStream().write(halfARecord);
        }

        try (AgentPeer late = peer(Mesh.TRIAGE, "agent-honest")) {
            assertThat(late.letIn()).isTrue();
            assertThat(late.echo().body()).contains("\"result\"");
        }
        honest.goesOn();
    }

    @Test
    void connectionsThatSayNothingOrHalfAFrameHoldUpNobody() {
        for (int i = 0; i < 30; i++) {
            raw(2);
            raw(3).write(Unpooled.copiedBuffer("PRI * HT", US_ASCII));
            RawFrames half = raw(4).preface();
            half.write(frame(HEADERS, END_HEADERS, 1, connectFields()));
            ByteBuf large = frame(DATA, 0, 1, new byte[16 * 1024]);
            half.write(large.readSlice(large.readableBytes() - 1));
        }

        honest.goesOn();
    }

    @Test
    void tenThousandIdleStreamsOfOneAgentAreTooManyAndOthersStillGetTheirs() {
        // Given
        long refusedBefore = sidecar.metric("stockade_sidecar_limit_streams_total");
        List<CompletableFuture<Integer>> answers = new ArrayList<>();

        // When one agent opens 10,000 streams, 200 on each of 50 connections of several pods
        for (int connection = 0; connection < 50; connection++) {
            AgentPeer peer = evil(connection % PODS);
            assertThat(peer.letIn()).isTrue();
            for (int i = 0; i < 200; i++) {
                answers.add(peer.connect(new CompletableFuture<Channel>()));
            }
        }
        List<Integer> statuses = answers.stream()
                .map(answer ->
                        answer.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join())
                .toList();

        // Then it gets its share of them, and a clear answer beyond
        assertThat(statuses).hasSize(10_000).containsOnly(200, 429);
        assertThat(statuses).filteredOn(status -> status == 200).hasSizeBetween(400, 512);
        assertThat(sidecar.metric("stockade_sidecar_limit_streams_total") - refusedBefore)
                .isEqualTo(statuses.stream().filter(status -> status == 429).count());
        honest.goesOn();
    }

    @Test
    void moreConnectionsThanOneAgentMayHaveAreTurnedAway() {
        long before = sidecar.metric("stockade_sidecar_limit_connections_total");
        List<AgentPeer> peers = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            peers.add(evil(i % PODS));
        }
        peers.forEach(AgentPeer::letIn);

        await().atMost(PATIENCE).until(() -> sidecar.metric("stockade_sidecar_limit_connections_total") > before);
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(peers).filteredOn(AgentPeer::isOpen).hasSizeBetween(200, 256));
        honest.goesOn();
    }

    @Test
    void headsThatAreLongAndDoNotEndFillNoMemory() {
        // Given streams as many as one agent gets
        String head = "POST /mcp HTTP/1.1\r\nHost: x\r\nX-Long: " + "x".repeat(15_000);
        List<CompletableFuture<Channel>> streams = new ArrayList<>();
        for (int connection = 0; connection < 4; connection++) {
            AgentPeer peer = evil(10 + connection);
            assertThat(peer.letIn()).isTrue();
            for (int i = 0; i < 100; i++) {
                CompletableFuture<Channel> stream = new CompletableFuture<>();
                streams.add(stream);
                peer.connect(stream);
            }
        }

        // When each sends a head that is long and has no end
        long slow = sidecar.metric("stockade_sidecar_limit_slow_requests_total");
        for (CompletableFuture<Channel> stream : streams) {
            stream.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS)
                    .join()
                    .writeAndFlush(Unpooled.copiedBuffer(head, US_ASCII));
        }

        // Then all of them are ended, those beyond its share at once, the others after ten seconds
        await().atMost(PATIENCE)
                .until(() -> sidecar.metric("stockade_sidecar_limit_slow_requests_total") - slow >= streams.size());
        honest.goesOn();
    }

    @Test
    void bodiesThatTrickleAreEndedAndOthersBodiesFindRoom() {
        String head =
                "POST /mcp HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 4000000\r\n\r\n{";
        long slow = sidecar.metric("stockade_sidecar_limit_slow_requests_total");
        AgentPeer peer = evil(20);
        assertThat(peer.letIn()).isTrue();
        for (int i = 0; i < 100; i++) {
            CompletableFuture<Channel> stream = new CompletableFuture<>();
            peer.connect(stream);
            stream.thenAccept(channel -> channel.writeAndFlush(Unpooled.copiedBuffer(head, US_ASCII)));
        }

        await().atMost(PATIENCE).until(() -> sidecar.metric("stockade_sidecar_limit_slow_requests_total") > slow);
        assertThat(sidecar.metric("stockade_sidecar_buffer_used_bytes")).isLessThan(10L << 20);
        honest.goesOn();
    }

    @Test
    void anAgentThatReadsNoneOfItsAnswersHoldsUpNobody() {
        // No window for any stream: SETTINGS_INITIAL_WINDOW_SIZE is 0
        RawFrames peer = raw(30).preface((byte) 0, (byte) 4, (byte) 0, (byte) 0, (byte) 0, (byte) 0);
        byte[] call = ("POST /mcp HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 74\r\n\r\n"
                        + "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"watch\"}}  ")
                .getBytes(US_ASCII);
        for (int stream = 1; stream < 400; stream += 2) {
            peer.write(frame(HEADERS, END_HEADERS, stream, connectFields()));
            peer.write(frame(DATA, 0, stream, call));
        }

        honest.goesOn();
        assertThat(peer.isOpen()).isTrue();
    }

    @Test
    void whoeverAsksAfterItsHealthCannotKeepOthersFromAsking() throws IOException {
        for (int i = 0; i < 500; i++) {
            Socket socket = new Socket(InetAddress.getLoopbackAddress(), sidecar.healthPort());
            attackers.add(socket);
            socket.getOutputStream().write("GET /metrics HTTP/1.1\r\nX: ".getBytes(US_ASCII));
        }

        assertThat(sidecar.metric("stockade_sidecar_operator_connected")).isOne();
        honest.goesOn();
    }
}
