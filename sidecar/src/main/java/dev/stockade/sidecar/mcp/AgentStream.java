package dev.stockade.sidecar.mcp;

import static java.util.Objects.requireNonNull;

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
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One CONNECT stream: takes its requests one at a time, collects each body within its limit, and starts the exchange. */
final class AgentStream extends ChannelInboundHandlerAdapter {
    private static final String DEFAULT_PATH = "/mcp";
    private static final long DEFAULT_REQUEST_BYTES = 4L << 20;
    private static final int MOST_AHEAD = 64;

    private final McpServerSide side;
    private final Peer peer;

    /** What came while an exchange was under way: HTTP lets a client send ahead. */
    private final Deque<Object> ahead = new ArrayDeque<>();

    private @Nullable HttpRequest head;
    private Optional<HttpEdge.Refusal> refusal = Optional.empty();
    private ByteBuf body = Unpooled.EMPTY_BUFFER;
    private boolean bodyIsOurs;
    private long requestBytes;
    private @Nullable Exchange exchange;
    private boolean finished;

    AgentStream(McpServerSide side, Peer peer) {
        this.side = requireNonNull(side);
        this.peer = requireNonNull(peer);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (finished || !(message instanceof HttpObject)) {
            ReferenceCountUtil.release(message);
        } else if (exchange != null || !ahead.isEmpty()) {
            ahead.add(message);
            if (ahead.size() > MOST_AHEAD) {
                ctx.channel().config().setAutoRead(false);
            }
        } else {
            take(ctx, message);
        }
    }

    private void take(ChannelHandlerContext ctx, Object message) {
        if (message instanceof HttpRequest request) {
            head(ctx, request);
        }
        if (message instanceof HttpContent content) {
            try {
                if (!finished && exchange == null) {
                    content(ctx, content);
                }
            } finally {
                content.release();
            }
        }
    }

    private void head(ChannelHandlerContext ctx, HttpRequest request) {
        head = request;
        Optional<ServerRules> rules = side.rules();
        String path = rules.map(ServerRules::path).orElse(DEFAULT_PATH);
        requestBytes = rules.map(r -> r.limits().requestBytes()).orElse(DEFAULT_REQUEST_BYTES);
        refusal = HttpEdge.refuses(request, path, requestBytes);
        if (HttpUtil.is100ContinueExpected(request)) {
            // Whoever waits for a word before it sends the body gets the refusal as that word.
            refusal = refusal.map(HttpEdge.Refusal::closing);
        }
        if (refusal.isPresent() && refusal.get().closes()) {
            begin(ctx);
        } else if (refusal.isEmpty() && HttpUtil.is100ContinueExpected(request)) {
            ctx.writeAndFlush(new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
        }
    }

    private void content(ChannelHandlerContext ctx, HttpContent content) {
        if (head == null) {
            return;
        }
        if (content.decoderResult().isFailure()) {
            refusal = Optional.of(HttpEdge.badFraming());
            begin(ctx);
            return;
        }
        if (refusal.isEmpty()) {
            ByteBuf data = content.content();
            if (body.readableBytes() + (long) data.readableBytes() > requestBytes) {
                refusal = Optional.of(HttpEdge.tooLarge(requestBytes));
                begin(ctx);
                return;
            }
            append(ctx, data);
        }
        if (content instanceof LastHttpContent) {
            begin(ctx);
        }
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
            long announced = head == null ? -1 : HttpUtil.getContentLength(head, -1L);
            int size = (int)
                    Math.min(requestBytes, Math.max(announced, 2L * (body.readableBytes() + data.readableBytes())));
            ByteBuf ours = ctx.alloc().buffer(size);
            ours.writeBytes(body);
            body.release();
            body = ours;
            bodyIsOurs = true;
        }
        body.writeBytes(data);
    }

    private void begin(ChannelHandlerContext ctx) {
        HttpRequest request = requireNonNull(head);
        ByteBuf whole = body;
        head = null;
        body = Unpooled.EMPTY_BUFFER;
        boolean keepAlive = HttpUtil.isKeepAlive(request) && refusal.stream().noneMatch(HttpEdge.Refusal::closes);
        finished = !keepAlive;
        Exchange started = new Exchange(
                side,
                peer,
                request,
                whole,
                new AgentAnswer(ctx, keepAlive),
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
        if (finished || (ended != null && ended.closedStream())) {
            finished = true;
            drop();
            return;
        }
        // Out of the answer's call stack, so that many small requests sent ahead do not nest.
        ctx.executor().execute(() -> {
            while (exchange == null && !ahead.isEmpty() && !finished) {
                take(ctx, ahead.remove());
            }
            if (exchange == null && ahead.isEmpty() && !ctx.channel().config().isAutoRead()) {
                ctx.channel().config().setAutoRead(true);
            }
        });
    }

    private void drop() {
        while (!ahead.isEmpty()) {
            ReferenceCountUtil.release(ahead.remove());
        }
        body.release();
        body = Unpooled.EMPTY_BUFFER;
        head = null;
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (exchange != null) {
            exchange.agentWritable(ctx.channel().isWritable());
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
