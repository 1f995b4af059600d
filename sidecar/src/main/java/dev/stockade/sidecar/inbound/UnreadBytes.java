package dev.stockade.sidecar.inbound;

import static java.util.Objects.requireNonNull;

import dev.stockade.sidecar.limits.Holding;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameWriter;
import io.netty.handler.codec.http2.Http2LocalFlowController;
import io.netty.handler.codec.http2.Http2Stream;

/**
 * Counts, in the agent's share of the memory, what a connection has received and no stream has read. A connection that holds such
 * bytes while its agent holds more than it may is not read until that has changed: windows bound one connection, not all of them.
 */
final class UnreadBytes implements Http2LocalFlowController {
    /** Less than that is on its way to be read. */
    private static final int COUNTED = 4096;

    private final Http2LocalFlowController windows;
    private final Http2Stream whole;
    private final Channel channel;
    private final Holding unread;
    private boolean paused;
    private boolean deciding;

    private UnreadBytes(Http2LocalFlowController windows, Http2Stream whole, Channel channel, Holding unread) {
        this.windows = requireNonNull(windows);
        this.whole = requireNonNull(whole);
        this.channel = requireNonNull(channel);
        this.unread = requireNonNull(unread);
    }

    /** @param unread given back when the connection has ended */
    static void count(Http2Connection connection, Channel channel, Holding unread) {
        UnreadBytes counting =
                new UnreadBytes(connection.local().flowController(), connection.connectionStream(), channel, unread);
        connection.local().flowController(counting);
        connection.addListener(new Http2ConnectionAdapter() {
            @Override
            public void onStreamClosed(Http2Stream stream) {
                // What it had not read is dropped.
                counting.look();
            }
        });
    }

    private void look() {
        if (!channel.isOpen()) {
            return;
        }
        int bytes = windows.unconsumedBytes(whole);
        unread.set(bytes < COUNTED ? 0 : bytes);
        if (!paused && !deciding && tooMuch()) {
            // Not now: what a stream is about to read, which has its memory already, must not stop it from coming.
            deciding = true;
            channel.eventLoop().execute(this::decide);
        }
    }

    private boolean tooMuch() {
        return unread.amount() > 0 && !unread.within();
    }

    private void decide() {
        deciding = false;
        if (channel.isOpen() && !paused && tooMuch()) {
            paused = true;
            channel.config().setAutoRead(false);
            unread.onRoom(this::again);
        }
    }

    private void again() {
        if (!channel.isOpen()) {
            return;
        }
        if (tooMuch()) {
            unread.onRoom(this::again);
            return;
        }
        paused = false;
        channel.config().setAutoRead(true);
    }

    @Override
    public void receiveFlowControlledFrame(Http2Stream stream, ByteBuf data, int padding, boolean endOfStream)
            throws Http2Exception {
        windows.receiveFlowControlledFrame(stream, data, padding, endOfStream);
        look();
    }

    @Override
    public boolean consumeBytes(Http2Stream stream, int bytes) throws Http2Exception {
        boolean written = windows.consumeBytes(stream, bytes);
        look();
        return written;
    }

    @Override
    public Http2LocalFlowController frameWriter(Http2FrameWriter writer) {
        windows.frameWriter(writer);
        return this;
    }

    @Override
    public void channelHandlerContext(ChannelHandlerContext ctx) throws Http2Exception {
        windows.channelHandlerContext(ctx);
    }

    @Override
    public void initialWindowSize(int size) throws Http2Exception {
        windows.initialWindowSize(size);
    }

    @Override
    public int initialWindowSize() {
        return windows.initialWindowSize();
    }

    @Override
    public int windowSize(Http2Stream stream) {
        return windows.windowSize(stream);
    }

    @Override
    public void incrementWindowSize(Http2Stream stream, int by) throws Http2Exception {
        windows.incrementWindowSize(stream, by);
    }

    @Override
    public int unconsumedBytes(Http2Stream stream) {
        return windows.unconsumedBytes(stream);
    }

    @Override
    public int initialWindowSize(Http2Stream stream) {
        return windows.initialWindowSize(stream);
    }
}
