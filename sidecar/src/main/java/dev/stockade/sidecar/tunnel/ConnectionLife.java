package dev.stockade.sidecar.tunnel;

import static java.util.Objects.requireNonNull;

import io.netty.channel.Channel;
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
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * The life of one tunnel connection, on either side: pings it, retires and cuts it as its {@link Tenure} says, and closes it
 * when it is idle, dead or done. Stands last in the connection's pipeline.
 */
public final class ConnectionLife extends ChannelInboundHandlerAdapter {
    /** Who must know. On the event loop. */
    public interface Listener {
        /** No new streams are to be opened, since either side said so. Once. */
        void retired();

        /** Its time is over: the listener closes it. */
        void over();

        /** What the peer sent is not HTTP/2 as we speak it, or the socket broke; the connection is closed. */
        void broken(Throwable why);

        /** How many streams the peer lets be open at once. */
        default void allowed(int streams) {}

        /**
         * Nothing was heard for {@value #DOUBT_SECONDS} seconds after it was asked for: the peer, or the way to it, may be gone.
         * What is open waits on; what is new had better go another way.
         */
        default void silent() {}

        /** After silence the peer was heard again. */
        default void heard() {}
    }

    private static final long PING_SECONDS = 5;
    private static final long ANSWER_SECONDS = 20;
    private static final long DOUBT_SECONDS = 3;
    /** Whoever was heard this lately need not be asked before a stream is opened. */
    private static final long FRESH_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final long RETIRED_CHECK_SECONDS = 1;
    /** Follows the GOAWAY: once it is answered, the peer has read that, and whatever it opened before has arrived. */
    private static final long RETIREMENT_PING = 0x5354_4f43_4b41_4445L;

    private final Http2FrameCodec codec;
    private final Tenure tenure;
    private final Supplier<Standing> standing;
    private final Clock clock;
    private final Duration idle;
    private final Listener listener;

    private final List<Future<?>> timers = new ArrayList<>();
    private Optional<Future<?>> nextLook = Optional.empty();
    private Optional<Instant> distrustedSince = Optional.empty();
    private boolean retiring;
    /** Whether the peer cannot have a stream on its way any more. */
    private boolean settled;

    private long retiredAt;
    private boolean awaitingPong;
    private long pingSent;
    private long lastHeard = System.nanoTime();
    private boolean silent;
    private long lastBusy = System.nanoTime();

    /**
     * @param standing what is known now about the two ends, asked whenever the connection is looked at
     * @param idle how long it may be without streams
     */
    public ConnectionLife(
            Http2FrameCodec codec,
            Tenure tenure,
            Supplier<Standing> standing,
            Clock clock,
            Duration idle,
            Listener listener) {
        this.codec = requireNonNull(codec);
        this.tenure = requireNonNull(tenure);
        this.standing = requireNonNull(standing);
        this.clock = requireNonNull(clock);
        this.idle = requireNonNull(idle);
        this.listener = requireNonNull(listener);
    }

    /** Looks again at a connection, since something that its {@link Tenure} rests on has changed. */
    public static void reconsider(Channel connection) {
        ChannelHandlerContext ctx = connection.pipeline().context(ConnectionLife.class);
        if (ctx != null) {
            ((ConnectionLife) ctx.handler()).look(ctx);
        }
    }

    /** Asks for no new streams on a connection, lets those that are open finish, then closes it. */
    public static void retire(Channel connection) {
        ChannelHandlerContext ctx = connection.pipeline().context(ConnectionLife.class);
        if (ctx != null) {
            ((ConnectionLife) ctx.handler()).retire(ctx);
        }
    }

    /** Asks the peer for a sign of life, unless there was one just now or it is asked already. */
    public static void ask(Channel connection) {
        ChannelHandlerContext ctx = connection.pipeline().context(ConnectionLife.class);
        if (ctx != null) {
            ConnectionLife life = (ConnectionLife) ctx.handler();
            if (System.nanoTime() - life.lastHeard > FRESH_NANOS) {
                life.ping(ctx);
            }
        }
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
        look(ctx);
    }

    private void look(ChannelHandlerContext ctx) {
        nextLook.ifPresent(f -> f.cancel(false));
        if (!ctx.channel().isActive()) {
            return;
        }
        Instant now = clock.instant();
        Standing known = standing.get();
        distrustedSince = known.trusted() ? Optional.empty() : distrustedSince.or(() -> Optional.of(now));
        switch (tenure.at(now, known, distrustedSince)) {
            case KEEP -> {}
            case RETIRE -> retire(ctx);
            case CUT -> {
                listener.over();
                return;
            }
        }
        // Rounded up, so that the next look is not a moment too early.
        long wait = tenure.untilNextLook(now, distrustedSince).toMillis() + 1;
        nextLook = Optional.of(ctx.executor().schedule(() -> look(ctx), wait, TimeUnit.MILLISECONDS));
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
        ping(ctx);
    }

    private void ping(ChannelHandlerContext ctx) {
        if (awaitingPong) {
            return;
        }
        awaitingPong = true;
        pingSent = System.nanoTime();
        ctx.writeAndFlush(new DefaultHttp2PingFrame(pingSent));
        long asked = pingSent;
        timers.removeIf(Future::isDone);
        timers.add(ctx.executor().schedule(() -> doubt(asked), DOUBT_SECONDS, TimeUnit.SECONDS));
    }

    /** Whatever was read since counts, for an answer may stand behind much else. */
    private void doubt(long asked) {
        if (awaitingPong && pingSent == asked && lastHeard - asked < 0 && !silent) {
            silent = true;
            listener.silent();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) throws Exception {
        lastHeard = System.nanoTime();
        if (silent) {
            silent = false;
            listener.heard();
        }
        super.channelReadComplete(ctx);
    }

    /** RFC 9113 section 6.8: first a GOAWAY that refuses nothing, and the real one when the peer must have seen it. */
    private void retire(ChannelHandlerContext ctx) {
        if (retiring) {
            return;
        }
        retired(ctx);
        ctx.write(new DefaultHttp2GoAwayFrame(Http2Error.NO_ERROR).setExtraStreamIds(Integer.MAX_VALUE));
        ctx.writeAndFlush(new DefaultHttp2PingFrame(RETIREMENT_PING));
    }

    private void retired(ChannelHandlerContext ctx) {
        retiring = true;
        retiredAt = System.nanoTime();
        listener.retired();
        timers.add(ctx.executor()
                .scheduleWithFixedDelay(
                        () -> closeWhenDone(ctx), RETIRED_CHECK_SECONDS, RETIRED_CHECK_SECONDS, TimeUnit.SECONDS));
    }

    private void closeWhenDone(ChannelHandlerContext ctx) {
        if (!settled && System.nanoTime() - retiredAt > TimeUnit.SECONDS.toNanos(ANSWER_SECONDS)) {
            settle(ctx);
        }
        if (settled && codec.connection().numActiveStreams() == 0) {
            ctx.close();
        }
    }

    private void settle(ChannelHandlerContext ctx) {
        settled = true;
        ctx.writeAndFlush(new DefaultHttp2GoAwayFrame(Http2Error.NO_ERROR));
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        switch (message) {
            case Http2PingFrame ping when ping.ack() && ping.content() == RETIREMENT_PING -> settle(ctx);
            case Http2PingFrame ping when ping.ack() -> awaitingPong = false;
            case Http2GoAwayFrame goAway -> {
                if (!retiring) {
                    // What it opened before it said so has arrived before.
                    settled = true;
                    retired(ctx);
                }
            }
            case Http2SettingsFrame settings -> {
                Long streams = settings.settings().maxConcurrentStreams();
                if (streams != null) {
                    listener.allowed((int) Math.min(Hbone.STREAMS, streams));
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
        nextLook.ifPresent(f -> f.cancel(false));
        if (!retiring) {
            retiring = true;
            listener.retired();
        }
        super.channelInactive(ctx);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        listener.broken(cause);
        ctx.close();
    }
}
