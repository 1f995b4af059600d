package dev.stockade.policy;

import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.agent.ServersOf;
import dev.stockade.model.policy.NamePattern;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Whether an agent is willing to use a server. A grant alone changes nothing for an agent. */
public final class Consent {
    private Consent() {}

    /** The namespaces of which the agent takes servers, in order; whoever asks may change the set. */
    public static SortedSet<String> namespaces(AgentIdentity agent) {
        List<ServersOf> willing = agent.getSpec().servers();
        return willing == null
                ? new TreeSet<>(Set.of(agent.getMetadata().getNamespace()))
                : willing.stream().map(ServersOf::namespace).collect(Collectors.toCollection(TreeSet::new));
    }

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
