package dev.stockade.sidecar.inbound;

import dev.stockade.model.identity.BoundPod;
import dev.stockade.model.identity.SpiffeId;
import io.netty.channel.Channel;

/** Takes over a CONNECT stream that was answered with 200. */
@FunctionalInterface
public interface AcceptedStreams {
    /**
     * On the event loop.
     *
     * @param stream its pipeline carries plain bytes
     * @param agent the identity that its certificate proved
     * @param pod the pod that the certificate is bound to
     */
    void install(Channel stream, SpiffeId agent, BoundPod pod);
}
