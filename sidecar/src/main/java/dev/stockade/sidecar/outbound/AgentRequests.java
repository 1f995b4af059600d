package dev.stockade.sidecar.outbound;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.policy.Reason;
import dev.stockade.sidecar.metrics.Metrics;
import dev.stockade.sidecar.state.AgentRules;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.util.Optional;

/**
 * One connection of the agent: one request at a time, each message read only when there is room for it. Stands behind a {@code
 * FlowControlHandler} on a channel without auto-read.
 */
final class AgentRequests extends ChannelInboundHandlerAdapter implements Exchange.Agent {
    private final Outbound outbound;
    private final Entry entry;

    private Optional<ChannelHandlerContext> context = Optional.empty();
    private Optional<Exchange> exchange = Optional.empty();
    /** A request that came before the former one was answered. */
    private Optional<HttpRequest> next = Optional.empty();
    /** The rest of a request that was answered by ourselves. */
    private boolean skipping;
    /** Whether the agent means to use the connection after this request (RFC 9112 section 9.3). */
    private boolean keepAlive = true;
    /** A message is wanted that has not come. */
    private boolean wanting;

    AgentRequests(Outbound outbound, Entry entry) {
        this.outbound = requireNonNull(outbound);
        this.entry = requireNonNull(entry);
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        context = Optional.of(ctx);
        if (ctx.channel().isActive()) {
            want(ctx);
        }
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        want(ctx);
    }

    /** Whether nothing is asked for, or answered, now. */
    boolean idle() {
        return exchange.isEmpty() && next.isEmpty() && !skipping;
    }

    /** One message, however often it is asked for: what comes unasked has no place to go. */
    private void want(ChannelHandlerContext ctx) {
        if (!wanting) {
            wanting = true;
            ctx.read();
        }
    }

    /** The socket had no whole message: what is wanted is still to come. */
    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (wanting) {
            ctx.read();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        wanting = false;
        switch (message) {
            case HttpRequest request
            when request.decoderResult().isFailure() -> {
                ReferenceCountUtil.release(request);
                refuseUnrouted(ctx, 400, Reason.MALFORMED, "", "", "This is not an HTTP/1.1 request.");
            }
            case HttpRequest request when exchange.isPresent() -> next = Optional.of(request);
            case HttpRequest request -> begin(ctx, request);
            case HttpContent content
            when skipping -> {
                boolean last = content instanceof LastHttpContent;
                content.release();
                skipping = !last;
                if (last && !keepAlive) {
                    close(ctx);
                } else {
                    want(ctx);
                }
            }
            case HttpContent content when exchange.isPresent() -> exchange.get().body(content);
            default -> ReferenceCountUtil.release(message);
        }
    }

    private void begin(ChannelHandlerContext ctx, HttpRequest request) {
        outbound.metrics().count(Metrics.Count.OUTBOUND_REQUESTS);
        keepAlive = HttpUtil.isKeepAlive(request);
        Optional<String> foreign = LocalCaller.refusal(request, entry.hosts());
        Optional<AgentRules> latest =
                outbound.state().agent().or(() -> outbound.latest().get());
        if (foreign.isPresent()) {
            refuseUnrouted(ctx, 403, Reason.MALFORMED, request.method().name(), path(request), foreign.get());
            return;
        }
        if (latest.isEmpty()) {
            refuseUnrouted(
                    ctx, 503, Reason.UNREACHABLE, request.method().name(), path(request), "This pod is no agent.");
            return;
        }
        AgentRules agent = latest.get();
        Route route = Route.withdrawn(agent, outbound.state().agent())
                .<Route>map(refused -> refused)
                .orElseGet(() -> Route.of(entry, request.method().name(), request.uri(), agent));
        switch (route) {
            case Route.Listing listing -> refuse(ctx, LocalAnswer.listing(agent, outbound.localPort()), false);
            case Route.Refused refused ->
                refuse(
                        ctx,
                        LocalAnswer.error(
                                refused.status(),
                                refused.reason().word(),
                                outbound.unsent()
                                        .record(
                                                Optional.of(agent),
                                                Optional.empty(),
                                                request.method().name(),
                                                path(request),
                                                refused.reason()),
                                refused.sentence()),
                        false);
            case Route.To to -> {
                Exchange begun = new Exchange(outbound, agent, to.target(), request, ctx.channel(), this);
                exchange = Optional.of(begun);
                begun.start();
            }
        }
    }

    static String path(HttpRequest request) {
        int query = request.uri().indexOf('?');
        String path = query < 0 ? request.uri() : request.uri().substring(0, query);
        return path.length() > 128 ? path.substring(0, 128) : path;
    }

    /** Refuses what leads nowhere, whatever it asks for; the connection ends with it. */
    private void refuseUnrouted(
            ChannelHandlerContext ctx, int status, Reason reason, String method, String path, String sentence) {
        String auditId = outbound.unsent()
                .record(
                        outbound.state().agent().or(() -> outbound.latest().get()),
                        Optional.empty(),
                        method,
                        path,
                        reason);
        refuse(ctx, LocalAnswer.error(status, reason.word(), auditId, sentence), true);
    }

    /** Answers by ourselves, and skips what is left of the request. */
    private void refuse(ChannelHandlerContext ctx, LocalAnswer answer, boolean close) {
        if (answer.status() >= 400) {
            outbound.metrics().count(Metrics.Count.OUTBOUND_REQUESTS_REFUSED);
        }
        var written = ctx.writeAndFlush(answer.response(close || !keepAlive));
        if (close) {
            written.addListener(ChannelFutureListener.CLOSE);
        } else {
            skipping = true;
            want(ctx);
        }
    }

    @Override
    public void wantMore() {
        context.ifPresent(this::want);
    }

    @Override
    public void refused(LocalAnswer answer, boolean requestRead) {
        exchange = Optional.empty();
        context.ifPresent(ctx -> {
            if (requestRead) {
                outbound.metrics().count(Metrics.Count.OUTBOUND_REQUESTS_REFUSED);
                ctx.writeAndFlush(answer.response(!keepAlive));
                proceed(ctx);
            } else {
                refuse(ctx, answer, false);
            }
        });
    }

    @Override
    public void answered(boolean requestRead) {
        exchange = Optional.empty();
        context.ifPresent(ctx -> {
            if (requestRead) {
                proceed(ctx);
            } else {
                // A socket that is closed with bytes unread takes the answer back from whoever has not read it yet.
                skipping = true;
                want(ctx);
            }
        });
    }

    @Override
    public void cut() {
        exchange = Optional.empty();
        context.ifPresent(AgentRequests::close);
    }

    private static void close(ChannelHandlerContext ctx) {
        ctx.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }

    private void proceed(ChannelHandlerContext ctx) {
        if (!keepAlive) {
            close(ctx);
            return;
        }
        // A read is already outstanding: the one that watches for the agent's leaving.
        if (next.isPresent()) {
            HttpRequest request = next.get();
            next = Optional.empty();
            begin(ctx, request);
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) throws Exception {
        exchange.ifPresent(Exchange::agentWritable);
        super.channelWritabilityChanged(ctx);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        exchange.ifPresent(Exchange::agentGone);
        exchange = Optional.empty();
        next.ifPresent(ReferenceCountUtil::release);
        next = Optional.empty();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ctx.close();
    }
}
