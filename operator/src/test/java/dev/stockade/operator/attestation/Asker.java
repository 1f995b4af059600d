package dev.stockade.operator.attestation;

import dev.stockade.operator.control.Replica;
import dev.stockade.wire.control.v1.Hello;
import dev.stockade.wire.control.v1.SidecarControlGrpc;
import dev.stockade.wire.control.v1.SignRequest;
import dev.stockade.wire.control.v1.SignResponse;
import dev.stockade.wire.control.v1.SubscribeRequest;
import dev.stockade.wire.control.v1.SubscribeResponse;
import io.grpc.Attributes;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyChannelBuilder.LocalSocketPicker;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.ByteArrayInputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.security.KeyPair;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** Someone who asks a replica for certificates, from an address of its own choice in 127/8. */
final class Asker implements AutoCloseable {
    private final ManagedChannel channel;

    /** Shows no certificate. */
    Asker(Replica replica, String from) throws Exception {
        this(replica, from, null, List.of());
    }

    /** Shows a certificate. */
    Asker(Replica replica, String from, @Nullable KeyPair key, List<X509Certificate> chain) throws Exception {
        SslContextBuilder tls =
                SslContextBuilder.forClient().trustManager(trusting(replica)).endpointIdentificationAlgorithm(null);
        if (key != null) {
            tls.keyManager(key.getPrivate(), chain.toArray(new X509Certificate[0]));
        }
        channel = NettyChannelBuilder.forAddress(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), replica.server.port()))
                .sslContext(GrpcSslContexts.configure(tls, SslProvider.JDK).build())
                .localSocketPicker(new LocalSocketPicker() {
                    @Override
                    public SocketAddress createSocketAddress(SocketAddress remote, Attributes attributes) {
                        return new InetSocketAddress(InetAddress.ofLiteral(from), 0);
                    }
                })
                .build();
    }

    /** The mesh's roots. gRPC would have the name checked that was dialled, and replicas have none. */
    private static X509ExtendedTrustManager trusting(Replica replica) throws Exception {
        KeyStore roots = KeyStore.getInstance(KeyStore.getDefaultType());
        roots.load(null, null);
        for (X509Certificate root : replica.authority.roots()) {
            roots.setCertificateEntry(root.getSubjectX500Principal().getName(), root);
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(roots);
        X509TrustManager checks = (X509TrustManager) factory.getTrustManagers()[0];
        return new X509ExtendedTrustManager() {
            @Override
            public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
                    throws CertificateException {
                checks.checkServerTrusted(chain, authType);
            }

            @Override
            public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
                    throws CertificateException {
                checks.checkServerTrusted(chain, authType);
            }

            @Override
            public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
                checks.checkServerTrusted(chain, authType);
            }

            @Override
            public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
                    throws CertificateException {
                throw new CertificateException("this is a client");
            }

            @Override
            public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
                    throws CertificateException {
                throw new CertificateException("this is a client");
            }

            @Override
            public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
                throw new CertificateException("this is a client");
            }

            @Override
            public X509Certificate[] getAcceptedIssuers() {
                return new X509Certificate[0];
            }
        };
    }

    SignResponse sign(@Nullable String token, SignRequest request) {
        Metadata headers = new Metadata();
        if (token != null) {
            headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
        }
        return SidecarControlGrpc.newBlockingStub(channel)
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
                .sign(request);
    }

    /** Subscribes, and takes whatever comes. */
    void subscribe() {
        SidecarControlGrpc.newStub(channel)
                .subscribe(new StreamObserver<SubscribeResponse>() {
                    @Override
                    public void onNext(SubscribeResponse response) {}

                    @Override
                    public void onError(Throwable cause) {}

                    @Override
                    public void onCompleted() {}
                })
                .onNext(SubscribeRequest.newBuilder()
                        .setHello(Hello.newBuilder().setRelease("test").setBoot("boot"))
                        .build());
    }

    static List<X509Certificate> chain(SignResponse signed) throws Exception {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        List<X509Certificate> chain = new ArrayList<>();
        for (var der : signed.getCertificates(0).getChainList()) {
            chain.add((X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der.toByteArray())));
        }
        return chain;
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
