package dev.stockade.sidecar.probes;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.CodedOutputStream;
import com.sun.net.httpserver.HttpServer;
import dev.stockade.fixture.Ports;
import dev.stockade.sidecar.environment.ProbeAction;
import dev.stockade.sidecar.tunnel.EventLoops;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ApplicationProbesTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    private final EventLoops loops = EventLoops.open();

    @AfterEach
    void close() {
        loops.data().shutdownGracefully(0, 1, TimeUnit.SECONDS);
        loops.control().shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    private ProbeResult perform(ProbeAction action) throws Exception {
        return new ApplicationProbes(Map.of("app/readiness", action), loops)
                .perform("app/readiness")
                .get(30, TimeUnit.SECONDS);
    }

    @Test
    void httpGetSendsTheHeadersAndJudgesByTheStatus() throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 4);
        server.createContext("/healthz", exchange -> {
            boolean right = "y".equals(exchange.getRequestHeaders().getFirst("X"));
            exchange.sendResponseHeaders(right ? 204 : 500, -1);
            exchange.close();
        });
        server.start();
        int port = server.getAddress().getPort();

        assertThat(perform(new ProbeAction.HttpGet(port, false, "/healthz", List.of("X", "y"), TIMEOUT)))
                .isEqualTo(new ProbeResult(true, "GET /healthz was answered with 204"));
        assertThat(perform(new ProbeAction.HttpGet(port, false, "/healthz", List.of(), TIMEOUT)))
                .isEqualTo(new ProbeResult(false, "GET /healthz was answered with 500"));
        server.stop(0);
    }

    @Test
    void tcpSocketSucceedsWhereSomethingAccepts() throws Exception {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThat(perform(new ProbeAction.TcpSocket(socket.getLocalPort(), TIMEOUT))
                            .success())
                    .isTrue();
        }
        int closed = Ports.next();
        assertThat(perform(new ProbeAction.TcpSocket(closed, TIMEOUT)))
                .isEqualTo(new ProbeResult(false, "port " + closed + " does not accept on loopback"));
    }

    @Test
    void aServerThatDoesNotAnswerFailsWithinTheProbesTimeout() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 4, InetAddress.getLoopbackAddress())) {
            assertThat(perform(new ProbeAction.HttpGet(
                            silent.getLocalPort(), false, "/", List.of(), Duration.ofSeconds(1))))
                    .isEqualTo(new ProbeResult(false, "no answer within 1 s"));
        }
    }

    @Test
    void anUnknownProbeFails() throws Exception {
        assertThat(new ApplicationProbes(Map.of(), loops)
                        .perform("x/y")
                        .get(5, TimeUnit.SECONDS)
                        .success())
                .isFalse();
    }

    @Test
    void grpcAsksForTheServicesHealth() throws Exception {
        Server server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(health())
                .build()
                .start();

        assertThat(perform(new ProbeAction.Grpc(server.getPort(), "good", TIMEOUT)))
                .isEqualTo(new ProbeResult(true, "health is SERVING"));
        assertThat(perform(new ProbeAction.Grpc(server.getPort(), "bad", TIMEOUT)))
                .isEqualTo(new ProbeResult(false, "health is not SERVING"));
        server.shutdownNow();
    }

    /** The real protocol's other end, as small: SERVING for "good", NOT_SERVING for all others. */
    private static ServerServiceDefinition health() {
        MethodDescriptor<byte[], byte[]> check = MethodDescriptor.<byte[], byte[]>newBuilder()
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName("grpc.health.v1.Health/Check")
                .setRequestMarshaller(new Bytes())
                .setResponseMarshaller(new Bytes())
                .build();
        return ServerServiceDefinition.builder("grpc.health.v1.Health")
                .addMethod(
                        check, ServerCalls.asyncUnaryCall((byte[] request, io.grpc.stub.StreamObserver<byte[]> out) -> {
                            boolean good = new String(request, StandardCharsets.UTF_8).endsWith("good");
                            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                            try {
                                CodedOutputStream coded = CodedOutputStream.newInstance(bytes);
                                coded.writeEnum(1, good ? 1 : 2);
                                coded.flush();
                            } catch (IOException e) {
                                throw new UncheckedIOException(e);
                            }
                            out.onNext(bytes.toByteArray());
                            out.onCompleted();
                        }))
                .build();
    }

    private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
