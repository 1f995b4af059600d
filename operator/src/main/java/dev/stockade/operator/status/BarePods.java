package dev.stockade.operator.status;

import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.server.SecureMcpServer;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.List;
import java.util.Optional;

/** The pods that a resource selects and that have no sidecar: they were there before, and no informer follows them. */
public interface BarePods {
    /** {@code namespace/name} of each, in order. */
    List<String> of(SecureMcpServer server);

    /** {@code namespace/name} of each, in order. */
    List<String> of(AgentIdentity agent);

    /** What was last said of this generation of a server or an agent, without asking anybody; empty if nothing was. */
    default Optional<List<String>> known(HasMetadata resource) {
        return Optional.empty();
    }

    /** How far restarting them has come; empty where the resource does not ask for it. */
    default Optional<Restarting> restarting(HasMetadata resource) {
        return Optional.empty();
    }
}
