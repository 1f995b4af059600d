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
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;

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

    /** @param trust the bundle in force, by which peers are judged; asked at every handshake */
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
        return common(builder, verifier(trust, false, ofTrustDomain));
    }

    /** Calls one server, and believes nobody else. */
    public SslContext calling(Svid own, SpiffeId server) throws SSLException {
        if (server.kind() != WorkloadKind.MCP) {
            throw new IllegalArgumentException(server + " is not a server");
        }
        return client(Optional.of(own), verifier(trust, false, server.uri()::equals));
    }

    /**
     * Calls the operator, without a certificate until one is held.
     *
     * @param inOperator by which the operator is judged, asked at every handshake; one that names no issuer will do
     */
    public SslContext callingOperator(Optional<Svid> own, Supplier<TrustBundle> inOperator) throws SSLException {
        String operator = SpiffeId.operator(inOperator.get().trustDomain());
        return client(own, verifier(inOperator, true, operator::equals));
    }

    private SvidVerifier verifier(Supplier<TrustBundle> judge, boolean rootsSuffice, Predicate<String> acceptable) {
        return new SvidVerifier(judge, rootsSuffice, acceptable, clock);
    }

    private static SslContext client(Optional<Svid> own, SvidVerifier verifier) throws SSLException {
        SslContextBuilder builder = SslContextBuilder.forClient().endpointIdentificationAlgorithm(null);
        if (own.isPresent()) {
            builder.keyManager(own.get().key(), chain(own.get()));
        }
        return common(builder, verifier);
    }

    private static SslContext common(SslContextBuilder builder, SvidVerifier verifier) throws SSLException {
        return builder.sslProvider(SslProvider.OPENSSL_REFCNT)
                .protocols("TLSv1.3")
                .trustManager(verifier)
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

    /** The chain that the peer showed, leaf first; empty before its handshake. */
    public static List<X509Certificate> peerChain(SslHandler handler) {
        try {
            return Arrays.stream(handler.engine().getSession().getPeerCertificates())
                    .map(X509Certificate.class::cast)
                    .toList();
        } catch (SSLPeerUnverifiedException e) {
            return List.of();
        }
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
