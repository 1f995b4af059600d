package dev.stockade.operator.status;

import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.server.SecureMcpServer;
import java.util.List;

/** The pods that a resource selects and that have no sidecar: they were there before, and no informer follows them. */
public interface BarePods {
    /** {@code namespace/name} of each, in order. */
    List<String> of(SecureMcpServer server);

    /** {@code namespace/name} of each, in order. */
    List<String> of(AgentIdentity agent);
}
