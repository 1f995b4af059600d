package dev.stockade.sidecar.mcp;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One HTTP/1.1 connection to the server, used by one exchange after another. Everything here runs on its event loop. */
final class Upstream {
    private static final int LONGEST_LINE = 8192;
    private static final int MOST_HEADERS = 64 * 1024;
    private static final int CHUNK = 64 * 1024;

    /** What an exchange learns of its answer. Buffers are the listener's to release. */
    interface Listener {
        /** The request's body has left, or never will: its memory is free. */
        default void sent() {}

        void head(HttpResponse response);

        void content(ByteBuf data);

        /** The answer is whole. */
        void end();

        /** The connection ended, or what came is not HTTP, before the answer was whole. */
        void broken(String why);
    }

    private final int port;
    private @Nullable Channel channel;
    private Optional<Listener> listener = Optional.empty();
    private boolean reusable;
    private boolean interim;
    private long idleSince;

    Upstream(int port) {
        this.port = port;
    }

    int port() {
        return port;
    }

    boolean isOpen() {
        return channel != null && channel.isActive();
    }

    long idleSince() {
        return idleSince;
    }

    void idleNow() {
        idleSince = System.nanoTime();
    }

    /** Whether the connection may be used again after the answer is whole. */
    boolean reusable() {
        return reusable && isOpen();
    }

    void close() {
        listener = Optional.empty();
        if (channel != null) {
            channel.close();
        }
    }

    /** Whether to go on reading; the back-pressure of a slow agent. */
    void read(boolean on) {
        if (channel != null && channel.config().isAutoRead() != on) {
            channel.config().setAutoRead(on);
        }
    }

    /** Sends a request, whose body is one buffer, and tells the listener of its answer. */
    void send(HttpRequest head, HttpContent body, Listener to) {
        listener = Optional.of(to);
        reusable = false;
        interim = false;
        if (channel == null) {
            body.release();
            to.sent();
            fail("the connection was closed");
            return;
        }
        channel.write(head);
        channel.writeAndFlush(body).addListener(left -> to.sent());
    }

    private void fail(String why) {
        Optional<Listener> told = listener;
        close();
        told.ifPresent(l -> l.broken(why));
    }

    ChannelHandler pipeline() {
        return new ChannelInitializer<>() {
            @Override
            protected void initChannel(Channel made) {
                channel = made;
                HttpDecoderConfig config = new HttpDecoderConfig()
                        .setMaxInitialLineLength(LONGEST_LINE)
                        .setMaxHeaderSize(MOST_HEADERS)
                        .setMaxChunkSize(CHUNK);
                made.pipeline().addLast(new HttpClientCodec(config, false, true), new Answers());
            }
        };
    }

    private final class Answers extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (listener.isEmpty() || !(message instanceof HttpObject part)) {
                // Bytes that nobody asked for: the connection cannot be trusted any more.
                ReferenceCountUtil.release(message);
                ctx.close();
                return;
            }
            if (part.decoderResult().isFailure()) {
                ReferenceCountUtil.release(message);
                fail("the server's answer is not HTTP/1.1");
                return;
            }
            if (message instanceof HttpResponse response) {
                interim = response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
                if (response.status().equals(HttpResponseStatus.SWITCHING_PROTOCOLS)) {
                    fail("the server switched protocols without being asked");
                    return;
                }
                if (!interim) {
                    reusable = HttpUtil.isKeepAlive(response)
                            && (HttpUtil.isContentLengthSet(response)
                                    || HttpUtil.isTransferEncodingChunked(response)
                                    || HttpEdge.hasNoBody(response.status()));
                    listener.get().head(response);
                }
            }
            if (message instanceof HttpContent content) {
                if (interim) {
                    content.release();
                    interim = !(message instanceof LastHttpContent);
                    return;
                }
                if (listener.isPresent() && content.content().isReadable()) {
                    listener.get().content(content.content());
                } else {
                    content.release();
                }
                if (message instanceof LastHttpContent && listener.isPresent()) {
                    Listener done = listener.get();
                    listener = Optional.empty();
                    done.end();
                }
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            fail("the server closed the connection");
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            fail("the connection to the server failed");
        }
    }
}
