package dev.stockade.sidecar.mcp;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.policy.Reason;
import dev.stockade.sidecar.limits.Allowances;
import dev.stockade.sidecar.limits.Holding;
import dev.stockade.sidecar.metrics.Metrics.Count;
import dev.stockade.sidecar.state.ServerRules;
import dev.stockade.sidecar.tunnel.Cutoff;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One CONNECT stream: takes its requests one at a time, collects each body within its limit and within the agent's share of the
 * memory, and starts the exchange. While there is no room it does not read.
 */
final class AgentStream extends ChannelInboundHandlerAdapter {
    private static final String DEFAULT_PATH = "/mcp";
    private static final long DEFAULT_REQUEST_BYTES = 4L << 20;

    /** How slowly a head may come, and a body at the least: both hold memory while they do. */
    private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(10);

    static final int SLOWEST_BODY = 16 * 1024;
    /** What a body of unknown length is given at first. */
    private static final long FIRST_PIECE = 8 * 1024;
    /** An agent's sidecar closes a stream that nobody uses after a minute. */
    private static final long IDLE_NANOS = TimeUnit.MINUTES.toNanos(5);

    private static final long WAIT_NANOS = TimeUnit.SECONDS.toNanos(Allowances.PATIENCE_SECONDS);

    private final McpServerSide side;
    private final Peer peer;
    private final Ahead ahead;
    /** The bytes of a head that is not whole. */
    private final Holding unparsed;

    private @Nullable ChannelHandlerContext context;
    private @Nullable HttpRequest head;
    private Optional<HttpEdge.Refusal> refusal = Optional.empty();
    private ByteBuf body = Unpooled.EMPTY_BUFFER;
    private boolean bodyIsOurs;
    private Holding memory;
    private long requestBytes;
    private @Nullable Exchange exchange;
    private boolean finished;

    /** How much memory the body waits for, in bytes; 0 while it does not. */
    private long wanted;
    /** Since when the stream is in the state that it is in, or since the body was last looked at. */
    private long since = System.nanoTime();
    /** Of the body, since it was last looked at. */
    private long came;

    private int unparsedBytes;

    AgentStream(McpServerSide side, Peer peer) {
        this.side = requireNonNull(side);
        this.peer = requireNonNull(peer);
        ahead = new Ahead(side.allowances().buffer().holding(peer.agent()));
        unparsed = side.allowances().heads().holding(peer.agent());
        memory = side.allowances().buffer().holding(peer.agent());
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = ctx;
        side.watch().add(this, ctx.channel().eventLoop());
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        side.watch().remove(this);
        drop();
    }

    // --- what comes ---

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        unparsedBytes = 0;
        if (finished || !(message instanceof HttpObject)) {
            ReferenceCountUtil.release(message);
        } else if (exchange != null || wanted > 0 || !ahead.isEmpty()) {
            ahead.add(message);
            if (ahead.isFull()) {
                ctx.channel().config().setAutoRead(false);
            }
        } else {
            take(ctx, message);
        }
    }

    private void take(ChannelHandlerContext ctx, Object message) {
        if (message instanceof HttpRequest request) {
            head(ctx, request);
        } else if (message instanceof HttpContent content) {
            boolean taken = finished || exchange != null || content(ctx, content);
            if (taken) {
                content.release();
            } else {
                ahead.putBack(content);
            }
        }
    }

    private void head(ChannelHandlerContext ctx, HttpRequest request) {
        head = request;
        since = System.nanoTime();
        came = 0;
        Optional<ServerRules> rules = side.rules();
        String path = rules.map(ServerRules::path).orElse(DEFAULT_PATH);
        requestBytes = Math.min(
                rules.map(r -> r.limits().requestBytes()).orElse(DEFAULT_REQUEST_BYTES),
                side.allowances().buffer().ofOneAgent());
        refusal = HttpEdge.refuses(request, path, requestBytes);
        if (HttpUtil.is100ContinueExpected(request)) {
            // Whoever waits for a word before it sends the body gets the refusal as that word.
            refusal = refusal.map(HttpEdge.Refusal::closing);
        }
        if (refusal.stream().anyMatch(r -> r.reason() == Reason.LIMIT)) {
            side.metrics().count(Count.LIMIT_REQUEST_BYTES);
        }
        if (refusal.isPresent() && refusal.get().closes()) {
            begin(ctx);
        } else if (refusal.isEmpty()) {
            // All of it at once: bodies that got half of what they need each would wait for one another.
            long announced = HttpUtil.getContentLength(request, 0L);
            if (announced == 0 || memory.grow(announced)) {
                goOn(ctx);
            } else {
                await(ctx, announced);
            }
        }
    }

    private void goOn(ChannelHandlerContext ctx) {
        if (head != null && HttpUtil.is100ContinueExpected(head)) {
            ctx.writeAndFlush(new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
        }
    }

    /** False if there is no room for it yet. */
    private boolean content(ChannelHandlerContext ctx, HttpContent content) {
        if (head == null) {
            return true;
        }
        if (content.decoderResult().isFailure()) {
            refusal = Optional.of(HttpEdge.badFraming());
            begin(ctx);
            return true;
        }
        ByteBuf data = content.content();
        if (refusal.isEmpty()) {
            long whole = body.readableBytes() + (long) data.readableBytes();
            if (whole > requestBytes) {
                refusal = Optional.of(HttpEdge.tooLarge(requestBytes));
                side.metrics().count(Count.LIMIT_REQUEST_BYTES);
                begin(ctx);
                return true;
            }
            if (whole > memory.amount() && !hasRoom(ctx, whole)) {
                return false;
            }
            append(ctx, data);
        }
        came += data.readableBytes();
        if (content instanceof LastHttpContent) {
            begin(ctx);
        }
        return true;
    }

    private boolean hasRoom(ChannelHandlerContext ctx, long whole) {
        long twice = Math.min(requestBytes, Math.max(FIRST_PIECE, 2 * whole));
        if (memory.grow(twice - memory.amount()) || memory.grow(whole - memory.amount())) {
            return true;
        }
        await(ctx, whole);
        return false;
    }

    private void append(ChannelHandlerContext ctx, ByteBuf data) {
        if (!data.isReadable()) {
            return;
        }
        if (!body.isReadable()) {
            body = data.retain();
            bodyIsOurs = false;
            return;
        }
        if (!bodyIsOurs) {
            ByteBuf ours = ctx.alloc()
                    .buffer((int) Math.max(memory.amount(), body.readableBytes() + (long) data.readableBytes()));
            ours.writeBytes(body);
            body.release();
            body = ours;
            bodyIsOurs = true;
        }
        body.writeBytes(data);
    }

    // --- waiting for memory ---

    private void await(ChannelHandlerContext ctx, long amount) {
        wanted = amount;
        since = System.nanoTime();
        side.metrics().count(Count.LIMIT_BUFFER_WAITS);
        ctx.channel().config().setAutoRead(false);
        memory.onRoom(() -> again(ctx));
    }

    private void again(ChannelHandlerContext ctx) {
        if (wanted == 0 || finished) {
            return;
        }
        if (!memory.grow(wanted - memory.amount())) {
            memory.onRoom(() -> again(ctx));
            return;
        }
        wanted = 0;
        since = System.nanoTime();
        goOn(ctx);
        takeAhead(ctx);
    }

    private void takeAhead(ChannelHandlerContext ctx) {
        while (exchange == null && wanted == 0 && !ahead.isEmpty() && !finished) {
            take(ctx, ahead.next());
        }
        if (exchange == null && wanted == 0 && !ctx.channel().config().isAutoRead()) {
            ctx.channel().config().setAutoRead(true);
        }
    }

    // --- exchanges ---

    private void begin(ChannelHandlerContext ctx) {
        HttpRequest request = requireNonNull(head);
        ByteBuf whole = body;
        Holding held = memory;
        head = null;
        wanted = 0;
        body = Unpooled.EMPTY_BUFFER;
        memory = side.allowances().buffer().holding(peer.agent());
        boolean keepAlive = HttpUtil.isKeepAlive(request) && refusal.stream().noneMatch(HttpEdge.Refusal::closes);
        finished = !keepAlive;
        Exchange started = new Exchange(
                side,
                peer,
                request,
                whole,
                held,
                new AgentAnswer(ctx, keepAlive, side.allowances().buffer().holding(peer.agent())),
                ctx.channel().eventLoop(),
                () -> done(ctx));
        exchange = started;
        if (refusal.isPresent()) {
            started.refuse(refusal.get());
        } else {
            started.start();
        }
    }

    /** The exchange's answer is out, or cut: on to what came meanwhile. */
    private void done(ChannelHandlerContext ctx) {
        Exchange ended = exchange;
        exchange = null;
        since = System.nanoTime();
        if (finished || (ended != null && ended.closedStream())) {
            finished = true;
            drop();
            if (ended != null && !ended.closedStream()) {
                ctx.close();
            }
            return;
        }
        // Out of the answer's call stack, so that many small requests sent ahead do not nest.
        ctx.executor().execute(() -> takeAhead(ctx));
    }

    private void drop() {
        ahead.drop();
        body.release();
        body = Unpooled.EMPTY_BUFFER;
        memory.letGo();
        unparsed.letGo();
        wanted = 0;
        head = null;
    }

    // --- heads that are not whole ---

    /** So many bytes are about to be parsed. */
    void bytesCame(int bytes) {
        unparsedBytes += bytes;
    }

    /** They were: what made no message is kept by the decoder. */
    void bytesRead() {
        if (unparsedBytes == unparsed.amount() || finished) {
            return;
        }
        if (unparsedBytes == 0) {
            unparsed.letGo();
            return;
        }
        if (unparsed.amount() == 0 && exchange == null && head == null) {
            since = System.nanoTime();
        }
        if (!unparsed.grow(unparsedBytes - unparsed.amount())) {
            side.metrics().count(Count.LIMIT_SLOW_REQUESTS);
            refuseUnfinished(HttpEdge.tooManyHeads());
        }
    }

    private void refuseUnfinished(HttpEdge.Refusal why) {
        if (exchange != null || context == null) {
            // What was asked for is answered; what follows is not read to its end.
            finished = true;
            ahead.drop();
            return;
        }
        if (head == null) {
            head = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.valueOf("UNFINISHED"), "");
        }
        refusal = Optional.of(why);
        begin(context);
    }

    // --- time ---

    /** Ends what has taken too long. Called each second. */
    void look(long now) {
        if (exchange != null) {
            exchange.look(now);
        } else if (finished || context == null) {
            return;
        } else if (wanted > 0) {
            if (now - since > WAIT_NANOS) {
                side.metrics().count(Count.LIMIT_BUFFER_BYTES);
                refuseUnfinished(HttpEdge.noRoom());
            }
        } else if (head != null) {
            if (now - since > LOOK_NANOS) {
                if (came < SLOWEST_BODY) {
                    side.metrics().count(Count.LIMIT_SLOW_REQUESTS);
                    refuseUnfinished(HttpEdge.tooSlow());
                }
                since = now;
                came = 0;
            }
        } else if (unparsed.amount() > 0) {
            if (now - since > LOOK_NANOS) {
                side.metrics().count(Count.LIMIT_SLOW_REQUESTS);
                refuseUnfinished(HttpEdge.tooSlow());
            }
        } else if (now - since > IDLE_NANOS) {
            context.close();
        }
    }

    // --- the channel ---

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (exchange != null) {
            exchange.slowDown();
        }
        ctx.fireChannelWritabilityChanged();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof Cutoff why) {
            finished = true;
            if (exchange != null) {
                exchange.cutOff(why);
            }
        }
        if (event instanceof ChannelInputShutdownEvent || event instanceof ChannelInputShutdownReadComplete) {
            // An agent that has closed its side waits for nothing: what it asked is cancelled at once.
            if (exchange != null) {
                ctx.close();
            } else {
                ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
            }
        }
        ctx.fireUserEventTriggered(event);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        finished = true;
        Exchange running = exchange;
        exchange = null;
        if (running != null) {
            running.agentGone();
        }
        drop();
        ctx.fireChannelInactive();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ctx.close();
    }
}
