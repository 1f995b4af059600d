package dev.stockade.sidecar.inbound;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.BoundPod;
import dev.stockade.model.identity.PeerCertificate;
import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.model.policy.Reason;
import dev.stockade.sidecar.identity.Identities;
import dev.stockade.sidecar.identity.Svid;
import dev.stockade.sidecar.limits.Allowances;
import dev.stockade.sidecar.limits.Holding;
import dev.stockade.sidecar.log.Log;
import dev.stockade.sidecar.metrics.Metrics;
import dev.stockade.sidecar.state.CurrentState;
import dev.stockade.sidecar.state.PodState;
import dev.stockade.sidecar.tls.MeshTls;
import dev.stockade.sidecar.tunnel.ConnectionLife;
import dev.stockade.sidecar.tunnel.Cutoff;
import dev.stockade.sidecar.tunnel.Hbone;
import dev.stockade.sidecar.tunnel.PeerChain;
import dev.stockade.sidecar.tunnel.Standing;
import dev.stockade.sidecar.tunnel.Tenure;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.ssl.SslHandler;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** The connections whose peers proved an identity: each is used, retired and cut as rules and certificates have it. */
final class InboundConnections {
    /** How many connections that take streams one pod may have: 200 streams each, where an agent needs a handful. */
    static final int MOST_OF_ONE_POD = 32;

    private static final Duration IDLE = Duration.ofMinutes(10);

    private final Identities identities;
    private final CurrentState state;
    private final OwnAddresses own;
    private final AcceptedStreams accepted;
    private final Allowances allowances;
    private final RefusedConnects refused;
    private final Metrics metrics;
    private final Clock clock;
    private final Log log;
    private final Set<InboundConnection> connections = new LinkedHashSet<>();

    InboundConnections(
            Identities identities,
            CurrentState state,
            OwnAddresses own,
            AcceptedStreams accepted,
            Allowances allowances,
            RefusedConnects refused,
            Metrics metrics,
            Clock clock,
            Log log) {
        this.identities = requireNonNull(identities);
        this.state = requireNonNull(state);
        this.own = requireNonNull(own);
        this.accepted = requireNonNull(accepted);
        this.allowances = requireNonNull(allowances);
        this.refused = requireNonNull(refused);
        this.metrics = requireNonNull(metrics);
        this.clock = requireNonNull(clock);
        this.log = requireNonNull(log);
    }

    /** @param shown what this side showed in the handshake that has just ended */
    void opened(Channel channel, X509Certificate certificate, Svid shown) {
        Optional<SpiffeId> peer = PeerCertificate.spiffeUri(certificate).flatMap(SpiffeId::parse);
        PeerChain chain;
        try {
            chain = PeerChain.of(channel, identities.trust(), clock.instant());
        } catch (GeneralSecurityException e) {
            channel.close();
            return;
        }
        if (peer.isEmpty()) {
            channel.close();
            return;
        }
        InboundConnection connection =
                new InboundConnection(channel, shown, peer.get(), PeerCertificate.boundPod(certificate));
        connections.add(connection);
        metrics.count(Metrics.Count.INBOUND_CONNECTIONS);
        if (MeshTls.postQuantum(channel.pipeline().get(SslHandler.class))) {
            metrics.count(Metrics.Count.INBOUND_CONNECTIONS_POST_QUANTUM);
        }
        metrics.opened(Metrics.Open.INBOUND_CONNECTIONS_OPEN);
        channel.closeFuture().addListener(f -> {
            connections.remove(connection);
            metrics.closed(Metrics.Open.INBOUND_CONNECTIONS_OPEN);
        });
        Http2FrameCodec codec = Hbone.acceptingCodec();
        Holding unread = allowances.buffer().holding(peer.get());
        UnreadBytes.count(codec.connection(), channel, unread);
        channel.pipeline()
                .addLast(codec)
                .addLast(new Http2MultiplexHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel stream) {
                        stream.pipeline()
                                .addLast(new ConnectRequests(
                                        connection, state, own, accepted, allowances.streams(), refused, metrics));
                    }
                }))
                .addLast(new ConnectionLife(
                        codec,
                        new Tenure(clock.instant(), chain.endsWith(shown.ends())),
                        () -> standing(connection, chain),
                        clock,
                        IDLE,
                        new Life(connection)));
        Holding place = allowances.connections().holding(peer.get());
        channel.closeFuture().addListener(f -> {
            place.letGo();
            unread.letGo();
        });
        if (crowded(connection) || !place.grow(1)) {
            log.info("connection turned away", "agent", peer.get(), "reason", "it has too many already");
            metrics.count(Metrics.Count.LIMIT_CONNECTIONS);
            refused.record(peer.get(), connection.pod(), Reason.LIMIT);
            connection.turnAway();
        }
    }

    private boolean crowded(InboundConnection connection) {
        Optional<String> pod = connection.pod().map(BoundPod::uid);
        return connections.stream()
                        .filter(InboundConnection::fresh)
                        .filter(c -> c.pod().map(BoundPod::uid).equals(pod))
                        .count()
                > MOST_OF_ONE_POD;
    }

    private Standing standing(InboundConnection connection, PeerChain chain) {
        return Standing.of(
                identities.svid(WorkloadKind.MCP),
                connection.shown(),
                chain.issuer(),
                identities.trust(),
                connection.refusal(serving()).isEmpty(),
                state.confirmed(),
                clock.instant());
    }

    private Optional<PodState.Serving> serving() {
        return state.held().flatMap(PodState::serving);
    }

    /** What becomes of one connection. */
    private final class Life implements ConnectionLife.Listener {
        private final InboundConnection connection;

        Life(InboundConnection connection) {
            this.connection = connection;
        }

        @Override
        public void retired() {
            connection.retired();
        }

        @Override
        public void over() {
            boolean unconfirmed = state.confirmed().isBefore(clock.instant().minus(Tenure.CONFIRMED_WITHIN));
            cut(connection, unconfirmed ? Reason.STALE : Reason.IDENTITY_REFUSED);
        }

        @Override
        public void broken(Throwable why) {
            if (why instanceof Http2Exception broken) {
                boolean flood = broken.error() == Http2Error.ENHANCE_YOUR_CALM;
                metrics.count(flood ? Metrics.Count.LIMIT_FRAMES : Metrics.Count.INBOUND_STREAMS_REFUSED);
                refused.record(connection.peer(), connection.pod(), flood ? Reason.LIMIT : Reason.MALFORMED);
            }
        }
    }

    /**
     * Cuts every connection that may not be under these rules.
     *
     * @return completes when they are cut
     */
    CompletableFuture<Void> apply(Optional<PodState.Serving> serving) {
        return cutWhere(connection -> connection.refusal(serving));
    }

    /** Cuts everything, since the rules are too old to be relied on. */
    void cutStale() {
        cutWhere(connection -> Optional.of(Reason.STALE));
    }

    private CompletableFuture<Void> cutWhere(Function<InboundConnection, Optional<Reason>> refusal) {
        List<CompletableFuture<Void>> cuts = new ArrayList<>();
        for (InboundConnection connection : List.copyOf(connections)) {
            refusal.apply(connection).ifPresent(reason -> cuts.add(cut(connection, reason)));
        }
        return CompletableFuture.allOf(cuts.toArray(CompletableFuture[]::new));
    }

    private CompletableFuture<Void> cut(InboundConnection connection, Reason reason) {
        log.info("connection cut", "agent", connection.peer(), "reason", reason.word());
        metrics.count(Metrics.Count.INBOUND_CONNECTIONS_CUT);
        String auditId = refused.recordCut(connection.peer(), connection.pod(), reason);
        CompletableFuture<Void> cut = new CompletableFuture<>();
        connection.cut(new Cutoff(reason, auditId)).addListener(f -> cut.complete(null));
        return cut;
    }

    /** A certificate or the bundle has changed. */
    void reconsider() {
        List.copyOf(connections).forEach(InboundConnection::reconsider);
    }

    /** Lets what is open finish. */
    void retire() {
        List.copyOf(connections).forEach(InboundConnection::retire);
    }
}
