package dev.stockade.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.protobuf.ByteString;
import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.sidecar.environment.Environment;
import dev.stockade.sidecar.fixture.TestAuthority;
import dev.stockade.sidecar.fixture.TestOperator;
import dev.stockade.sidecar.log.Log;
import dev.stockade.sidecar.tunnel.Destination;
import dev.stockade.sidecar.tunnel.TunnelStream;
import dev.stockade.wire.control.v1.*;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FirstPathTest {
    @TempDir
    Path dir;

    @Test
    void bytesGoThrough() throws Exception {
        SpiffeId server = new SpiffeId("test.local", "tools", WorkloadKind.MCP, "github");
        SpiffeId agent = new SpiffeId("test.local", "agents", WorkloadKind.AGENT, "triage");
        int meshPort;
        try (ServerSocket s = new ServerSocket(0)) {
            meshPort = s.getLocalPort();
        }
        try (TestOperator operator = new TestOperator("test.local", new TestAuthority())) {
            operator.pod("uid-s", server).pod("uid-a", agent);
            operator.send(
                    "uid-s",
                    operator.snapshot("s1")
                            .setServer(Server.newBuilder()
                                    .setSpiffeId(server.uri())
                                    .setNamespace("tools")
                                    .setName("github")
                                    .setPort(3000)
                                    .setPath("/mcp")
                                    .setHostHeader("localhost:3000")
                                    .setLimits(Limits.newBuilder()
                                            .setRequestBytes(1)
                                            .setBufferBytes(1)
                                            .setConcurrentRequests(1)
                                            .setRequestTimeoutMillis(1000)
                                            .setCallsPerMinute(1)
                                            .setStaleAfterMillis(60000))
                                    .setAudit(Audit.newBuilder()
                                            .setArguments(Audit.Arguments.ARGUMENTS_DIGEST)
                                            .setOnFailure(Audit.OnFailure.ON_FAILURE_DENY)
                                            .setDigestKey(ByteString.copyFrom(new byte[32])))
                                    .addAgents(dev.stockade.wire.control.v1.AgentAccess.newBuilder()
                                            .setSpiffeId(agent.uri())
                                            .setNamespace("agents")
                                            .setName("triage")
                                            .addPodUids("uid-a")))
                            .build());
            operator.send(
                    "uid-a",
                    operator.snapshot("a1")
                            .setAgent(Agent.newBuilder()
                                    .setSpiffeId(agent.uri())
                                    .setNamespace("agents")
                                    .setName("triage"))
                            .build());
            try (Sidecar s = sidecar(operator, "uid-s", "127.0.0.2", meshPort);
                    Sidecar a = sidecar(operator, "uid-a", "127.0.0.3", meshPort)) {
                s.start();
                a.start();
                await().until(() -> operator.inForce("uid-s", "s1") && operator.inForce("uid-a", "a1"));
                LinkedBlockingQueue<String> got = new LinkedBlockingQueue<>();
                a.loops
                        .loop()
                        .execute(() -> a.pool.acquire(new Destination(server, InetAddress.ofLiteral("127.0.0.2"), 3000))
                                .addListener(f -> {
                                    if (!f.isSuccess()) {
                                        got.add(String.valueOf(f.cause()));
                                        return;
                                    }
                                    TunnelStream st = (TunnelStream) f.getNow();
                                    st.channel().pipeline().addLast(new ChannelInboundHandlerAdapter() {
                                        @Override
                                        public void channelRead(ChannelHandlerContext ctx, Object m) {
                                            got.add(((ByteBuf) m).toString(StandardCharsets.UTF_8));
                                            ((ByteBuf) m).release();
                                        }
                                    });
                                    st.channel().writeAndFlush(Unpooled.copiedBuffer("hello", StandardCharsets.UTF_8));
                                }));
                assertThat(got.poll(10, TimeUnit.SECONDS)).isEqualTo("hello");
            }
        }
    }

    private Sidecar sidecar(TestOperator operator, String uid, String ip, int meshPort) throws Exception {
        Path token = Files.writeString(dir.resolve(uid), uid);
        Environment env = Environment.read(Map.of(
                "STOCKADE_OPERATOR",
                "127.0.0.1:" + operator.port(),
                "STOCKADE_TRUST_DOMAIN",
                "test.local",
                "STOCKADE_TRUST_BUNDLE",
                dev.stockade.sidecar.identity.TrustBundle.ofDer(
                                "test.local",
                                List.of(operator.authority().root().getEncoded()))
                        .toPem(),
                "STOCKADE_POD_NAMESPACE",
                "x",
                "STOCKADE_POD_NAME",
                "x",
                "STOCKADE_POD_UID",
                uid,
                "STOCKADE_POD_IPS",
                ip));
        return new Sidecar(
                env,
                new Rim(meshPort, 0, 0, token, dir.resolve(uid + ".pem"), dir.resolve("hosts"), Clock.systemUTC()),
                uid,
                (stream, id, pod) -> stream.pipeline().addLast(new ChannelInboundHandlerAdapter() {
                    @Override
                    public void channelRead(ChannelHandlerContext ctx, Object m) {
                        ctx.writeAndFlush(m);
                    }
                }),
                (p, pod, r) -> "audit-1",
                new Log(System.err, Clock.systemUTC()));
    }
}
