package dev.stockade.sidecar.outbound;

import static java.util.Objects.requireNonNull;

import dev.stockade.sidecar.log.Log;
import dev.stockade.sidecar.metrics.Metrics;
import dev.stockade.sidecar.state.AgentRules;
import dev.stockade.sidecar.state.CurrentState;
import dev.stockade.sidecar.state.PodState;
import dev.stockade.sidecar.tunnel.EventLoops;
import dev.stockade.sidecar.tunnel.TunnelPool;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.flow.FlowControlHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
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
    private final EventLoops loops;
    private final EventLoop loop;
    private final TunnelPool pool;
    private final Outbound outbound;
    private final Function<AgentRules, Set<Entry.Captured>> captures;
    private final Entry.Local local;
    private final Log log;

    private final Map<Entry, Channel> listening = new HashMap<>();
    private final Map<Entry, String> failed = new HashMap<>();
    private Set<Entry> wanted = Set.of();
    private volatile boolean localBound;
    private volatile Map<String, String> unbound = Map.of();

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
        this.loops = requireNonNull(loops);
        this.loop = loops.loop();
        this.pool = requireNonNull(pool);
        this.outbound = new Outbound(
                state, new AtomicReference<>(Optional.empty()), pool, new Replicas(), unsent, metrics, localPort);
        this.captures = requireNonNull(captures);
        this.local = new Entry.Local(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), localPort));
        this.log = requireNonNull(log);
    }

    /** Whether 15001 accepts. */
    public boolean bound() {
        return localBound;
    }

    /** The sockets that could not be bound, with why. */
    public Map<String, String> unbound() {
        return unbound;
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
                wanted = entries;
            });
            align();
            cut(next.agent());
            done.complete(null);
        });
        return done;
    }

    private void cut(Optional<AgentRules> agent) {
        pool.closeUnless(
                (own, to) -> agent.filter(a -> AgentSide.mayUse(a, own, to)).isPresent());
    }

    /** Binds what could not be bound before. Called each second. */
    public void retry() {
        loop.execute(() -> {
            if (!failed.isEmpty()) {
                align();
            }
        });
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
            wanted = Set.of();
            align();
            pool.dropIdle();
        });
    }

    private void align() {
        listening.entrySet().removeIf(entry -> {
            boolean stays = wanted.contains(entry.getKey());
            if (!stays) {
                entry.getValue().close();
            }
            return !stays;
        });
        failed.keySet().retainAll(wanted);
        for (Entry entry : wanted) {
            if (!listening.containsKey(entry)) {
                bind(entry);
            }
        }
        publish();
    }

    private void bind(Entry entry) {
        ChannelFuture binding = new ServerBootstrap()
                .group(loops.data())
                .channel(loops.serverSocket())
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.AUTO_READ, false)
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        AgentRequests requests = new AgentRequests(outbound, entry);
                        if (!LocalCaller.isOfThisPod(channel.remoteAddress())
                                || !connections.admit(channel, requests)) {
                            channel.close();
                            return;
                        }
                        channel.pipeline()
                                .addLast(new HttpServerCodec(LONGEST_LINE, MOST_HEADERS, CHUNK))
                                .addLast(new FlowControlHandler())
                                .addLast(requests);
                    }
                })
                .bind(entry.address());
        listening.put(entry, binding.channel());
        binding.addListener(done -> {
            if (done.isSuccess()) {
                failed.remove(entry);
            } else {
                listening.remove(entry, binding.channel());
                String why = String.valueOf(done.cause().getMessage());
                if (wanted.contains(entry) && !why.equals(failed.put(entry, why))) {
                    log.warn(
                            "a local address cannot be bound; it is tried again",
                            "address",
                            text(entry),
                            "reason",
                            why);
                }
            }
            publish();
        });
    }

    private void publish() {
        localBound = listening.containsKey(local) && listening.get(local).isActive();
        Map<String, String> now = new TreeMap<>();
        failed.forEach((entry, why) -> now.put(text(entry), why));
        unbound = Map.copyOf(now);
    }

    private static String text(Entry entry) {
        return entry.address().getAddress().getHostAddress() + ":"
                + entry.address().getPort();
    }
}
