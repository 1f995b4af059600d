package dev.stockade.sidecar.inbound;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.sidecar.identity.Identities;
import dev.stockade.sidecar.identity.Svid;
import dev.stockade.sidecar.limits.Allowances;
import dev.stockade.sidecar.log.Log;
import dev.stockade.sidecar.metrics.Metrics;
import dev.stockade.sidecar.state.CurrentState;
import dev.stockade.sidecar.state.PodState;
import dev.stockade.sidecar.tls.ContextInForce;
import dev.stockade.sidecar.tls.HandshakeGate;
import dev.stockade.sidecar.tls.MeshTls;
import dev.stockade.sidecar.tunnel.BoundSockets;
import dev.stockade.sidecar.tunnel.EventLoops;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import javax.net.ssl.SSLException;

/** Accepts tunnel connections while this pod is a server. All state belongs to the event loop. */
public final class InboundListener {
    private static final int BACKLOG = 256;
    /** How many handshakes may be under way. */
    static final int MOST_HANDSHAKES = 256;

    private final EventLoops loops;
    private final EventLoop loop;
    private final Set<InetSocketAddress> addresses;
    private final BoundSockets<InetSocketAddress> sockets;
    private final Identities identities;
    private final ContextInForce inForce;
    private final CurrentState state;
    private final InboundConnections connections;
    private final RefusedConnects refused;
    private final Metrics metrics;
    private final Clock clock;
    private final Log log;

    private final Handshakes handshakes = new Handshakes(MOST_HANDSHAKES);

    public InboundListener(
            EventLoops loops,
            Set<InetSocketAddress> addresses,
            Identities identities,
            MeshTls tls,
            CurrentState state,
            OwnAddresses own,
            AcceptedStreams accepted,
            Allowances allowances,
            RefusedConnects refused,
            Metrics metrics,
            Clock clock,
            Log log) {
        this.loops = requireNonNull(loops);
        this.loop = loops.loop();
        this.addresses = Set.copyOf(addresses);
        this.sockets = new BoundSockets<>(loops, Function.identity(), this::accept, log);
        this.identities = requireNonNull(identities);
        this.inForce = new ContextInForce(tls::accepting);
        this.state = requireNonNull(state);
        this.refused = requireNonNull(refused);
        this.metrics = requireNonNull(metrics);
        this.clock = requireNonNull(clock);
        this.log = requireNonNull(log);
        this.connections =
                new InboundConnections(identities, state, own, accepted, allowances, refused, metrics, clock, log);
    }

    /** Whether it accepts on every address. */
    public boolean bound() {
        return sockets.bound().containsAll(addresses);
    }

    /** The addresses that could not be bound, with why. */
    public Map<String, String> unbound() {
        return sockets.unbound();
    }

    /** Binds what could not be bound before. Called each second, for any thread. */
    public void retry() {
        sockets.retry();
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
                sockets.listenAt(addresses);
            } else {
                stopListening();
            }
            connections.apply(next.serving()).whenComplete((v, why) -> done.complete(null));
            if (next.draining()) {
                connections.retire();
            }
        });
        return done;
    }

    /** Cuts everything once nothing has confirmed the rules for too long. Called each second. */
    public void checkStale() {
        loop.execute(() -> {
            if (state.stale()) {
                connections.cutStale();
            }
        });
    }

    /** Looks again at every connection: a certificate or the bundle has changed. For any thread. */
    public void reconsider() {
        loop.execute(() -> {
            // The former key is not kept until somebody connects.
            inForce.dropUnless(identities.svid(WorkloadKind.MCP));
            connections.reconsider();
        });
    }

    /** Stops accepting, and lets what is open finish. */
    public void drain() {
        loop.execute(() -> {
            stopListening();
            connections.retire();
        });
    }

    /** Lets go of the certificate; nothing is accepted any more. On the event loop. */
    public void close() {
        stopListening();
    }

    private void accept(ServerBootstrap bootstrap, InetSocketAddress address) {
        loops.endWhenUntaken(bootstrap::childOption);
        bootstrap.option(ChannelOption.SO_BACKLOG, BACKLOG).childHandler(new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                init(channel);
            }
        });
    }

    private void stopListening() {
        sockets.listenAt(Set.of());
        // A certificate that nobody is shown any more is not kept.
        inForce.drop();
    }

    private void init(Channel channel) {
        Optional<ContextInForce.Made> current = context();
        if (current.isEmpty()) {
            channel.close();
            return;
        }
        handshakes.begin(channel);
        Svid shown = current.get().svid();
        channel.pipeline()
                .addLast(MeshTls.handler(current.get().context(), channel.alloc()))
                .addLast(new HandshakeGate(
                        (ctx, peer) -> {
                            handshakes.over(channel);
                            connections.opened(channel, peer, shown);
                        },
                        why -> {
                            refuse(channel);
                            log.info(
                                    "handshake refused",
                                    "from",
                                    channel.remoteAddress(),
                                    "reason",
                                    String.valueOf(why.getMessage()));
                        }));
    }

    private void refuse(Channel channel) {
        metrics.count(Metrics.Count.INBOUND_HANDSHAKES_REFUSED);
        if (channel.remoteAddress() instanceof InetSocketAddress from) {
            refused.recordStranger(from.getAddress());
        }
    }

    private Optional<ContextInForce.Made> context() {
        try {
            return inForce.of(identities.svid(WorkloadKind.MCP).filter(svid -> svid.validAt(clock.instant())));
        } catch (SSLException e) {
            log.warn("the server's certificate cannot be used", "reason", e.getMessage());
            return Optional.empty();
        }
    }
}
