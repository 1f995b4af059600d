package dev.stockade.operator.control;

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

/**
 * A process of its own that subscribes as many sidecars, so that only the operator's side of them is in the process that is
 * measured. Its standard input has the port, the root, the issuer, the key, and then a line for each leaf; it ends with its
 * input.
 */
final class ManySidecars {
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
        SidecarControlGrpc.newStub(channel)
                .subscribe(new Acknowledging())
                .onNext(SubscribeRequest.newBuilder()
                        .setHello(Hello.newBuilder().setRelease("test").setBoot("boot"))
                        .build());
        return channel;
    }

    private static final class Acknowledging implements ClientResponseObserver<SubscribeRequest, SubscribeResponse> {
        private ClientCallStreamObserver<SubscribeRequest> out;

        @Override
        public void beforeStart(ClientCallStreamObserver<SubscribeRequest> stream) {
            out = stream;
        }

        @Override
        public void onNext(SubscribeResponse response) {
            if (response.hasSnapshot()) {
                out.onNext(SubscribeRequest.newBuilder()
                        .setAcknowledgement(Acknowledgement.newBuilder()
                                .setVersion(response.getSnapshot().getVersion()))
                        .build());
            }
        }

        @Override
        public void onError(Throwable cause) {
            System.err.println(cause.getMessage());
        }

        @Override
        public void onCompleted() {}
    }
}
