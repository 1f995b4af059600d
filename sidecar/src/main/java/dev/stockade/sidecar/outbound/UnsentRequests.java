package dev.stockade.sidecar.outbound;

import dev.stockade.model.policy.Reason;
import dev.stockade.sidecar.state.AgentRules;
import java.util.Optional;

/** Records a request that never left this pod. */
@FunctionalInterface
public interface UnsentRequests {
    /**
     * @param agent empty while this pod is none
     * @param target the server, if the request named one
     * @param method of HTTP
     * @param path as it came, without a query
     * @return the id of the line, which the agent is told
     */
    String record(
            Optional<AgentRules> agent, Optional<AgentRules.Target> target, String method, String path, Reason reason);
}
