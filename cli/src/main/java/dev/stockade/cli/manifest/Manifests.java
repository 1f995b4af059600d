package dev.stockade.cli.manifest;

import static java.util.Objects.requireNonNull;

import dev.stockade.cli.question.Resources;
import dev.stockade.crds.access.McpAccessPolicy;
import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.crds.trust.MeshTrust;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What a set of manifests says: resources that the API server would accept, with every default.
 *
 * @param labelled the namespaces that the manifests have, and whether they are labelled for the mesh
 * @param namespace where names without a namespace are looked for; empty: everywhere
 */
public record Manifests(
        Optional<MeshTrust> trust,
        Map<String, Boolean> labelled,
        List<AgentIdentity> agents,
        List<SecureMcpServer> servers,
        List<McpAccessPolicy> policies,
        Optional<String> namespace)
        implements Resources {
    public Manifests {
        requireNonNull(trust);
        requireNonNull(namespace);
        labelled = Map.copyOf(labelled);
        agents = List.copyOf(agents);
        servers = List.copyOf(servers);
        policies = List.copyOf(policies);
    }

    /** Collects what is read one by one. */
    static final class Builder {
        private Optional<MeshTrust> trust = Optional.empty();
        private final Map<String, Boolean> labelled = new LinkedHashMap<>();
        private final List<AgentIdentity> agents = new java.util.ArrayList<>();
        private final List<SecureMcpServer> servers = new java.util.ArrayList<>();
        private final List<McpAccessPolicy> policies = new java.util.ArrayList<>();

        void add(HasMetadata resource) {
            switch (resource) {
                case MeshTrust one -> trust = Optional.of(one);
                case AgentIdentity one -> agents.add(one);
                case SecureMcpServer one -> servers.add(one);
                case McpAccessPolicy one -> policies.add(one);
                default -> throw new IllegalArgumentException(resource.getKind() + " is no kind of the mesh");
            }
        }

        void namespace(String name, boolean inMesh) {
            labelled.put(name, inMesh);
        }

        Manifests build(Optional<String> namespace) {
            return new Manifests(trust, labelled, agents, servers, policies, namespace);
        }
    }

    @Override
    public Membership membership(String name) {
        Boolean inMesh = labelled.get(name);
        if (inMesh == null) {
            return Membership.UNSTATED;
        }
        return inMesh ? Membership.LABELLED : Membership.UNLABELLED;
    }

    @Override
    public List<AgentIdentity> agents(String of) {
        return in(of, agents);
    }

    @Override
    public List<SecureMcpServer> servers(String of) {
        return in(of, servers);
    }

    @Override
    public List<McpAccessPolicy> policies(String of) {
        return in(of, policies);
    }

    private static <T extends HasMetadata> List<T> in(String namespace, List<T> all) {
        return all.stream()
                .filter(one -> one.getMetadata().getNamespace().equals(namespace))
                .toList();
    }

    @Override
    public List<String> defaultNamespaces() {
        if (namespace.isPresent()) {
            return List.of(namespace.get());
        }
        TreeSet<String> all = new TreeSet<>();
        Stream.of(agents, servers, policies)
                .flatMap(List::stream)
                .forEach(one -> all.add(one.getMetadata().getNamespace()));
        return List.copyOf(all);
    }
}
