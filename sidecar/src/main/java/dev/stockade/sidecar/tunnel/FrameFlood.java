package dev.stockade.sidecar.tunnel;

import static io.netty.handler.codec.http2.Http2Error.ENHANCE_YOUR_CALM;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2Settings;
import java.util.concurrent.TimeUnit;

/**
 * Ends a connection whose peer sends many frames that carry nothing: each costs an event loop that all agents share. Netty bounds
 * the answers to them that the peer does not take, not those that it does.
 */
final class FrameFlood extends Http2FrameListenerDecorator {
    /** PING, SETTINGS, PRIORITY and what is not known, a second: a peer of ours sends one in ten. */
    private static final int MOST = 1000;
    /** WINDOW_UPDATE: a reader of 64 KiB windows sends one for each 32 KiB of each stream and of the connection. */
    private static final int MOST_WINDOW_UPDATES = 50_000;

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private long since = System.nanoTime();
    private int frames;
    private int windowUpdates;

    private FrameFlood(Http2FrameListener listener) {
        super(listener);
    }

    /** Watches what a connection receives. */
    static Http2FrameCodec watch(Http2FrameCodec codec) {
        codec.decoder().frameListener(new FrameFlood(codec.decoder().frameListener()));
        return codec;
    }

    private void count() throws Http2Exception {
        frames++;
        judge();
    }

    private void judge() throws Http2Exception {
        if (frames <= MOST && windowUpdates <= MOST_WINDOW_UPDATES) {
            return;
        }
        long now = System.nanoTime();
        boolean flood = now - since < SECOND;
        since = now;
        frames = 0;
        windowUpdates = 0;
        if (flood) {
            throw Http2Exception.connectionError(ENHANCE_YOUR_CALM, "a flood of frames that carry nothing");
        }
    }

    @Override
    public void onPingRead(ChannelHandlerContext ctx, long data) throws Http2Exception {
        count();
        super.onPingRead(ctx, data);
    }

    @Override
    public void onPingAckRead(ChannelHandlerContext ctx, long data) throws Http2Exception {
        count();
        super.onPingAckRead(ctx, data);
    }

    @Override
    public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings settings) throws Http2Exception {
        count();
        super.onSettingsRead(ctx, settings);
    }

    @Override
    public void onPriorityRead(
            ChannelHandlerContext ctx, int streamId, int streamDependency, short weight, boolean exclusive)
            throws Http2Exception {
        count();
        super.onPriorityRead(ctx, streamId, streamDependency, weight, exclusive);
    }

    @Override
    public void onUnknownFrame(
            ChannelHandlerContext ctx, byte frameType, int streamId, Http2Flags flags, ByteBuf payload)
            throws Http2Exception {
        count();
        super.onUnknownFrame(ctx, frameType, streamId, flags, payload);
    }

    @Override
    public void onWindowUpdateRead(ChannelHandlerContext ctx, int streamId, int windowSizeIncrement)
            throws Http2Exception {
        windowUpdates++;
        judge();
        super.onWindowUpdateRead(ctx, streamId, windowSizeIncrement);
    }
}
