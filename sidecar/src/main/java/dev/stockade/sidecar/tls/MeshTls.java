package dev.stockade.sidecar.tls;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.sidecar.identity.Svid;
import dev.stockade.sidecar.identity.TrustBundle;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.OpenSslSession;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.internal.tcnative.SSL;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;

/**
 * Makes TLS contexts. Every context is reference counted and belongs to the caller, who releases it when no new handler will
 * be made from it; open connections keep what they need.
 */
public final class MeshTls {
    /** Post-quantum hybrid first; X25519 for peers that lack it. */
    private static final String[] GROUPS = {"X25519MLKEM768", "X25519"};

    private static final long HANDSHAKE_MILLIS = 5_000;

    private final Supplier<TrustBundle> trust;
    private final Clock clock;

    /** @param trust the roots in force, asked at every handshake */
    public MeshTls(Supplier<TrustBundle> trust, Clock clock) {
        this.trust = requireNonNull(trust);
        this.clock = requireNonNull(clock);
    }

    /** Accepts any identity of the trust domain; what it may do is decided afterwards. */
    public SslContext accepting(Svid own) throws SSLException {
        Predicate<String> ofTrustDomain = uri -> SpiffeId.parse(uri)
                .filter(id -> id.trustDomain().equals(trust.get().trustDomain()))
                .isPresent();
        SslContextBuilder builder = SslContextBuilder.forServer(own.key(), chain(own))
                .clientAuth(ClientAuth.REQUIRE)
                .sessionCacheSize(0);
        return common(builder, ofTrustDomain);
    }

    /** Calls one server, and believes nobody else. */
    public SslContext calling(Svid own, SpiffeId server) throws SSLException {
        if (server.kind() != WorkloadKind.MCP) {
            throw new IllegalArgumentException(server + " is not a server");
        }
        return client(Optional.of(own), server.uri());
    }

    /** Calls the operator, without a certificate until one is held. */
    public SslContext callingOperator(Optional<Svid> own) throws SSLException {
        return client(own, SpiffeId.operator(trust.get().trustDomain()));
    }

    private SslContext client(Optional<Svid> own, String expected) throws SSLException {
        SslContextBuilder builder = SslContextBuilder.forClient().endpointIdentificationAlgorithm(null);
        if (own.isPresent()) {
            builder.keyManager(own.get().key(), chain(own.get()));
        }
        return common(builder, expected::equals);
    }

    private SslContext common(SslContextBuilder builder, Predicate<String> acceptable) throws SSLException {
        return builder.sslProvider(SslProvider.OPENSSL_REFCNT)
                .protocols("TLSv1.3")
                .trustManager(new SvidVerifier(trust, acceptable, clock))
                .option(OpenSslContextOption.GROUPS, GROUPS)
                .applicationProtocolConfig(new ApplicationProtocolConfig(
                        Protocol.ALPN,
                        SelectorFailureBehavior.NO_ADVERTISE,
                        SelectedListenerFailureBehavior.ACCEPT,
                        ApplicationProtocolNames.HTTP_2))
                .build();
    }

    private static X509Certificate[] chain(Svid svid) {
        return svid.chain().toArray(X509Certificate[]::new);
    }

    /** Whether the key exchange of a finished handshake was the hybrid one. */
    public static boolean postQuantum(SslHandler handler) {
        return handler.engine().getSession() instanceof OpenSslSession session
                && GROUPS[0].equals(session.getNamedGroup());
    }

    /** A handler for one connection. Put a {@link HandshakeGate} after it. */
    public static SslHandler handler(SslContext context, ByteBufAllocator allocator) {
        SslHandler handler = context.newHandler(allocator);
        // Tickets are issued and resumed by default, whatever the session cache says, and an identity must be checked
        // on
        // every handshake. Set on the engine: the same call on the context aborts the process.
        SSL.setOptions(((ReferenceCountedOpenSslEngine) handler.engine()).sslPointer(), SSL.SSL_OP_NO_TICKET);
        handler.setHandshakeTimeoutMillis(HANDSHAKE_MILLIS);
        return handler;
    }
}
