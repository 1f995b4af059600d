package dev.stockade.sidecar.inbound;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.BoundPod;
import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.policy.Reason;
import dev.stockade.sidecar.identity.Svid;
import dev.stockade.sidecar.state.PodState;
import dev.stockade.sidecar.tunnel.ConnectionLife;
import dev.stockade.sidecar.tunnel.Cutoff;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.handler.codec.http2.DefaultHttp2GoAwayFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.ssl.SslHandler;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** One connection whose peer proved an identity, and its streams. On the event loop. */
final class InboundConnection {
    /** How long a peer that reads nothing may hold up the end of a connection that is cut. */
    private static final long CUT_MILLIS = 500;

    private final Channel channel;
    private final Svid shown;
    private final SpiffeId peer;
    private final Optional<BoundPod> pod;
    private final Set<Channel> streams = new LinkedHashSet<>();
    private boolean retired;

    /** @param shown the certificate that this side showed */
    InboundConnection(Channel channel, Svid shown, SpiffeId peer, Optional<BoundPod> pod) {
        this.channel = requireNonNull(channel);
        this.shown = requireNonNull(shown);
        this.peer = requireNonNull(peer);
        this.pod = requireNonNull(pod);
    }

    Svid shown() {
        return shown;
    }

    SpiffeId peer() {
        return peer;
    }

    Optional<BoundPod> pod() {
        return pod;
    }

    /** Why this connection may not be under these rules; or empty. */
    Optional<Reason> refusal(Optional<PodState.Serving> serving) {
        return serving.filter(s -> s.rules().id().equals(shown.id()))
                .map(s -> s.admission().refusal(peer, pod))
                .orElse(Optional.of(Reason.IDENTITY_REFUSED));
    }

    /** A CONNECT on it was answered with 200. */
    void opened(Channel stream) {
        streams.add(stream);
        stream.closeFuture().addListener(f -> streams.remove(stream));
    }

    /** Ends the connection with all of its streams, now; each may still tell why to whoever waits for an answer. */
    ChannelFuture cut(Cutoff why) {
        for (Channel stream : List.copyOf(streams)) {
            stream.pipeline().fireUserEventTriggered(why);
            stream.close();
        }
        SslHandler tls = channel.pipeline().get(SslHandler.class);
        if (tls != null) {
            tls.setCloseNotifyFlushTimeoutMillis(CUT_MILLIS);
        }
        channel.write(new DefaultHttp2GoAwayFrame(Http2Error.NO_ERROR));
        channel.flush();
        return channel.close();
    }

    /** Lets streams finish, and takes no more after those on their way. */
    void retire() {
        ConnectionLife.retire(channel);
    }

    /** A certificate or the bundle has changed. */
    void reconsider() {
        ConnectionLife.reconsider(channel);
    }

    /** Either side has said that there are to be no new streams. */
    void retired() {
        retired = true;
    }

    /** Whether it takes new streams. */
    boolean fresh() {
        return !retired;
    }

    /** Says that there are too many of its kind (RFC 9113 section 7), and ends it. */
    void turnAway() {
        channel.writeAndFlush(new DefaultHttp2GoAwayFrame(Http2Error.ENHANCE_YOUR_CALM));
        channel.close();
    }
}
