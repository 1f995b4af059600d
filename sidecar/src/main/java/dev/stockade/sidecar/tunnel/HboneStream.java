package dev.stockade.sidecar.tunnel;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.TimeUnit;

/**
 * Makes a CONNECT stream a channel of plain bytes: DATA frames become {@code ByteBuf}s, END_STREAM becomes {@link
 * ChannelInputShutdownEvent}, and back. Closing the channel sends what was written, then END_STREAM.
 */
public final class HboneStream extends ChannelDuplexHandler {
    private static final Object END = new Object();
    /** How long what was written may take to leave after a close. */
    private static final long LINGER_SECONDS = 5;

    private boolean inputEnded;
    private boolean outputEnded;
    private boolean closing;

    /** Ends this side's output, and leaves the input open. */
    public static ChannelFuture shutdownOutput(Channel stream) {
        return stream.writeAndFlush(END);
    }

    /** Ends the stream at once in both directions (RST_STREAM), dropping what has not left yet. */
    public static void abort(Channel stream) {
        stream.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.CANCEL));
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        switch (message) {
            case Http2DataFrame data -> {
                boolean end = data.isEndStream();
                if (data.content().isReadable()) {
                    ctx.fireChannelRead(data.content());
                } else {
                    data.release();
                }
                endInput(ctx, end);
            }
            // Trailers carry nothing here but the end.
            case Http2HeadersFrame headers -> endInput(ctx, headers.isEndStream());
            default -> ReferenceCountUtil.release(message);
        }
    }

    private void endInput(ChannelHandlerContext ctx, boolean end) {
        if (end && !inputEnded) {
            inputEnded = true;
            ctx.fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
        }
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (message == END) {
            if (outputEnded) {
                promise.setSuccess();
            } else {
                outputEnded = true;
                ctx.write(new DefaultHttp2DataFrame(true), promise);
            }
        } else if (message instanceof ByteBuf bytes) {
            if (!bytes.isReadable()) {
                // Codecs write empty buffers to mark an end; as frames they would look like an attack.
                bytes.release();
                promise.setSuccess();
            } else if (outputEnded) {
                bytes.release();
                promise.setFailure(new java.nio.channels.ClosedChannelException());
            } else {
                ctx.write(new DefaultHttp2DataFrame(bytes), promise);
            }
        } else {
            ctx.write(message, promise);
        }
    }

    @Override
    public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
        if (closing || outputEnded || !ctx.channel().isActive()) {
            ctx.close(promise);
            return;
        }
        closing = true;
        outputEnded = true;
        // A peer that does not read must not keep the stream alive.
        var linger = ctx.executor().schedule(() -> ctx.close(), LINGER_SECONDS, TimeUnit.SECONDS);
        ctx.writeAndFlush(new DefaultHttp2DataFrame(true)).addListener((ChannelFutureListener) sent -> {
            linger.cancel(false);
            ctx.close(promise);
        });
    }
}
