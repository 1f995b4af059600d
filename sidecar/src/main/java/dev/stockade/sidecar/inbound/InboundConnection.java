package dev.stockade.sidecar.inbound;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.BoundPod;
import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.policy.Reason;
import dev.stockade.sidecar.state.PodState;
import dev.stockade.sidecar.tunnel.ConnectionLife;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.DefaultHttp2GoAwayFrame;
import io.netty.handler.codec.http2.Http2Error;
import java.util.Optional;

/** One connection whose peer proved an identity. */
final class InboundConnection {
    private final Channel channel;
    private final SpiffeId own;
    private final SpiffeId peer;
    private final Optional<BoundPod> pod;

    /** @param own the identity that this side showed */
    InboundConnection(Channel channel, SpiffeId own, SpiffeId peer, Optional<BoundPod> pod) {
        this.channel = requireNonNull(channel);
        this.own = requireNonNull(own);
        this.peer = requireNonNull(peer);
        this.pod = requireNonNull(pod);
    }

    SpiffeId peer() {
        return peer;
    }

    Optional<BoundPod> pod() {
        return pod;
    }

    /** Why this connection may not be under these rules; or empty. */
    Optional<Reason> refusal(Optional<PodState.Serving> serving) {
        return serving.filter(s -> s.rules().id().equals(own))
                .map(s -> s.admission().refusal(peer, pod))
                .orElse(Optional.of(Reason.IDENTITY_REFUSED));
    }

    /** Ends the connection with all of its streams, now. */
    ChannelFuture cut() {
        channel.write(new DefaultHttp2GoAwayFrame(Http2Error.NO_ERROR));
        channel.flush();
        return channel.close();
    }

    /** Lets streams finish, and takes no more after those on their way. */
    void retire() {
        ChannelHandlerContext life = channel.pipeline().context(ConnectionLife.class);
        if (life != null) {
            ((ConnectionLife) life.handler()).retire(life);
        }
    }
}
