package dev.stockade.sidecar.mcp;

import static java.util.Objects.requireNonNull;

import dev.stockade.sidecar.limits.Holding;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;

/** The answer to one request of the agent, written once and in order. */
final class AgentAnswer {
    static final String JSON = "application/json";
    static final String EVENTS = "text/event-stream";

    /** Smaller writes are bounded by the stream's own mark: beyond that nothing more is read from the server. */
    private static final int COUNTED = 4096;

    private final ChannelHandlerContext ctx;
    /** What was written and has not left, since the agent does not read. */
    private final Holding unsent;

    private boolean started;
    private boolean ended;
    private boolean closes;
    private long bytes;

    /**
     * @param keepAlive whether the agent means to use the stream again
     * @param unsent of the agent's share of the memory
     */
    AgentAnswer(ChannelHandlerContext ctx, boolean keepAlive, Holding unsent) {
        this.ctx = requireNonNull(ctx);
        this.unsent = requireNonNull(unsent);
        closes = !keepAlive;
    }

    boolean started() {
        return started;
    }

    boolean ended() {
        return ended;
    }

    /** Whether the stream ends with this answer. */
    boolean closes() {
        return closes;
    }

    /** Of the body, so far. */
    long bytes() {
        return bytes;
    }

    boolean isWritable() {
        return ctx.channel().isWritable();
    }

    /** A whole answer; an empty body has no type. */
    void whole(HttpResponseStatus status, HttpHeaders more, String type, byte[] body, boolean close) {
        closes |= close;
        started = true;
        DefaultFullHttpResponse response =
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.wrappedBuffer(body));
        response.headers().add(more);
        if (body.length > 0) {
            response.headers().set(HttpHeaderNames.CONTENT_TYPE, type);
        }
        response.headers().set(HttpHeaderNames.CONTENT_LENGTH, body.length);
        connection(response);
        bytes += body.length;
        ctx.write(response);
        finish();
    }

    private void connection(HttpResponse response) {
        if (closes) {
            response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        }
    }

    /**
     * The head of an answer whose body follows.
     *
     * @param length of the body; negative if it is not known yet
     */
    void head(HttpResponseStatus status, HttpHeaders headers, long length) {
        started = true;
        HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, status, headers);
        if (length >= 0) {
            headers.set(HttpHeaderNames.CONTENT_LENGTH, length);
        } else if (!HttpEdge.hasNoBody(status)) {
            headers.set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
        }
        connection(response);
        ctx.write(response);
    }

    /** A part of the body, which is released. */
    void write(ByteBuf data) {
        int size = data.readableBytes();
        bytes += size;
        if (size < COUNTED) {
            ctx.write(new DefaultHttpContent(data));
            return;
        }
        unsent.force(size);
        ctx.write(new DefaultHttpContent(data)).addListener(left -> unsent.give(size));
    }

    ByteBuf buffer(int capacity) {
        return ctx.alloc().buffer(capacity);
    }

    void flush() {
        ctx.flush();
    }

    /** The body is whole. */
    void end() {
        ctx.write(LastHttpContent.EMPTY_LAST_CONTENT);
        finish();
    }

    private void finish() {
        ended = true;
        if (closes) {
            ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
        } else {
            ctx.flush();
        }
    }

    /** The answer will never be whole: the stream is cut, so that the agent sees it. */
    void cut() {
        closes = true;
        ended = true;
        ctx.close();
    }
}
