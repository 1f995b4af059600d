package dev.stockade.sidecar.inbound;

import dev.stockade.model.identity.BoundPod;
import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.policy.Reason;
import java.net.InetAddress;
import java.util.Optional;

/** Records who was refused at the door. */
public interface RefusedConnects {
    /** @return the id of the line, which the agent is told */
    String record(SpiffeId peer, Optional<BoundPod> pod, Reason reason);

    /**
     * Somebody who proved no identity at all.
     *
     * @param from the address that it came from
     */
    void recordStranger(InetAddress from);
}
