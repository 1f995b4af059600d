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
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BiPredicate;

/** Streams to servers, over connections that are kept and shared. On the event loop. */
public final class TunnelPool {
    private static final long SWEEP_SECONDS = 10;

    private final EventLoop loop;
    private final TunnelDialer dialer;
    private final MeshTls tls;
    private final CallingSide side;
    private final Clock clock;
    private final Map<Key, PeerTunnels> peers = new HashMap<>();
    private boolean closed;

    private record Key(SpiffeId own, Destination to) {}

    /** @param meshPort where all sidecars accept */
    public TunnelPool(EventLoops loops, int meshPort, MeshTls tls, CallingSide side, Metrics metrics, Clock clock) {
        this.loop = loops.loop();
        this.dialer = new TunnelDialer(loops, meshPort, side, metrics, clock);
        this.tls = requireNonNull(tls);
        this.side = requireNonNull(side);
        this.clock = requireNonNull(clock);
        loop.scheduleWithFixedDelay(this::sweep, SWEEP_SECONDS, SWEEP_SECONDS, TimeUnit.SECONDS);
    }

    /** Fails with {@link ConnectRefusedException} or {@link UnreachableException}; nothing was sent then. */
    public Future<TunnelStream> acquire(Destination to) {
        Promise<TunnelStream> promise = loop.newPromise();
        Optional<Svid> identity = valid();
        if (closed) {
            return promise.setFailure(new UnreachableException("this sidecar is ending"));
        }
        if (identity.isEmpty()) {
            return promise.setFailure(new UnreachableException("this pod holds no valid certificate as an agent"));
        }
        peers.computeIfAbsent(
                        new Key(identity.get().id(), to), key -> new PeerTunnels(to, loop, dialer, tls, this::valid))
                .acquire(promise);
        return promise;
    }

    private Optional<Svid> valid() {
        return side.own().filter(svid -> svid.validAt(clock.instant()));
    }

    /** Closes the streams that no request uses. */
    public void dropIdle() {
        peers.values().forEach(PeerTunnels::dropIdle);
    }

    /** Looks again at every connection: a certificate or the bundle has changed. For any thread. */
    public void reconsider() {
        loop.execute(() -> List.copyOf(peers.values()).forEach(PeerTunnels::reconsider));
    }

    /** Ends every connection, and lets go of everything; nothing can be acquired afterwards. */
    public void close() {
        closed = true;
        closeUnless((own, to) -> false);
    }

    private void sweep() {
        long now = System.nanoTime();
        peers.values().removeIf(peer -> peer.sweep(now));
    }

    /** Ends, now, every connection whose two ends no longer belong together. */
    public void closeUnless(BiPredicate<SpiffeId, Destination> stays) {
        List<PeerTunnels> ended = peers.entrySet().stream()
                .filter(peer -> !stays.test(peer.getKey().own(), peer.getKey().to()))
                .map(Map.Entry::getValue)
                .toList();
        // First all of them, for whoever waited for one may ask for another at once.
        peers.values().removeAll(ended);
        ended.forEach(PeerTunnels::close);
    }
}
