package dev.stockade.sidecar.inbound;

import dev.stockade.model.identity.BoundPod;
import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.policy.Reason;
import java.util.Optional;

/** Records a CONNECT that was refused. */
@FunctionalInterface
public interface RefusedConnects {
    /** @return the id of the line, which the agent is told */
    String record(SpiffeId peer, Optional<BoundPod> pod, Reason reason);
}
