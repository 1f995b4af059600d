package dev.stockade.sidecar.inbound;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.policy.Reason;
import dev.stockade.sidecar.metrics.Metrics;
import dev.stockade.sidecar.state.CurrentState;
import dev.stockade.sidecar.state.PodState;
import dev.stockade.sidecar.tunnel.Hbone;
import dev.stockade.sidecar.tunnel.HboneStream;
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
    private final RefusedConnects refused;
    private final Metrics metrics;

    ConnectRequests(
            InboundConnection connection,
            CurrentState state,
            OwnAddresses own,
            AcceptedStreams accepted,
            RefusedConnects refused,
            Metrics metrics) {
        this.connection = requireNonNull(connection);
        this.state = requireNonNull(state);
        this.own = requireNonNull(own);
        this.accepted = requireNonNull(accepted);
        this.refused = requireNonNull(refused);
        this.metrics = requireNonNull(metrics);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof Http2HeadersFrame request)) {
            ReferenceCountUtil.release(message);
            return;
        }
        Optional<PodState.Serving> serving = state.held().flatMap(PodState::serving);
        Optional<Reason> refusal = state.stale() ? Optional.of(Reason.STALE) : connection.refusal(serving);
        if (refusal.isPresent()) {
            refuse(ctx, refusal.get());
        } else if (!isConnectTo(request, serving.orElseThrow().rules().port())) {
            answer(ctx, new DefaultHttp2Headers().status("400"), true);
            metrics.count(Metrics.Count.INBOUND_STREAMS_REFUSED);
        } else {
            accept(ctx);
        }
    }

    private boolean isConnectTo(Http2HeadersFrame request, int port) {
        Http2Headers headers = request.headers();
        return !request.isEndStream()
                && headers.method() != null
                && headers.method().toString().equals("CONNECT")
                && headers.scheme() == null
                && headers.path() == null
                && headers.authority() != null
                && own.has(headers.authority().toString(), port);
    }

    private void accept(ChannelHandlerContext ctx) {
        answer(ctx, new DefaultHttp2Headers().status("200"), false);
        metrics.count(Metrics.Count.INBOUND_STREAMS);
        metrics.opened(Metrics.Open.INBOUND_STREAMS_OPEN);
        ctx.channel().closeFuture().addListener(f -> metrics.closed(Metrics.Open.INBOUND_STREAMS_OPEN));
        ctx.pipeline().addLast(new HboneStream());
        // An admitted identity has a pod: Admission refuses a certificate without one.
        accepted.install(ctx.channel(), connection.peer(), connection.pod().orElseThrow());
        ctx.pipeline().remove(this);
    }

    private void refuse(ChannelHandlerContext ctx, Reason reason) {
        metrics.count(Metrics.Count.INBOUND_STREAMS_REFUSED);
        String auditId = refused.record(connection.peer(), connection.pod(), reason);
        answer(
                ctx,
                new DefaultHttp2Headers()
                        .status("401")
                        .set(Hbone.REASON, reason.word())
                        .set(Hbone.AUDIT_ID, auditId),
                true);
    }

    private static void answer(ChannelHandlerContext ctx, Http2Headers headers, boolean end) {
        ctx.writeAndFlush(new DefaultHttp2HeadersFrame(headers, end));
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        ctx.close();
    }
}
