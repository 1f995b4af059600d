package dev.stockade.sidecar.mcp;

import static java.util.Objects.requireNonNull;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.FastThreadLocal;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;

/**
 * Connections to the server that are open and unused, kept by the event loop that opened them and used by it alone.
 *
 * <p>One is used again only within {@link #IDLE_NANOS}: servers close idle connections after five seconds or more, and a
 * request that meets such a close may or may not have been taken.
 */
final class UpstreamPool {
    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final int MOST_IDLE = 64;

    private final LoopbackDialer dialer;
    private final FastThreadLocal<Idle> idle = new FastThreadLocal<>() {
        @Override
        protected Idle initialValue() {
            return new Idle();
        }
    };

    private static final class Idle {
        final Deque<Upstream> connections = new ArrayDeque<>();
        boolean sweeping;
    }

    UpstreamPool(LoopbackDialer dialer) {
        this.dialer = requireNonNull(dialer);
    }

    /** A connection for one exchange; called on the loop. */
    Future<Upstream> acquire(EventLoop loop, int port) {
        Deque<Upstream> connections = idle.get().connections;
        long now = System.nanoTime();
        while (true) {
            Upstream latest = connections.pollLast();
            if (latest == null) {
                return dial(loop, port);
            }
            if (latest.port() == port && latest.isOpen() && now - latest.idleSince() < IDLE_NANOS) {
                return loop.newSucceededFuture(latest);
            }
            latest.close();
        }
    }

    private Future<Upstream> dial(EventLoop loop, int port) {
        Promise<Upstream> made = loop.newPromise();
        Upstream upstream = new Upstream(port);
        dialer.dial(loop, port, upstream.pipeline()).addListener((Future<Channel> dialled) -> {
            if (dialled.isSuccess()) {
                made.setSuccess(upstream);
            } else {
                made.setFailure(dialled.cause());
            }
        });
        return made;
    }

    /** Takes back a connection whose exchange is complete; called on the loop. */
    void release(EventLoop loop, Upstream upstream) {
        Idle mine = idle.get();
        if (!upstream.isOpen() || mine.connections.size() >= MOST_IDLE) {
            upstream.close();
            return;
        }
        upstream.idleNow();
        mine.connections.addLast(upstream);
        if (!mine.sweeping) {
            mine.sweeping = true;
            loop.schedule(() -> sweep(loop, mine), IDLE_NANOS, TimeUnit.NANOSECONDS);
        }
    }

    private static void sweep(EventLoop loop, Idle mine) {
        long now = System.nanoTime();
        for (Iterator<Upstream> each = mine.connections.iterator(); each.hasNext(); ) {
            Upstream upstream = each.next();
            if (!upstream.isOpen() || now - upstream.idleSince() >= IDLE_NANOS) {
                each.remove();
                upstream.close();
            }
        }
        mine.sweeping = !mine.connections.isEmpty();
        if (mine.sweeping) {
            loop.schedule(() -> sweep(loop, mine), IDLE_NANOS, TimeUnit.NANOSECONDS);
        }
    }
}
