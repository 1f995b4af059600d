package dev.stockade.sidecar.tunnel;

import static java.util.Objects.requireNonNull;

import io.netty.channel.Channel;

/** An open stream, lent to one request at a time. On the event loop. */
public final class TunnelStream {
    private final Channel channel;
    private final TunnelConnection connection;
    private final PeerTunnels owner;
    private long idleSince;

    TunnelStream(Channel channel, TunnelConnection connection, PeerTunnels owner) {
        this.channel = requireNonNull(channel);
        this.connection = requireNonNull(connection);
        this.owner = requireNonNull(owner);
    }

    /** Carries plain bytes both ways. Handlers that the borrower adds stay on it. */
    public Channel channel() {
        return channel;
    }

    /** Gives it back for the next request: what was said on it is finished in both directions. */
    public void release() {
        owner.release(this);
    }

    /** Ends it at once. */
    public void discard() {
        if (channel.isActive()) {
            HboneStream.abort(channel);
        }
        channel.close();
    }

    /** Finds out whether the peer is still there. */
    void ask() {
        connection.ask();
    }

    boolean reusable() {
        return channel.isActive() && connection.usable();
    }

    long idleSince() {
        return idleSince;
    }

    void idleFrom(long nanos) {
        idleSince = nanos;
    }
}
