package dev.stockade.operator.control;

import static java.util.Objects.requireNonNull;

import dev.stockade.operator.authority.Trust;
import dev.stockade.wire.control.v1.Acknowledgement;
import dev.stockade.wire.control.v1.Hello;
import dev.stockade.wire.control.v1.SidecarControlGrpc;
import dev.stockade.wire.control.v1.SubscribeRequest;
import dev.stockade.wire.control.v1.SubscribeResponse;
import io.grpc.ManagedChannel;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * A process of its own that subscribes as many sidecars, so that only the operator's side of them is in the process that is
 * measured. Its standard input has the port, the root, the issuer, the key, and then a line for each leaf; it ends with its
 * input.
 */
final class ManySidecars {
    private static final Semaphore PLACES = new Semaphore(8);

    private ManySidecars() {}

    public static void main(String[] arguments) throws Exception {
        try (BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII))) {
            int port = Integer.parseInt(in.readLine());
            Trust trust = new Trust(List.of(certificate(in.readLine())), List.of(certificate(in.readLine())), 1);
            PrivateKey key = KeyFactory.getInstance("EC")
                    .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(in.readLine())));
            List<ManagedChannel> open = new ArrayList<>();
            for (String leaf = in.readLine(); leaf != null; leaf = in.readLine()) {
                open.add(subscribe(port, trust, key, certificate(leaf)));
            }
            open.forEach(ManagedChannel::shutdownNow);
        }
    }

    private static X509Certificate certificate(String base64) throws Exception {
        return (X509Certificate) CertificateFactory.getInstance("X.509")
                .generateCertificate(
                        new ByteArrayInputStream(Base64.getDecoder().decode(base64)));
    }

    private static ManagedChannel subscribe(int port, Trust trust, PrivateKey key, X509Certificate leaf)
            throws Exception {
        ManagedChannel channel = NettyChannelBuilder.forAddress(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), port))
                .sslContext(GrpcSslContexts.configure(
                                SslContextBuilder.forClient()
                                        .trustManager(
                                                new PeerVerifier(() -> trust, Replica.TRUST_DOMAIN, Clock.systemUTC())
                                                        .trustManager())
                                        .keyManager(key, leaf, trust.issuers().getFirst())
                                        .endpointIdentificationAlgorithm(null),
                                SslProvider.JDK)
                        .build())
                .build();
        // A few at a time: a handshake that waits for hundreds of others would be given up.
        PLACES.acquire();
        subscribe(channel);
        return channel;
    }

    private static void subscribe(ManagedChannel channel) {
        SidecarControlGrpc.newStub(channel)
                .withWaitForReady()
                .subscribe(new Acknowledging(channel))
                .onNext(SubscribeRequest.newBuilder()
                        .setHello(Hello.newBuilder().setRelease("test").setBoot("boot"))
                        .build());
    }

    private static final class Acknowledging implements ClientResponseObserver<SubscribeRequest, SubscribeResponse> {
        private final ManagedChannel channel;
        private @Nullable ClientCallStreamObserver<SubscribeRequest> out;
        private boolean admitted;

        Acknowledging(ManagedChannel channel) {
            this.channel = channel;
        }

        @Override
        public void beforeStart(ClientCallStreamObserver<SubscribeRequest> stream) {
            out = stream;
        }

        @Override
        public void onNext(SubscribeResponse response) {
            if (response.hasSnapshot()) {
                if (!admitted) {
                    admitted = true;
                    PLACES.release();
                }
                requireNonNull(out)
                        .onNext(SubscribeRequest.newBuilder()
                                .setAcknowledgement(Acknowledgement.newBuilder()
                                        .setVersion(response.getSnapshot().getVersion()))
                                .build());
            }
        }

        @Override
        public void onError(Throwable cause) {
            if (!channel.isShutdown()) {
                subscribe(channel);
            }
        }

        @Override
        public void onCompleted() {}
    }
}
