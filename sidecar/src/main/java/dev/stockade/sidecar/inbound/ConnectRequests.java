package dev.stockade.sidecar.inbound;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.policy.Reason;
import dev.stockade.sidecar.limits.Holding;
import dev.stockade.sidecar.limits.Shares;
import dev.stockade.sidecar.metrics.Metrics;
import dev.stockade.sidecar.state.CurrentState;
import dev.stockade.sidecar.state.PodState;
import dev.stockade.sidecar.tunnel.Hbone;
import dev.stockade.sidecar.tunnel.HboneStream;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.util.ReferenceCountUtil;
import java.util.Optional;

/** Answers the CONNECT that opens a stream: whoever is refused learns nothing about what runs here. */
final class ConnectRequests extends ChannelInboundHandlerAdapter {
    private final InboundConnection connection;
    private final CurrentState state;
    private final OwnAddresses own;
    private final AcceptedStreams accepted;
    private final Shares streams;
    private final RefusedConnects refused;
    private final Metrics metrics;
    private boolean answered;

    ConnectRequests(
            InboundConnection connection,
            CurrentState state,
            OwnAddresses own,
            AcceptedStreams accepted,
            Shares streams,
            RefusedConnects refused,
            Metrics metrics) {
        this.connection = requireNonNull(connection);
        this.state = requireNonNull(state);
        this.own = requireNonNull(own);
        this.accepted = requireNonNull(accepted);
        this.streams = requireNonNull(streams);
        this.refused = requireNonNull(refused);
        this.metrics = requireNonNull(metrics);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (answered || !(message instanceof Http2HeadersFrame request)) {
            // What follows a refusal, or comes in place of a request, is nobody's.
            ReferenceCountUtil.release(message);
            return;
        }
        answered = true;
        Optional<PodState.Serving> serving = state.held().flatMap(PodState::serving);
        Optional<Reason> refusal = state.stale() ? Optional.of(Reason.STALE) : connection.refusal(serving);
        if (refusal.isPresent()) {
            refuse(ctx, "401", refusal.get());
        } else if (ConnectHead.crowded(request.headers())) {
            refuse(ctx, "431", Reason.MALFORMED);
        } else if (request.isEndStream()
                || !ConnectHead.leadsTo(own, serving.orElseThrow().rules().port(), request.headers())) {
            refuse(ctx, "400", Reason.MALFORMED);
        } else {
            Holding place = streams.holding(connection.peer());
            if (place.grow(1)) {
                ctx.channel().closeFuture().addListener(f -> place.letGo());
                accept(ctx);
            } else {
                metrics.count(Metrics.Count.LIMIT_STREAMS);
                refuse(ctx, "429", Reason.LIMIT);
            }
        }
    }

    private void accept(ChannelHandlerContext ctx) {
        ctx.writeAndFlush(new DefaultHttp2HeadersFrame(new DefaultHttp2Headers().status("200"), false));
        metrics.count(Metrics.Count.INBOUND_STREAMS);
        metrics.opened(Metrics.Open.INBOUND_STREAMS_OPEN);
        ctx.channel().closeFuture().addListener(f -> metrics.closed(Metrics.Open.INBOUND_STREAMS_OPEN));
        connection.opened(ctx.channel());
        ctx.pipeline().addLast(new HboneStream());
        // An admitted identity has a pod: Admission refuses a certificate without one.
        accepted.install(ctx.channel(), connection.peer(), connection.pod().orElseThrow());
        ctx.pipeline().remove(this);
    }

    private void refuse(ChannelHandlerContext ctx, String status, Reason reason) {
        metrics.count(Metrics.Count.INBOUND_STREAMS_REFUSED);
        String auditId = refused.record(connection.peer(), connection.pod(), reason);
        Http2Headers headers = new DefaultHttp2Headers().status(status).set(Hbone.REASON, reason.word());
        if (!auditId.isEmpty()) {
            headers.set(Hbone.AUDIT_ID, auditId);
        }
        // Closed at once: a stream that was refused must not go on counting, or sending.
        ctx.writeAndFlush(new DefaultHttp2HeadersFrame(headers, true)).addListener(ChannelFutureListener.CLOSE);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ctx.close();
    }
}
