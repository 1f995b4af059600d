package dev.stockade.sidecar.tunnel;

import static java.util.Objects.requireNonNull;

import dev.stockade.sidecar.identity.Svid;
import dev.stockade.sidecar.tls.ContextInForce;
import dev.stockade.sidecar.tls.MeshTls;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;

/** The connections from one own identity to one replica. One dial at a time. On the event loop. */
final class PeerTunnels {
    private static final long STREAM_IDLE_NANOS = TimeUnit.SECONDS.toNanos(60);
    /** A connection may retire under a CONNECT; nothing was sent then, so another one is tried. */
    private static final int ATTEMPTS = 3;

    private final Destination to;
    private final EventLoop loop;
    private final TunnelDialer dialer;
    private final ContextInForce inForce;
    private final Supplier<Optional<Svid>> own;

    private final List<TunnelConnection> connections = new ArrayList<>();
    private final Deque<TunnelStream> idle = new ArrayDeque<>();
    private final Deque<Waiter> waiters = new ArrayDeque<>();
    private boolean dialling;
    private boolean closed;

    private record Waiter(Promise<TunnelStream> promise, int attempt) {}

    PeerTunnels(Destination to, EventLoop loop, TunnelDialer dialer, MeshTls tls, Supplier<Optional<Svid>> own) {
        this.to = requireNonNull(to);
        this.loop = requireNonNull(loop);
        this.dialer = requireNonNull(dialer);
        this.inForce = new ContextInForce(svid -> tls.calling(svid, to.server()));
        this.own = requireNonNull(own);
    }

    void acquire(Promise<TunnelStream> promise) {
        acquire(new Waiter(promise, 1));
    }

    private void acquire(Waiter waiter) {
        if (closed) {
            waiter.promise().tryFailure(new UnreachableException("the tunnel was closed"));
            return;
        }
        for (TunnelStream stream = idle.pollLast(); stream != null; stream = idle.pollLast()) {
            if (stream.reusable()) {
                stream.ask();
                if (!waiter.promise().trySuccess(stream)) {
                    idle.addLast(stream);
                }
                return;
            }
            stream.channel().close();
        }
        Optional<TunnelConnection> room =
                connections.stream().filter(TunnelConnection::hasRoom).findFirst();
        if (room.isPresent()) {
            open(room.get(), waiter);
        } else {
            waiters.addLast(waiter);
            dial();
        }
    }

    private void open(TunnelConnection connection, Waiter waiter) {
        Promise<Channel> opening = loop.newPromise();
        opening.addListener((Future<Channel> opened) -> {
            if (opened.isSuccess()) {
                TunnelStream stream = new TunnelStream(opened.getNow(), connection, this);
                if (!waiter.promise().trySuccess(stream)) {
                    release(stream);
                }
            } else if (opened.cause() instanceof UnreachableException && waiter.attempt() < ATTEMPTS) {
                acquire(new Waiter(waiter.promise(), waiter.attempt() + 1));
            } else {
                waiter.promise().tryFailure(opened.cause());
            }
        });
        connection.open(to, opening);
    }

    private void dial() {
        if (dialling) {
            return;
        }
        Optional<ContextInForce.Made> current = context();
        if (current.isEmpty()) {
            failWaiters(new UnreachableException("this pod holds no valid certificate as an agent"));
            return;
        }
        dialling = true;
        Promise<TunnelConnection> dialled = loop.newPromise();
        dialled.addListener((Future<TunnelConnection> done) -> {
            dialling = false;
            if (!done.isSuccess()) {
                failWaiters(done.cause());
                return;
            }
            TunnelConnection connection = done.getNow();
            if (closed) {
                connection.close();
                return;
            }
            forgetEnded();
            connections.add(connection);
            connection.onRetire(this::dropUnusable);
            // The peer's limit of streams arrives with its first frame; until then ours applies.
            while (!waiters.isEmpty() && connection.hasRoom()) {
                open(connection, waiters.removeFirst());
            }
            if (!waiters.isEmpty()) {
                dial();
            }
        });
        dialer.dial(to, current.get().context(), current.get().svid(), dialled);
    }

    private void failWaiters(Throwable why) {
        List<Waiter> failed = List.copyOf(waiters);
        waiters.clear();
        failed.forEach(w -> w.promise().tryFailure(why));
    }

    private Optional<ContextInForce.Made> context() {
        try {
            return inForce.of(own.get());
        } catch (SSLException e) {
            // Said where the certificate came from; here there is simply none that can be used.
            return Optional.empty();
        }
    }

    void release(TunnelStream stream) {
        if (closed || !stream.reusable()) {
            stream.channel().close();
            return;
        }
        stream.idleFrom(System.nanoTime());
        idle.addLast(stream);
    }

    private void dropUnusable() {
        idle.removeIf(stream -> {
            if (stream.reusable()) {
                return false;
            }
            stream.channel().close();
            return true;
        });
    }

    /** Looks again at every connection. */
    void reconsider() {
        // The former key is not kept until the next dial.
        inForce.dropUnless(own.get());
        List.copyOf(connections).forEach(TunnelConnection::reconsider);
    }

    /** One that takes nothing new is kept while streams may be open on it, so that {@link #close} ends those too. */
    private void forgetEnded() {
        connections.removeIf(c -> !c.alive());
    }

    /** Closes the streams that no request uses. */
    void dropIdle() {
        List<TunnelStream> dropped = List.copyOf(idle);
        idle.clear();
        dropped.forEach(stream -> stream.channel().close());
    }

    /** Closes streams that were idle for long; true if nothing is left and this can be forgotten. */
    boolean sweep(long now) {
        while (!idle.isEmpty()
                && (!idle.peekFirst().reusable() || now - idle.peekFirst().idleSince() > STREAM_IDLE_NANOS)) {
            idle.removeFirst().channel().close();
        }
        forgetEnded();
        boolean empty = connections.isEmpty() && waiters.isEmpty() && !dialling;
        if (empty) {
            inForce.drop();
        }
        return empty;
    }

    /** Ends every connection with all of its streams, now. */
    void close() {
        closed = true;
        idle.clear();
        connections.forEach(TunnelConnection::close);
        connections.clear();
        failWaiters(new UnreachableException("the tunnel was closed"));
        inForce.drop();
    }
}
