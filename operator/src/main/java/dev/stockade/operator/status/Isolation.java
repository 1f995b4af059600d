package dev.stockade.operator.status;

import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.policy.MeshPod;
import java.time.Duration;
import java.util.List;

/** What was found by trying to reach a server around its sidecars. */
public interface Isolation {
    /** How long an attempt proves anything: what is older says nothing any more. */
    Duration VALID = Duration.ofMinutes(10);

    /**
     * The condition {@code MeshOnly} as it is now. Unknown while it is being found out.
     *
     * @param pods the server's pods that have a sidecar
     * @param managed whether the operator keeps a NetworkPolicy for this server
     */
    Finding of(SecureMcpServer server, List<MeshPod> pods, boolean managed);
}
