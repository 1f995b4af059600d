package dev.stockade.policy;

import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.agent.ServersOf;
import dev.stockade.model.policy.NamePattern;
import java.util.List;

/** Whether an agent is willing to use a server. A grant alone changes nothing for an agent. */
public final class Consent {
    private Consent() {}

    /** Whether {@code spec.servers} takes the server; where it is absent, whether the server is in the agent's namespace. */
    public static boolean takes(AgentIdentity agent, ResourceName server) {
        List<ServersOf> willing = agent.getSpec().servers();
        if (willing == null) {
            return server.namespace().equals(agent.getMetadata().getNamespace());
        }
        return willing.stream()
                .anyMatch(s ->
                        s.namespace().equals(server.namespace()) && new NamePattern(s.name()).matches(server.name()));
    }
}
