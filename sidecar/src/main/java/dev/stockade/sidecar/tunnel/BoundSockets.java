package dev.stockade.sidecar.tunnel;

import static java.util.Objects.requireNonNull;

import dev.stockade.sidecar.log.Log;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import java.net.InetSocketAddress;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * Listens at the addresses that are wanted, each by itself. One that is taken by somebody else is tried again, so that a socket of
 * a process that is just ending costs a second and not the pod. All state belongs to the event loop.
 *
 * @param <K> what stands behind an address; one that differs is bound anew
 */
public final class BoundSockets<K> {
    private final EventLoops loops;
    private final Function<K, InetSocketAddress> address;
    private final BiConsumer<ServerBootstrap, K> accept;
    private final Log log;

    private final Map<K, Channel> open = new HashMap<>();
    private final Map<K, String> failed = new HashMap<>();
    private Set<K> wanted = Set.of();
    private volatile Set<K> bound = Set.of();
    private volatile Map<String, String> unbound = Map.of();

    /** @param accept adds to a bootstrap what takes its connections over */
    public BoundSockets(
            EventLoops loops, Function<K, InetSocketAddress> address, BiConsumer<ServerBootstrap, K> accept, Log log) {
        this.loops = requireNonNull(loops);
        this.address = requireNonNull(address);
        this.accept = requireNonNull(accept);
        this.log = requireNonNull(log);
    }

    /** The addresses where connections are accepted. For any thread. */
    public Set<K> bound() {
        return bound;
    }

    /** The addresses that could not be bound, with why. For any thread. */
    public Map<String, String> unbound() {
        return unbound;
    }

    /** Listens at these and at no others. On the event loop. */
    public void listenAt(Set<K> entries) {
        wanted = Set.copyOf(entries);
        open.entrySet().removeIf(entry -> {
            boolean stays = wanted.contains(entry.getKey());
            if (!stays) {
                entry.getValue().close();
            }
            return !stays;
        });
        failed.keySet().retainAll(wanted);
        for (K entry : wanted) {
            if (!open.containsKey(entry)) {
                bind(entry);
            }
        }
        publish();
    }

    /** Binds what could not be bound before. Called each second, for any thread. */
    public void retry() {
        loops.loop().execute(() -> {
            if (!failed.isEmpty()) {
                listenAt(wanted);
            }
        });
    }

    private void bind(K entry) {
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(loops.data())
                .channel(loops.serverSocket())
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true);
        accept.accept(bootstrap, entry);
        ChannelFuture binding = bootstrap.bind(address.apply(entry));
        open.put(entry, binding.channel());
        binding.addListener(done -> {
            if (done.isSuccess()) {
                failed.remove(entry);
            } else if (open.remove(entry, binding.channel())) { // else nobody wants this one any more
                String why = String.valueOf(done.cause().getMessage());
                if (!why.equals(failed.put(entry, why))) {
                    log.warn("an address cannot be bound; it is tried again", "address", text(entry), "reason", why);
                }
            }
            publish();
        });
    }

    private void publish() {
        Map<String, String> now = new TreeMap<>();
        failed.forEach((entry, why) -> now.put(text(entry), why));
        unbound = Collections.unmodifiableMap(now);
        Map<K, Channel> accepting = new HashMap<>(open);
        accepting.values().removeIf(channel -> !channel.isActive());
        bound = Set.copyOf(accepting.keySet());
    }

    private String text(K entry) {
        InetSocketAddress at = address.apply(entry);
        String host = at.getAddress().getHostAddress();
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + at.getPort();
    }
}
