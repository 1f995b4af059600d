package dev.stockade.policy;

import static java.util.Objects.requireNonNull;

import dev.stockade.crds.access.McpAccessPolicy;
import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.crds.trust.MeshTrust;
import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.identity.WorkloadKind;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Service;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One picture of the cluster, as far as it concerns the mesh. The lists are in the order of namespace and name, whatever
 * order they came in. Resources that are being deleted are left out: they have ended already. The resources themselves are
 * shared with whoever made the view; nobody changes them.
 *
 * @param clusterDomain {@code cluster.local} in most clusters
 * @param namespaces those labelled {@code stockade.dev/mesh: enabled}
 * @param trust the MeshTrust {@code default}
 * @param services all of the mesh namespaces
 * @param serviceAccounts all of the mesh namespaces
 */
public record MeshView(
        String trustDomain,
        String clusterDomain,
        Set<String> namespaces,
        List<SecureMcpServer> servers,
        List<AgentIdentity> agents,
        List<McpAccessPolicy> policies,
        Optional<MeshTrust> trust,
        List<MeshPod> pods,
        List<Service> services,
        Set<ResourceName> serviceAccounts) {
    public MeshView {
        requireNonNull(trustDomain);
        requireNonNull(clusterDomain);
        requireNonNull(trust);
        namespaces = Set.copyOf(namespaces);
        servers = live(servers);
        agents = live(agents);
        policies = live(policies);
        pods = pods.stream()
                .sorted(Comparator.comparing(MeshPod::namespace)
                        .thenComparing(MeshPod::name)
                        .thenComparing(MeshPod::uid))
                .toList();
        services = live(services);
        serviceAccounts = Set.copyOf(serviceAccounts);
    }

    private static <T extends HasMetadata> List<T> live(List<T> resources) {
        return resources.stream()
                .filter(r -> r.getMetadata().getDeletionTimestamp() == null)
                .sorted(Comparator.comparing(ResourceName::of))
                .toList();
    }

    /** The same cluster with these pods in place of its own. */
    public MeshView withPods(List<MeshPod> others) {
        return new MeshView(
                trustDomain,
                clusterDomain,
                namespaces,
                servers,
                agents,
                policies,
                trust,
                others,
                services,
                serviceAccounts);
    }

    /** Whether the namespace is labelled for the mesh. */
    public boolean inMesh(String namespace) {
        return namespaces.contains(namespace);
    }

    /** The server of that name. */
    public Optional<SecureMcpServer> server(ResourceName name) {
        return servers.stream().filter(s -> ResourceName.of(s).equals(name)).findFirst();
    }

    /** The agent of that name. */
    public Optional<AgentIdentity> agent(ResourceName name) {
        return agents.stream().filter(a -> ResourceName.of(a).equals(name)).findFirst();
    }

    /** The pod with that uid. */
    public Optional<MeshPod> pod(String uid) {
        return pods.stream().filter(p -> p.uid().equals(uid)).findFirst();
    }

    /** The identity that the agent's certificates carry. */
    public SpiffeId identity(AgentIdentity agent) {
        return new SpiffeId(
                trustDomain,
                agent.getMetadata().getNamespace(),
                WorkloadKind.AGENT,
                agent.getMetadata().getName());
    }

    /** The identity that the server's certificates carry. */
    public SpiffeId identity(SecureMcpServer server) {
        return new SpiffeId(
                trustDomain,
                server.getMetadata().getNamespace(),
                WorkloadKind.MCP,
                server.getMetadata().getName());
    }
}
