package dev.stockade.sidecar.outbound;

import static java.util.Objects.requireNonNull;

import dev.stockade.sidecar.log.Log;
import dev.stockade.sidecar.metrics.Metrics;
import dev.stockade.sidecar.state.AgentRules;
import dev.stockade.sidecar.state.CurrentState;
import dev.stockade.sidecar.state.PodState;
import dev.stockade.sidecar.tunnel.BoundSockets;
import dev.stockade.sidecar.tunnel.EventLoops;
import dev.stockade.sidecar.tunnel.TunnelPool;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.flow.FlowControlHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/** The sockets on loopback while this pod is an agent. All state belongs to the event loop. */
public final class LocalListeners {
    private static final int LONGEST_LINE = 8192;
    /** As the server's side takes them. */
    private static final int MOST_HEADERS = 16 * 1024;

    private static final int CHUNK = 64 * 1024;
    /** Of all programs in this pod, at all of its addresses. */
    static final int MOST_CONNECTIONS = 512;

    private final LocalConnections connections = new LocalConnections(MOST_CONNECTIONS);
    private final EventLoop loop;
    private final TunnelPool pool;
    private final Outbound outbound;
    private final Function<AgentRules, Set<Entry.Captured>> captures;
    private final Entry.Local local;

    private final BoundSockets<Entry> sockets;

    /** @param captures the captured names that a snapshot's servers have in this pod */
    public LocalListeners(
            EventLoops loops,
            int localPort,
            CurrentState state,
            TunnelPool pool,
            Function<AgentRules, Set<Entry.Captured>> captures,
            UnsentRequests unsent,
            Metrics metrics,
            Log log) {
        this.loop = loops.loop();
        this.pool = requireNonNull(pool);
        this.outbound = new Outbound(
                state, new AtomicReference<>(Optional.empty()), pool, new Replicas(), unsent, metrics, localPort);
        this.captures = requireNonNull(captures);
        this.local = new Entry.Local(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), localPort));
        this.sockets = new BoundSockets<>(loops, Entry::address, this::accept, log);
    }

    /** Whether 15001 accepts. */
    public boolean bound() {
        return sockets.bound().contains(local);
    }

    /** The sockets that could not be bound, with why. */
    public Map<String, String> unbound() {
        return sockets.unbound();
    }

    /**
     * Listens where a snapshot wants it, and cuts every tunnel that the agent may no longer use.
     *
     * @return completes when they are cut
     */
    public CompletableFuture<Void> apply(PodState next) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        loop.execute(() -> {
            // An agent that has ended keeps its sockets: its program finds a sentence there, and no closed port.
            next.agent().ifPresent(agent -> {
                outbound.latest().set(Optional.of(agent));
                Set<Entry> entries = new HashSet<>(captures.apply(agent));
                entries.add(local);
                sockets.listenAt(entries);
            });
            cut(next.agent());
            done.complete(null);
        });
        return done;
    }

    private void cut(Optional<AgentRules> agent) {
        pool.closeUnless(
                (own, to) -> agent.filter(a -> AgentSide.mayUse(a, own, to)).isPresent());
    }

    /** Binds what could not be bound before. Called each second, for any thread. */
    public void retry() {
        sockets.retry();
    }

    /** Looks again at every tunnel: a certificate or the bundle has changed. For any thread. */
    public void reconsider() {
        pool.reconsider();
    }

    /** Ends every tunnel. On the event loop. */
    public void close() {
        pool.close();
    }

    /** Stops accepting; what is open goes on. */
    public void drain() {
        loop.execute(() -> {
            sockets.listenAt(Set.of());
            pool.dropIdle();
        });
    }

    private void accept(ServerBootstrap bootstrap, Entry entry) {
        bootstrap.childOption(ChannelOption.AUTO_READ, false).childHandler(new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel channel) {
                AgentRequests requests = new AgentRequests(outbound, entry);
                if (!LocalCaller.isOfThisPod(channel.remoteAddress()) || !connections.admit(channel, requests)) {
                    channel.close();
                    return;
                }
                channel.pipeline()
                        .addLast(new HttpServerCodec(LONGEST_LINE, MOST_HEADERS, CHUNK))
                        .addLast(new FlowControlHandler())
                        .addLast(requests);
            }
        });
    }
}
