package dev.stockade.operator.control;

import io.grpc.netty.GrpcSslContexts;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import javax.net.ssl.SSLException;
import javax.net.ssl.X509ExtendedKeyManager;

/** TLS 1.3 and nothing older, on both ends. Keys and roots are looked up in each handshake, so renewal needs no restart. */
final class ControlTls {
    private static final String PROTOCOL = "TLSv1.3";

    private ControlTls() {}

    /** A client certificate is optional here: {@code Sign} has none yet. {@link PeerGate} demands it everywhere else. */
    static SslContext server(X509ExtendedKeyManager keys, PeerVerifier verifier) {
        try {
            return GrpcSslContexts.configure(
                            SslContextBuilder.forServer(keys).trustManager(verifier.trustManager()), SslProvider.JDK)
                    .protocols(PROTOCOL)
                    .clientAuth(ClientAuth.OPTIONAL)
                    // A resumed session would carry a peer that is not verified again.
                    .sessionCacheSize(1)
                    .sessionTimeout(1)
                    .build();
        } catch (SSLException e) {
            throw new IllegalStateException("every JDK has TLS 1.3", e);
        }
    }

    /** Calls another replica; its certificate must be the operator's. Its address is not a name, so no name is checked. */
    static SslContext client(X509ExtendedKeyManager keys, PeerVerifier verifier) {
        try {
            return GrpcSslContexts.configure(
                            SslContextBuilder.forClient().keyManager(keys).trustManager(verifier.trustManager()),
                            SslProvider.JDK)
                    .protocols(PROTOCOL)
                    .endpointIdentificationAlgorithm(null)
                    .build();
        } catch (SSLException e) {
            throw new IllegalStateException("every JDK has TLS 1.3", e);
        }
    }
}
