package dev.stockade.operator.size;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import dev.stockade.wire.control.v1.Acknowledgement;
import dev.stockade.wire.control.v1.CertificateRequest;
import dev.stockade.wire.control.v1.Hello;
import dev.stockade.wire.control.v1.ProbeOrder;
import dev.stockade.wire.control.v1.ProbeResult;
import dev.stockade.wire.control.v1.Role;
import dev.stockade.wire.control.v1.SidecarControlGrpc;
import dev.stockade.wire.control.v1.SignRequest;
import dev.stockade.wire.control.v1.SignResponse;
import dev.stockade.wire.control.v1.Snapshot;
import dev.stockade.wire.control.v1.Socket;
import dev.stockade.wire.control.v1.Sockets;
import dev.stockade.wire.control.v1.SubscribeRequest;
import dev.stockade.wire.control.v1.SubscribeResponse;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;
import org.jspecify.annotations.Nullable;

/**
 * A process of many sidecars that have a control channel and nothing else: each with its own key, address, token, certificate
 * and connection. A snapshot is parsed, applied to nothing, and acknowledged. Waiting times between attempts are the real
 * sidecar's.
 *
 * <p>Standard input: the operator's port and root (DER in Base64), then commands: {@code keys N}; {@code connect INDEX ADDRESS
 * SERVER TOKEN}; {@code expect UID GENERATION}, after which snapshots tell whether they have it; {@code leave INDEX}. Standard
 * output: {@code keys}; {@code current INDEX MICROS} when the first snapshot of a stream was acknowledged; {@code snapshot INDEX
 * MICROS true|false} for each later one; {@code lost INDEX MICROS}; {@code refused INDEX STATUS} when a certificate was not issued.
 */
final class FakeSidecars {
    private static final long FIRST_WAIT_MILLIS = 200;
    private static final long LONGEST_WAIT_MILLIS = 5_000;
    private static final long LONGEST_WAIT_CROWDED_MILLIS = 30_000;
    private static final int SIDECAR_PORT = 15008;
    private static final int LARGEST_MESSAGE = 32 * 1024 * 1024;

    private final InetSocketAddress operator;
    private final X509Certificate root;
    private final List<KeyPair> keys = new ArrayList<>();
    private final Map<Integer, One> sidecars = new ConcurrentHashMap<>();
    private final EventLoopGroup loops = new MultiThreadIoEventLoopGroup(2, NioIoHandler.newFactory());
    private final Executor executor = Executors.newFixedThreadPool(2);
    private final ScheduledExecutorService timer = Executors.newScheduledThreadPool(2);
    private volatile Expected expected = new Expected("", 0);

    private record Expected(String uid, long generation) {
        boolean isIn(Snapshot snapshot) {
            return snapshot.getSourcesList().stream()
                    .anyMatch(source -> source.getUid().equals(uid) && source.getGeneration() >= generation);
        }
    }

    private FakeSidecars(int port, X509Certificate root) {
        this.operator = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        this.root = root;
    }

    public static void main(String[] arguments) throws Exception {
        try (BufferedReader in = new BufferedReader(new InputStreamReader(System.in, US_ASCII))) {
            int port = Integer.parseInt(requireNonNull(in.readLine()));
            FakeSidecars all =
                    new FakeSidecars(port, certificate(Base64.getDecoder().decode(requireNonNull(in.readLine()))));
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                all.obey(line.split(" ", -1));
            }
        }
        // Its parent is gone or done.
        Runtime.getRuntime().halt(0);
    }

    private void obey(String[] words) throws Exception {
        switch (words[0]) {
            case "keys" -> {
                KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
                generator.initialize(new ECGenParameterSpec("secp256r1"));
                for (int i = 0; i < Integer.parseInt(words[1]); i++) {
                    keys.add(generator.generateKeyPair());
                }
                say("keys");
            }
            case "connect" -> {
                One one = new One(Integer.parseInt(words[1]), words[2], words[4], keys.removeLast());
                sidecars.put(one.index, one);
                if (Boolean.parseBoolean(words[3])) {
                    letProbesIn(one.address);
                }
                executor.execute(one::sign);
            }
            case "leave" ->
                requireNonNull(sidecars.remove(Integer.parseInt(words[1]))).leave();
            case "expect" -> {
                expected = new Expected(words[1], Long.parseLong(words[2]));
                say("expecting");
            }
            default -> throw new IllegalArgumentException(words[0]);
        }
    }

    /** What the operator's probes find where a network enforces: the sidecar's own port opens, and nothing else. */
    private static void letProbesIn(InetAddress address) {
        Thread.ofVirtual().start(() -> {
            try (ServerSocket socket = new ServerSocket(SIDECAR_PORT, 16, address)) {
                while (true) {
                    socket.accept().close();
                }
            } catch (IOException e) {
                // Whoever holds the port already answers as well.
            }
        });
    }

    private static void say(String line) {
        synchronized (System.out) {
            System.out.println(line);
            System.out.flush();
        }
    }

    private static String inOneLine(Status status) {
        Throwable cause = status.getCause();
        String why = String.valueOf(cause == null ? status.getDescription() : cause)
                .lines()
                .findFirst()
                .orElse("");
        return status.getCode() + " " + why.replaceAll("[^ -~]", "").substring(0, Math.min(160, why.length()));
    }

    private static long micros() {
        Instant now = Instant.now();
        return now.getEpochSecond() * 1_000_000 + now.getNano() / 1_000;
    }

    private static X509Certificate certificate(byte[] der) throws Exception {
        return (X509Certificate)
                CertificateFactory.getInstance("X.509").generateCertificate(new ByteArrayInputStream(der));
    }

    /** One sidecar. */
    private final class One {
        private final int index;
        private final InetAddress address;
        private final String token;
        private final KeyPair key;
        private List<X509Certificate> chain = List.of();
        private @Nullable ManagedChannel channel;
        private Map<String, Long> held = Map.of();
        private String version = "";
        private long wait = FIRST_WAIT_MILLIS;
        private boolean gone;

        One(int index, String address, String token, KeyPair key) {
            this.index = index;
            this.address = InetAddress.ofLiteral(address);
            this.token = token;
            this.key = key;
        }

        private ManagedChannel open() throws Exception {
            SslContextBuilder tls =
                    SslContextBuilder.forClient().trustManager(root).endpointIdentificationAlgorithm(null);
            if (!chain.isEmpty()) {
                tls.keyManager(key.getPrivate(), chain.toArray(new X509Certificate[0]));
            }
            return NettyChannelBuilder.forAddress(operator)
                    .sslContext(GrpcSslContexts.configure(tls, SslProvider.JDK)
                            .protocols("TLSv1.3")
                            .build())
                    .localSocketPicker(new NettyChannelBuilder.LocalSocketPicker() {
                        @Override
                        public java.net.SocketAddress createSocketAddress(
                                java.net.SocketAddress remote, io.grpc.Attributes attributes) {
                            return new InetSocketAddress(address, 0);
                        }
                    })
                    .eventLoopGroup(loops)
                    .channelType(NioSocketChannel.class)
                    .executor(executor)
                    // a name of its Service that its certificate has, as the real sidecar expects its SPIFFE ID
                    .overrideAuthority("stockade-operator.default.svc")
                    .maxInboundMessageSize(LARGEST_MESSAGE)
                    .keepAliveTime(20, TimeUnit.SECONDS)
                    .keepAliveTimeout(10, TimeUnit.SECONDS)
                    .disableRetry()
                    .build();
        }

        private void later(Runnable what, long longest) {
            long capped = Math.min(wait, longest);
            wait = capped * 2;
            ScheduledFuture<?> _ = timer.schedule(
                    what, capped - ThreadLocalRandom.current().nextLong(capped / 2 + 1), TimeUnit.MILLISECONDS);
        }

        void sign() {
            try {
                ByteString csr = ByteString.copyFrom(
                        new JcaPKCS10CertificationRequestBuilder(new X500Name(new RDN[0]), key.getPublic())
                                .build(new JcaContentSignerBuilder("SHA256withECDSA").build(key.getPrivate()))
                                .getEncoded());
                SignRequest request = SignRequest.newBuilder()
                        .addRequests(CertificateRequest.newBuilder()
                                .setRole(Role.ROLE_AGENT)
                                .setCsr(csr))
                        .addRequests(CertificateRequest.newBuilder()
                                .setRole(Role.ROLE_SERVER)
                                .setCsr(csr))
                        .build();
                Metadata headers = new Metadata();
                headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
                ManagedChannel once = open();
                SidecarControlGrpc.newStub(once)
                        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
                        .sign(request, new Signing(once));
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }

        private final class Signing implements StreamObserver<SignResponse> {
            private final ManagedChannel once;

            Signing(ManagedChannel once) {
                this.once = once;
            }

            @Override
            public void onNext(SignResponse response) {
                try {
                    List<X509Certificate> signed = new ArrayList<>();
                    for (ByteString der : response.getCertificates(0).getChainList()) {
                        signed.add(certificate(der.toByteArray()));
                    }
                    chain = signed;
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            }

            @Override
            public void onError(Throwable cause) {
                once.shutdownNow();
                Status status = Status.fromThrowable(cause);
                say("refused " + index + " " + inOneLine(status));
                later(
                        One.this::sign,
                        status.getCode() == Status.Code.RESOURCE_EXHAUSTED
                                ? LONGEST_WAIT_CROWDED_MILLIS
                                : LONGEST_WAIT_MILLIS);
            }

            @Override
            public void onCompleted() {
                once.shutdownNow();
                wait = FIRST_WAIT_MILLIS;
                try {
                    channel = open();
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
                subscribe();
            }
        }

        private synchronized void subscribe() {
            if (gone) {
                return;
            }
            ManagedChannel open = requireNonNull(channel);
            open.resetConnectBackoff();
            SidecarControlGrpc.newStub(open)
                    .subscribe(new Answers())
                    .onNext(SubscribeRequest.newBuilder()
                            .setHello(Hello.newBuilder()
                                    .setRelease("size")
                                    .setBoot("boot-" + index)
                                    .setVersion(version)
                                    .setProbes(true)
                                    .putAllCompiledAt(held))
                            .build());
        }

        synchronized void leave() {
            gone = true;
            if (channel != null) {
                channel.shutdownNow();
            }
        }

        private final class Answers implements ClientResponseObserver<SubscribeRequest, SubscribeResponse> {
            private @Nullable ClientCallStreamObserver<SubscribeRequest> out;
            private boolean current;

            @Override
            public void beforeStart(ClientCallStreamObserver<SubscribeRequest> stream) {
                out = stream;
            }

            private void answer(SubscribeRequest.Builder request) {
                requireNonNull(out).onNext(request.build());
            }

            @Override
            public void onNext(SubscribeResponse response) {
                switch (response.getMessageCase()) {
                    case SNAPSHOT -> hold(response.getSnapshot());
                    case SOCKETS_REQUEST ->
                        answer(SubscribeRequest.newBuilder()
                                .setSockets(Sockets.newBuilder()
                                        .addListening(Socket.newBuilder().setPort(SIDECAR_PORT))));
                    case PROBE_ORDER ->
                        answer(SubscribeRequest.newBuilder().setProbeResult(tried(response.getProbeOrder())));
                    case HEARTBEAT, MESSAGE_NOT_SET -> {}
                }
            }

            private static ProbeResult tried(ProbeOrder order) {
                return ProbeResult.newBuilder()
                        .setId(order.getId())
                        .setOutcome(
                                order.getPort() == SIDECAR_PORT
                                        ? ProbeResult.Outcome.OUTCOME_OPEN
                                        : ProbeResult.Outcome.OUTCOME_REFUSED)
                        .build();
            }

            private void hold(Snapshot snapshot) {
                wait = FIRST_WAIT_MILLIS;
                held = Map.copyOf(snapshot.getCompiledAtMap());
                version = snapshot.getVersion();
                answer(SubscribeRequest.newBuilder()
                        .setAcknowledgement(Acknowledgement.newBuilder().setVersion(version)));
                long at = micros();
                if (current) {
                    say("snapshot " + index + " " + at + " " + expected.isIn(snapshot));
                } else {
                    current = true;
                    say("current " + index + " " + at);
                }
            }

            @Override
            public void onError(Throwable cause) {
                if (gone) {
                    return;
                }
                if (current) {
                    say("lost " + index + " " + micros());
                } else {
                    Status status = Status.fromThrowable(cause);
                    say("again " + index + " " + inOneLine(status));
                }
                later(One.this::subscribe, LONGEST_WAIT_MILLIS);
            }

            @Override
            public void onCompleted() {
                onError(Status.UNAVAILABLE.asRuntimeException());
            }
        }
    }
}
