package dev.stockade.operator.control;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import dev.stockade.operator.authority.Authorities;
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
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.ByteArrayInputStream;
import java.net.InetSocketAddress;
import java.security.KeyPair;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.bouncycastle.asn1.x500.RDN;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;
import org.jspecify.annotations.Nullable;

/** What a sidecar does on the control channel, and nothing else of it. */
final class Sidecar implements AutoCloseable {
    private final Replica replica;
    private final InetSocketAddress address;
    final KeyPair key;
    private List<X509Certificate> shown = List.of();
    private @Nullable ManagedChannel channel;
    private @Nullable StreamObserver<SubscribeRequest> requests;

    final List<Snapshot> snapshots = new CopyOnWriteArrayList<>();
    final List<Instant> heartbeats = new CopyOnWriteArrayList<>();
    /** Whether it answers snapshots, and with which refusal if with any. */
    volatile boolean silent;

    volatile String refusal = "";

    /** How it carries out orders; null in one of a release that knows none. */
    volatile @Nullable Function<ProbeOrder, ProbeResult.Outcome> probes;

    final List<ProbeOrder> orders = new CopyOnWriteArrayList<>();
    final AtomicReference<@Nullable Status> ended = new AtomicReference<>();

    Sidecar(Replica replica) throws Exception {
        this(replica, replica.server.address(), newKey());
    }

    /** @param address where it finds the replica */
    Sidecar(Replica replica, InetSocketAddress address, KeyPair key) {
        this.replica = replica;
        this.address = address;
        this.key = key;
    }

    static KeyPair newKey() throws Exception {
        return Authorities.newKey();
    }

    SignResponse sign(@Nullable String token) throws Exception {
        return sign(token, request());
    }

    SignResponse sign(@Nullable String token, SignRequest request) throws Exception {
        // As a sidecar that renews: once it has shown its certificate to subscribe, it shows it here too.
        ManagedChannel open = channel(shown);
        try {
            Metadata headers = new Metadata();
            if (token != null) {
                headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
            }
            return SidecarControlGrpc.newBlockingStub(open)
                    .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
                    .sign(request);
        } finally {
            open.shutdownNow();
        }
    }

    SignRequest request() throws Exception {
        ByteString csr =
                ByteString.copyFrom(new JcaPKCS10CertificationRequestBuilder(new X500Name(new RDN[0]), key.getPublic())
                        .build(new JcaContentSignerBuilder("SHA256withECDSA").build(key.getPrivate()))
                        .getEncoded());
        return SignRequest.newBuilder()
                .addRequests(
                        CertificateRequest.newBuilder().setRole(Role.ROLE_AGENT).setCsr(csr))
                .addRequests(CertificateRequest.newBuilder()
                        .setRole(Role.ROLE_SERVER)
                        .setCsr(csr))
                .build();
    }

    /** Subscribes with the first certificate of the answer, and acknowledges whatever comes. */
    Sidecar subscribe(SignResponse signed, Map<String, Long> holding) throws Exception {
        return subscribe(chain(signed), holding);
    }

    Sidecar subscribe(List<X509Certificate> chain, Map<String, Long> holding) throws Exception {
        open(chain);
        say(SubscribeRequest.newBuilder()
                .setHello(Hello.newBuilder()
                        .setRelease("test")
                        .setBoot("boot")
                        .setProbes(probes != null)
                        .putAllCompiledAt(holding))
                .build());
        return this;
    }

    /** Opens the stream and says nothing yet. */
    Sidecar open(List<X509Certificate> chain) throws Exception {
        shown = chain;
        ManagedChannel open = channel(chain);
        channel = open;
        StreamObserver<SubscribeRequest> out = SidecarControlGrpc.newStub(open).subscribe(new StreamObserver<>() {
            @Override
            public void onNext(SubscribeResponse response) {
                if (response.hasHeartbeat()) {
                    Timestamp confirmed = response.getHeartbeat().getConfirmed();
                    heartbeats.add(Instant.ofEpochSecond(confirmed.getSeconds(), confirmed.getNanos()));
                    return;
                }
                if (response.hasSocketsRequest()) {
                    say(SubscribeRequest.newBuilder()
                            .setSockets(Sockets.newBuilder()
                                    .addListening(
                                            Socket.newBuilder().setPort(3000).setLoopbackOnly(true)))
                            .build());
                    return;
                }
                if (response.hasProbeOrder()) {
                    carryOut(response.getProbeOrder());
                    return;
                }
                snapshots.add(response.getSnapshot());
                if (!silent) {
                    acknowledge(response.getSnapshot().getVersion(), refusal);
                }
            }

            @Override
            public void onError(Throwable cause) {
                ended.set(Status.fromThrowable(cause));
            }

            @Override
            public void onCompleted() {
                ended.set(Status.OK);
            }
        });
        synchronized (this) {
            requests = out;
        }
        return this;
    }

    private void carryOut(ProbeOrder order) {
        orders.add(order);
        Function<ProbeOrder, ProbeResult.Outcome> how = probes;
        if (how != null) {
            say(SubscribeRequest.newBuilder()
                    .setProbeResult(
                            ProbeResult.newBuilder().setId(order.getId()).setOutcome(how.apply(order)))
                    .build());
        }
    }

    void acknowledge(String version, String why) {
        say(SubscribeRequest.newBuilder()
                .setAcknowledgement(
                        Acknowledgement.newBuilder().setVersion(version).setRefusal(why))
                .build());
    }

    synchronized void say(SubscribeRequest request) {
        if (requests != null && ended.get() == null) {
            requests.onNext(request);
        }
    }

    /** What it holds, as it would say in its next Hello. */
    Map<String, Long> held() {
        return snapshots.isEmpty() ? Map.of() : latest().getCompiledAtMap();
    }

    /** Any call that a workload may try, with its certificate. */
    ManagedChannel channel(SignResponse signed) throws Exception {
        return channel(chain(signed));
    }

    Snapshot latest() {
        return snapshots.getLast();
    }

    static List<X509Certificate> chain(SignResponse signed) throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        List<X509Certificate> chain = new ArrayList<>();
        for (ByteString der : signed.getCertificates(0).getChainList()) {
            chain.add((X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der.toByteArray())));
        }
        return chain;
    }

    private ManagedChannel channel(List<X509Certificate> chain) throws Exception {
        SslContextBuilder tls = SslContextBuilder.forClient()
                .trustManager(new PeerVerifier(replica.authority::trust, Replica.TRUST_DOMAIN, Clock.systemUTC())
                        .trustManager())
                .endpointIdentificationAlgorithm(null);
        if (!chain.isEmpty()) {
            tls.keyManager(key.getPrivate(), chain.toArray(new X509Certificate[0]));
        }
        return NettyChannelBuilder.forAddress(address)
                .sslContext(GrpcSslContexts.configure(tls, SslProvider.JDK).build())
                .build();
    }

    /** Ends its connection. */
    void hangUp() {
        if (channel != null) {
            channel.shutdownNow();
        }
    }

    @Override
    public void close() {
        hangUp();
    }
}
