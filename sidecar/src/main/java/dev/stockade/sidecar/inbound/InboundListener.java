package dev.stockade.sidecar.inbound;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.BoundPod;
import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.model.policy.Reason;
import dev.stockade.sidecar.identity.Identities;
import dev.stockade.sidecar.identity.PeerCertificate;
import dev.stockade.sidecar.identity.Svid;
import dev.stockade.sidecar.log.Log;
import dev.stockade.sidecar.metrics.Metrics;
import dev.stockade.sidecar.state.CurrentState;
import dev.stockade.sidecar.state.PodState;
import dev.stockade.sidecar.tls.HandshakeGate;
import dev.stockade.sidecar.tls.MeshTls;
import dev.stockade.sidecar.tunnel.ConnectionLife;
import dev.stockade.sidecar.tunnel.EventLoops;
import dev.stockade.sidecar.tunnel.Hbone;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import javax.net.ssl.SSLException;

/** Accepts tunnel connections while this pod is a server. All state belongs to the event loop. */
public final class InboundListener {
    private static final Duration IDLE = Duration.ofMinutes(10);
    private static final int BACKLOG = 256;

    private final EventLoops loops;
    private final EventLoop loop;
    private final List<InetSocketAddress> addresses;
    private final Identities identities;
    private final MeshTls tls;
    private final CurrentState state;
    private final OwnAddresses own;
    private final AcceptedStreams accepted;
    private final RefusedConnects refused;
    private final Metrics metrics;
    private final Clock clock;
    private final Log log;

    private final Set<InboundConnection> connections = new LinkedHashSet<>();
    private final List<Channel> listening = new ArrayList<>();
    private Optional<TlsInForce> inForce = Optional.empty();
    private volatile boolean bound;

    /** The context that new connections get, and the certificate that it was made from. */
    private record TlsInForce(Svid svid, SslContext context) {}

    public InboundListener(
            EventLoops loops,
            List<InetSocketAddress> addresses,
            Identities identities,
            MeshTls tls,
            CurrentState state,
            OwnAddresses own,
            AcceptedStreams accepted,
            RefusedConnects refused,
            Metrics metrics,
            Clock clock,
            Log log) {
        this.loops = requireNonNull(loops);
        this.loop = loops.loop();
        this.addresses = List.copyOf(addresses);
        this.identities = requireNonNull(identities);
        this.tls = requireNonNull(tls);
        this.state = requireNonNull(state);
        this.own = requireNonNull(own);
        this.accepted = requireNonNull(accepted);
        this.refused = requireNonNull(refused);
        this.metrics = requireNonNull(metrics);
        this.clock = requireNonNull(clock);
        this.log = requireNonNull(log);
    }

    /** Whether it accepts on every address. */
    public boolean bound() {
        return bound;
    }

    /**
     * Listens while there is a server, and cuts every connection that may no longer be.
     *
     * @return completes when they are cut
     */
    public CompletableFuture<Void> apply(PodState next) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        loop.execute(() -> {
            if (next.serving().isPresent()) {
                listen();
            } else {
                stopListening();
            }
            cut(connection -> connection.refusal(next.serving())).whenComplete((v, why) -> done.complete(null));
            if (next.draining()) {
                connections.forEach(InboundConnection::retire);
            }
        });
        return done;
    }

    /** Cuts everything once nothing has confirmed the rules for too long. Called each second. */
    public void checkStale() {
        loop.execute(() -> {
            if (state.stale() && !connections.isEmpty()) {
                cut(connection -> Optional.of(Reason.STALE));
            }
        });
    }

    /** Stops accepting, and lets what is open finish. */
    public void drain() {
        loop.execute(() -> {
            stopListening();
            connections.forEach(InboundConnection::retire);
        });
    }

    private CompletableFuture<Void> cut(Function<InboundConnection, Optional<Reason>> refusal) {
        List<CompletableFuture<Void>> cuts = new ArrayList<>();
        for (InboundConnection connection : List.copyOf(connections)) {
            refusal.apply(connection).ifPresent(reason -> {
                log.info("connection cut", "agent", connection.peer(), "reason", reason.word());
                metrics.count(Metrics.Count.INBOUND_CONNECTIONS_CUT);
                CompletableFuture<Void> cut = new CompletableFuture<>();
                connection.cut().addListener(f -> cut.complete(null));
                cuts.add(cut);
            });
        }
        return CompletableFuture.allOf(cuts.toArray(CompletableFuture[]::new));
    }

    private void listen() {
        if (!listening.isEmpty()) {
            return;
        }
        for (InetSocketAddress address : addresses) {
            var binding = new ServerBootstrap()
                    .group(loops.data())
                    .channel(loops.serverSocket())
                    .option(ChannelOption.SO_BACKLOG, BACKLOG)
                    .option(ChannelOption.SO_REUSEADDR, true)
                    .childOption(ChannelOption.TCP_NODELAY, true)
                    .childHandler(new ChannelInitializer<>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            init(channel);
                        }
                    })
                    .bind(address);
            listening.add(binding.channel());
            binding.addListener(done -> {
                if (done.isSuccess()) {
                    bound = listening.stream().allMatch(Channel::isActive);
                } else {
                    log.warn(
                            "the tunnel's port cannot be bound",
                            "address",
                            address,
                            "reason",
                            String.valueOf(done.cause()));
                    listening.remove(binding.channel());
                }
            });
        }
    }

    private void stopListening() {
        bound = false;
        listening.forEach(Channel::close);
        listening.clear();
    }

    private void init(Channel channel) {
        Optional<TlsInForce> current = tlsInForce();
        if (current.isEmpty()) {
            channel.close();
            return;
        }
        Svid svid = current.get().svid();
        channel.pipeline()
                .addLast(MeshTls.handler(current.get().context(), channel.alloc()))
                .addLast(new HandshakeGate((ctx, peer) -> opened(ctx, peer, svid), why -> {
                    metrics.count(Metrics.Count.INBOUND_HANDSHAKES_REFUSED);
                    if (channel.remoteAddress() instanceof InetSocketAddress from) {
                        refused.recordStranger(from.getAddress());
                    }
                    log.info(
                            "handshake refused",
                            "from",
                            channel.remoteAddress(),
                            "reason",
                            String.valueOf(why.getMessage()));
                }));
    }

    /** Made anew when the certificate was renewed; open connections keep the former one. */
    private Optional<TlsInForce> tlsInForce() {
        Optional<Svid> now =
                identities.svid(WorkloadKind.MCP).filter(s -> s.ends().isAfter(clock.instant()));
        if (now.equals(inForce.map(TlsInForce::svid))) {
            return inForce;
        }
        inForce.ifPresent(former -> ReferenceCountUtil.release(former.context()));
        inForce = Optional.empty();
        if (now.isPresent()) {
            try {
                inForce = Optional.of(new TlsInForce(now.get(), tls.accepting(now.get())));
            } catch (SSLException e) {
                log.warn("the server's certificate cannot be used", "reason", e.getMessage());
            }
        }
        return inForce;
    }

    private void opened(ChannelHandlerContext ctx, X509Certificate certificate, Svid svid) {
        Channel channel = ctx.channel();
        Optional<SpiffeId> peer = PeerCertificate.spiffeUri(certificate).flatMap(SpiffeId::parse);
        if (peer.isEmpty()) {
            channel.close();
            return;
        }
        Optional<BoundPod> pod = PeerCertificate.boundPod(certificate);
        InboundConnection connection = new InboundConnection(channel, svid.id(), peer.get(), pod);
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
        Instant peerEnds = certificate.getNotAfter().toInstant();
        Instant ends = peerEnds.isBefore(svid.ends()) ? peerEnds : svid.ends();
        Http2FrameCodec codec = Hbone.acceptingCodec();
        channel.pipeline()
                .addLast(codec)
                .addLast(new Http2MultiplexHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel stream) {
                        stream.pipeline()
                                .addLast(new ConnectRequests(connection, state, own, accepted, refused, metrics));
                    }
                }))
                .addLast(new ConnectionLife(codec, Duration.between(clock.instant(), ends), IDLE, () -> {}));
    }
}
