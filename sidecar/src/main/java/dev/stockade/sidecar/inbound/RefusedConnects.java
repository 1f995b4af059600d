package dev.stockade.sidecar.inbound;

import dev.stockade.model.identity.BoundPod;
import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.policy.Reason;
import java.net.InetAddress;
import java.util.Optional;

/** Records who was refused at the door. */
public interface RefusedConnects {
    /**
     * A CONNECT of a proved identity that was refused.
     *
     * @return the id of the line, which the agent is told; empty if this is one of too many, and only counted
     */
    String record(SpiffeId peer, Optional<BoundPod> pod, Reason reason);

    /**
     * A connection of a proved identity that is cut.
     *
     * @return the id of the line, which the agent is told
     */
    String recordCut(SpiffeId peer, Optional<BoundPod> pod, Reason reason);

    /**
     * Somebody who proved no identity at all.
     *
     * @param from the address that it came from
     */
    void recordStranger(InetAddress from);
}
