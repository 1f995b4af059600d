package dev.stockade.sidecar.tunnel;

import static java.util.Objects.requireNonNull;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.DefaultHttp2GoAwayFrame;
import io.netty.handler.codec.http2.DefaultHttp2PingFrame;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2GoAwayFrame;
import io.netty.handler.codec.http2.Http2PingFrame;
import io.netty.handler.codec.http2.Http2SettingsFrame;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The life of one tunnel connection, on either side: pings it, retires it before a certificate ends, and closes it when it is
 * idle, dead or at its end. Stands last in the connection's pipeline.
 */
public final class ConnectionLife extends ChannelInboundHandlerAdapter {
    private static final long PING_SECONDS = 10;
    private static final long ANSWER_SECONDS = 20;
    private static final Duration MARGIN = Duration.ofSeconds(30);
    private static final long RETIRED_CHECK_SECONDS = 1;

    private final Http2FrameCodec codec;
    private final Duration untilEnd;
    private final Duration idle;
    private final Runnable onRetire;
    private final List<Future<?>> timers = new ArrayList<>();
    private boolean retiring;
    private boolean awaitingPong;
    private long pingSent;
    private long lastBusy = System.nanoTime();
    private int peerStreams = Hbone.STREAMS;

    /**
     * @param untilEnd how long both sides' certificates are valid
     * @param idle how long it may be without streams
     * @param onRetire no new streams are to be opened, since either side said so
     */
    public ConnectionLife(Http2FrameCodec codec, Duration untilEnd, Duration idle, Runnable onRetire) {
        this.codec = requireNonNull(codec);
        this.untilEnd = requireNonNull(untilEnd);
        this.idle = requireNonNull(idle);
        this.onRetire = requireNonNull(onRetire);
    }

    /** How many streams the peer lets be open at once. */
    int peerStreams() {
        return peerStreams;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) throws Http2Exception {
        Http2Connection connection = codec.connection();
        connection
                .local()
                .flowController()
                .incrementWindowSize(
                        connection.connectionStream(), Hbone.CONNECTION_WINDOW - Hbone.INITIAL_CONNECTION_WINDOW);
        ctx.flush();
        timers.add(ctx.executor().scheduleAtFixedRate(() -> beat(ctx), PING_SECONDS, PING_SECONDS, TimeUnit.SECONDS));
        long end = Math.max(0, untilEnd.toMillis());
        long margin = Math.min(MARGIN.toMillis(), end / 4);
        timers.add(ctx.executor().schedule(() -> retire(ctx), end - margin, TimeUnit.MILLISECONDS));
        timers.add(ctx.executor().schedule(() -> ctx.close(), end, TimeUnit.MILLISECONDS));
    }

    private void beat(ChannelHandlerContext ctx) {
        long now = System.nanoTime();
        if (awaitingPong && now - pingSent > TimeUnit.SECONDS.toNanos(ANSWER_SECONDS)) {
            ctx.close();
            return;
        }
        if (codec.connection().numActiveStreams() > 0) {
            lastBusy = now;
        } else if (now - lastBusy > idle.toNanos()) {
            retire(ctx);
        }
        if (!awaitingPong) {
            awaitingPong = true;
            pingSent = now;
            ctx.writeAndFlush(new DefaultHttp2PingFrame(now));
        }
    }

    /** Asks for no new streams (GOAWAY), lets those that are open finish, then closes. */
    public void retire(ChannelHandlerContext ctx) {
        if (retiring) {
            return;
        }
        retired(ctx);
        // Without a last stream's number: a CONNECT that is on its way meanwhile is still served.
        ctx.writeAndFlush(new DefaultHttp2GoAwayFrame(Http2Error.NO_ERROR).setExtraStreamIds(Integer.MAX_VALUE));
    }

    private void retired(ChannelHandlerContext ctx) {
        retiring = true;
        onRetire.run();
        timers.add(ctx.executor()
                .scheduleWithFixedDelay(
                        () -> {
                            if (codec.connection().numActiveStreams() == 0) {
                                ctx.close();
                            }
                        },
                        RETIRED_CHECK_SECONDS,
                        RETIRED_CHECK_SECONDS,
                        TimeUnit.SECONDS));
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        switch (message) {
            case Http2PingFrame ping when ping.ack() -> awaitingPong = false;
            case Http2GoAwayFrame goAway -> {
                if (!retiring) {
                    retired(ctx);
                }
            }
            case Http2SettingsFrame settings -> {
                Long streams = settings.settings().maxConcurrentStreams();
                if (streams != null) {
                    peerStreams = (int) Math.min(Hbone.STREAMS, streams);
                }
            }
            default -> {
                // The codec has dealt with it.
            }
        }
        ReferenceCountUtil.release(message);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) throws Exception {
        timers.forEach(t -> t.cancel(false));
        if (!retiring) {
            retiring = true;
            onRetire.run();
        }
        super.channelInactive(ctx);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ctx.close();
    }
}
