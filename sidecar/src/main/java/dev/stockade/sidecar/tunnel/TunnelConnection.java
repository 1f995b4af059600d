package dev.stockade.sidecar.tunnel;

import static java.util.Objects.requireNonNull;

import dev.stockade.sidecar.metrics.Metrics;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** One connection to a replica, and the CONNECT streams that are opened on it. */
final class TunnelConnection implements ConnectionLife.Listener {
    private static final long ANSWER_SECONDS = 10;

    private final Channel channel;
    private final Metrics metrics;
    private int streams;
    private int allowed = Hbone.STREAMS;
    private boolean retired;
    private boolean silent;
    /** The CONNECTs that wait for an answer. */
    private final Set<Promise<Channel>> unanswered = new HashSet<>();

    private Runnable onRetire = () -> {};

    TunnelConnection(Channel channel, Metrics metrics) {
        this.channel = requireNonNull(channel);
        this.metrics = requireNonNull(metrics);
    }

    @Override
    public void retired() {
        retired = true;
        onRetire.run();
    }

    @Override
    public void over() {
        close();
    }

    @Override
    public void broken(Throwable why) {
        // Each stream tells whoever uses it.
    }

    @Override
    public void allowed(int most) {
        allowed = most;
    }

    @Override
    public void silent() {
        silent = true;
        List.copyOf(unanswered)
                .forEach(p -> p.tryFailure(new UnreachableException("CONNECT was not answered, nor a ping after it")));
        onRetire.run();
    }

    @Override
    public void heard() {
        silent = false;
    }

    /** Finds out whether the peer is still there, if that is not known: before something depends on it. */
    void ask() {
        ConnectionLife.ask(channel);
    }

    /** Looks again whether it may still be used: a certificate, an issuer or a rule has changed. */
    void reconsider() {
        ConnectionLife.reconsider(channel);
    }

    /** Lets the open streams finish. */
    void retire() {
        ConnectionLife.retire(channel);
    }

    void onRetire(Runnable listener) {
        onRetire = listener;
    }

    /** Whether something new may be sent over it. */
    boolean usable() {
        return !retired && !silent && channel.isActive();
    }

    /** Whether streams may still be open on it. */
    boolean alive() {
        return channel.isActive();
    }

    boolean hasRoom() {
        return usable() && streams < allowed;
    }

    void close() {
        retired = true;
        channel.close();
    }

    /** Opens a stream with a CONNECT; fails with {@link ConnectRefusedException} or {@link UnreachableException}. */
    void open(Destination to, Promise<Channel> promise) {
        streams++;
        unanswered.add(promise);
        promise.addListener(done -> unanswered.remove(promise));
        ask();
        new Http2StreamChannelBootstrap(channel)
                .handler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel stream) {
                        stream.pipeline().addLast(new ConnectAnswer(promise));
                    }
                })
                .open()
                .addListener((Future<Http2StreamChannel> opened) -> {
                    if (!opened.isSuccess()) {
                        streams--;
                        promise.tryFailure(new UnreachableException("the connection has ended"));
                        return;
                    }
                    Http2StreamChannel stream = opened.getNow();
                    metrics.opened(Metrics.Open.OUTBOUND_STREAMS_OPEN);
                    stream.closeFuture().addListener(f -> {
                        streams--;
                        metrics.closed(Metrics.Open.OUTBOUND_STREAMS_OPEN);
                    });
                    stream.writeAndFlush(new DefaultHttp2HeadersFrame(
                            new DefaultHttp2Headers().method("CONNECT").authority(to.authority()), false));
                });
    }

    /** Waits for the status, then leaves the stream to plain bytes. */
    private final class ConnectAnswer extends ChannelInboundHandlerAdapter {
        private final Promise<Channel> promise;

        ConnectAnswer(Promise<Channel> promise) {
            this.promise = promise;
        }

        @Override
        public void handlerAdded(ChannelHandlerContext ctx) {
            Future<?> timeout = ctx.executor()
                    .schedule(() -> fail(ctx, "CONNECT was not answered in time"), ANSWER_SECONDS, TimeUnit.SECONDS);
            promise.addListener(done -> {
                timeout.cancel(false);
                if (!done.isSuccess()) {
                    // Nobody waits for it any more.
                    ctx.close();
                }
            });
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            if (!(message instanceof Http2HeadersFrame answer)) {
                ReferenceCountUtil.release(message);
                return;
            }
            Http2Headers headers = answer.headers();
            String status = headers.status() == null ? "" : headers.status().toString();
            if (!status.equals("200") || answer.isEndStream()) {
                promise.tryFailure(new ConnectRefusedException(
                        status.matches("[1-5][0-9]{2}") ? Integer.parseInt(status) : 502,
                        text(headers, Hbone.REASON),
                        text(headers, Hbone.AUDIT_ID)));
                ctx.close();
                return;
            }
            metrics.count(Metrics.Count.OUTBOUND_STREAMS);
            ctx.pipeline().addLast(new HboneStream());
            ctx.pipeline().remove(this);
            if (!promise.trySuccess(ctx.channel())) {
                ctx.channel().close();
            }
        }

        private static String text(Http2Headers headers, String name) {
            CharSequence value = headers.get(name);
            return value == null || value.length() > 128 ? "" : value.toString();
        }

        private void fail(ChannelHandlerContext ctx, String sentence) {
            promise.tryFailure(new UnreachableException(sentence));
            ctx.close();
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            fail(ctx, "the connection ended before CONNECT was answered");
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            fail(ctx, "the stream broke before CONNECT was answered");
        }
    }
}
