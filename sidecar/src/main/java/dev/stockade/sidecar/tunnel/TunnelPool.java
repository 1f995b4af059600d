package dev.stockade.sidecar.tunnel;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.SpiffeId;
import dev.stockade.sidecar.identity.Svid;
import dev.stockade.sidecar.metrics.Metrics;
import dev.stockade.sidecar.tls.MeshTls;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.time.Clock;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** Streams to servers, over connections that are kept and shared. On the event loop. */
public final class TunnelPool {
    private static final long SWEEP_SECONDS = 10;

    private final EventLoop loop;
    private final TunnelDialer dialer;
    private final MeshTls tls;
    private final Supplier<Optional<Svid>> own;
    private final Clock clock;
    private final Map<Key, PeerTunnels> peers = new HashMap<>();

    private record Key(SpiffeId own, Destination to) {}

    /**
     * @param own the agent's certificate in force
     * @param meshPort where all sidecars accept
     */
    public TunnelPool(
            EventLoops loops, int meshPort, MeshTls tls, Supplier<Optional<Svid>> own, Metrics metrics, Clock clock) {
        this.loop = loops.loop();
        this.dialer = new TunnelDialer(loops, meshPort, metrics, clock);
        this.tls = requireNonNull(tls);
        this.own = requireNonNull(own);
        this.clock = requireNonNull(clock);
        loop.scheduleWithFixedDelay(this::sweep, SWEEP_SECONDS, SWEEP_SECONDS, TimeUnit.SECONDS);
    }

    /** Fails with {@link ConnectRefusedException} or {@link UnreachableException}; nothing was sent then. */
    public Future<TunnelStream> acquire(Destination to) {
        Promise<TunnelStream> promise = loop.newPromise();
        Optional<Svid> identity = valid();
        if (identity.isEmpty()) {
            return promise.setFailure(new UnreachableException("this pod holds no valid certificate as an agent"));
        }
        peers.computeIfAbsent(
                        new Key(identity.get().id(), to), key -> new PeerTunnels(to, loop, dialer, tls, this::valid))
                .acquire(promise);
        return promise;
    }

    private Optional<Svid> valid() {
        return own.get().filter(svid -> svid.ends().isAfter(clock.instant()));
    }

    /** Closes the streams that no request uses. */
    public void dropIdle() {
        peers.values().forEach(PeerTunnels::dropIdle);
    }

    private void sweep() {
        long now = System.nanoTime();
        peers.values().removeIf(peer -> peer.sweep(now));
    }

    /** Ends, now, every connection whose two ends no longer belong together. */
    public void closeUnless(Predicate<SpiffeId> ownStays, Predicate<Destination> destinationStays) {
        peers.entrySet().removeIf(entry -> {
            boolean stays = ownStays.test(entry.getKey().own())
                    && destinationStays.test(entry.getKey().to());
            if (!stays) {
                entry.getValue().close();
            }
            return !stays;
        });
    }
}
