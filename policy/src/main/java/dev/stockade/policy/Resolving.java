package dev.stockade.policy;

import dev.stockade.crds.access.AgentReference;
import dev.stockade.crds.access.McpAccessPolicy;
import dev.stockade.crds.access.ServerReference;
import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.policy.Grants.Resolution;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Follows the references of one policy. */
final class Resolving {
    private static final String LABEL = "stockade.dev/mesh: enabled";

    private final MeshView view;
    private final McpAccessPolicy policy;
    private final String namespace;
    private final Set<ResourceName> servers = new TreeSet<>();
    private final Map<ResourceName, AgentIdentity> agents = new TreeMap<>(Comparator.naturalOrder());
    private final List<String> unresolved = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    Resolving(MeshView view, McpAccessPolicy policy) {
        this.view = view;
        this.policy = policy;
        this.namespace = policy.getMetadata().getNamespace();
    }

    Resolution resolve() {
        if (!view.inMesh(namespace)) {
            unresolved.add("namespace " + namespace + " is not in the mesh; label it " + LABEL);
            return new Resolution(List.of(), List.of(), unresolved, notes);
        }
        for (int i = 0; i < policy.getSpec().servers().size(); i++) {
            server(policy.getSpec().servers().get(i), i);
        }
        for (int i = 0; i < policy.getSpec().agents().size(); i++) {
            agent(policy.getSpec().agents().get(i), i);
        }
        agents.forEach((name, agent) -> servers.stream()
                .filter(server -> !Consent.takes(agent, server))
                .forEach(server -> notes.add("AgentIdentity " + name + " does not take server " + server
                        + "; its owner adds it to spec.servers")));
        return new Resolution(List.copyOf(servers), List.copyOf(agents.keySet()), unresolved, notes);
    }

    private void server(ServerReference reference, int index) {
        if (reference.name() != null) {
            ResourceName name = new ResourceName(namespace, reference.name());
            if (view.server(name).isPresent()) {
                servers.add(name);
            } else {
                unresolved.add("spec.servers[" + index + "]: SecureMcpServer " + name + " does not exist");
            }
        }
        var selector = reference.selector();
        if (selector != null) {
            List<ResourceName> selected = view.serversIn(namespace).stream()
                    .filter(s ->
                            Selectors.matches(selector, labels(s.getMetadata().getLabels())))
                    .map(ResourceName::of)
                    .toList();
            servers.addAll(selected);
            if (selected.isEmpty()) {
                notes.add("spec.servers[" + index + "].selector selects no SecureMcpServer in namespace " + namespace);
            }
        }
    }

    private void agent(AgentReference reference, int index) {
        if (reference.name() != null) {
            ResourceName name = new ResourceName(reference.namespace(), reference.name());
            Optional<AgentIdentity> agent = view.agent(name);
            if (agent.isEmpty()) {
                unresolved.add("spec.agents[" + index + "]: AgentIdentity " + name + " does not exist");
            } else if (!view.inMesh(name.namespace())) {
                unresolved.add("spec.agents[" + index + "]: namespace " + name.namespace()
                        + " is not in the mesh; label it " + LABEL);
            } else {
                agents.put(name, agent.get());
            }
        }
        var selector = reference.selector();
        if (selector != null) {
            List<AgentIdentity> selected = view.agentsIn(reference.namespace()).stream()
                    .filter(a -> view.inMesh(reference.namespace()))
                    .filter(a ->
                            Selectors.matches(selector, labels(a.getMetadata().getLabels())))
                    .toList();
            selected.forEach(a -> agents.put(ResourceName.of(a), a));
            if (selected.isEmpty()) {
                notes.add("spec.agents[" + index + "].selector selects no AgentIdentity in namespace "
                        + reference.namespace());
            }
        }
    }

    private static Map<String, String> labels(@Nullable Map<String, String> labels) {
        return labels == null ? Map.of() : labels;
    }
}
