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
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * One picture of the cluster, as far as it concerns the mesh. The lists are in the order of namespace and name, whatever
 * order they came in. Resources that are being deleted are left out: they have ended already. The resources themselves are
 * shared with whoever made the view; nobody changes them.
 */
public final class MeshView {
    private final String trustDomain;
    private final String clusterDomain;
    private final Set<String> namespaces;
    private final List<SecureMcpServer> servers;
    private final List<AgentIdentity> agents;
    private final List<McpAccessPolicy> policies;
    private final Optional<MeshTrust> trust;
    private final List<MeshPod> pods;
    private final List<Service> services;
    private final Set<ResourceName> serviceAccounts;
    private final Map<ResourceName, SecureMcpServer> serversByName;
    private final Map<ResourceName, AgentIdentity> agentsByName;
    private final Map<ResourceName, McpAccessPolicy> policiesByName;
    private final Map<String, MeshPod> podsByUid;
    private final Map<String, List<SecureMcpServer>> serversByNamespace;
    private final Map<String, List<AgentIdentity>> agentsByNamespace;
    private final Map<String, List<MeshPod>> podsByNamespace;
    private final Map<String, List<Service>> servicesByNamespace;

    /**
     * Sorts and indexes what the API server has.
     *
     * @param clusterDomain {@code cluster.local} in most clusters
     * @param namespaces those labelled {@code stockade.dev/mesh: enabled}
     * @param trust the MeshTrust {@code default}
     * @param services all of the mesh namespaces
     * @param serviceAccounts all of the mesh namespaces
     */
    public MeshView(
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
        this.trustDomain = requireNonNull(trustDomain);
        this.clusterDomain = requireNonNull(clusterDomain);
        this.trust = requireNonNull(trust);
        this.namespaces = Set.copyOf(namespaces);
        this.servers = live(servers);
        this.agents = live(agents);
        this.policies = live(policies);
        this.pods = pods.stream()
                .sorted(Comparator.comparing(MeshPod::namespace)
                        .thenComparing(MeshPod::name)
                        .thenComparing(MeshPod::uid))
                .toList();
        this.services = live(services);
        this.serviceAccounts = Set.copyOf(serviceAccounts);
        this.serversByName = byKey(this.servers, ResourceName::of);
        this.agentsByName = byKey(this.agents, ResourceName::of);
        this.policiesByName = byKey(this.policies, ResourceName::of);
        this.podsByUid = byKey(this.pods, MeshPod::uid);
        this.serversByNamespace = grouped(this.servers, s -> s.getMetadata().getNamespace());
        this.agentsByNamespace = grouped(this.agents, a -> a.getMetadata().getNamespace());
        this.podsByNamespace = grouped(this.pods, MeshPod::namespace);
        this.servicesByNamespace = grouped(this.services, s -> s.getMetadata().getNamespace());
    }

    private static <K, T> Map<K, T> byKey(List<T> all, Function<T, K> key) {
        Map<K, T> found = HashMap.newHashMap(all.size());
        all.forEach(one -> found.putIfAbsent(key.apply(one), one));
        return found;
    }

    private static <T> Map<String, List<T>> grouped(List<T> all, Function<T, String> namespace) {
        Map<String, List<T>> found = new HashMap<>();
        all.forEach(one -> found.computeIfAbsent(namespace.apply(one), n -> new ArrayList<>())
                .add(one));
        found.replaceAll((name, list) -> List.copyOf(list));
        return found;
    }

    /** The trust domain of every identity. */
    public String trustDomain() {
        return trustDomain;
    }

    /** The DNS domain of Services. */
    public String clusterDomain() {
        return clusterDomain;
    }

    /** Those that are labelled for the mesh. */
    public Set<String> namespaces() {
        return namespaces;
    }

    /** By namespace and name. */
    public List<SecureMcpServer> servers() {
        return servers;
    }

    /** By namespace and name. */
    public List<AgentIdentity> agents() {
        return agents;
    }

    /** By namespace and name. */
    public List<McpAccessPolicy> policies() {
        return policies;
    }

    /** The MeshTrust {@code default}. */
    public Optional<MeshTrust> trust() {
        return trust;
    }

    /** By namespace and name. */
    public List<MeshPod> pods() {
        return pods;
    }

    /** By namespace and name. */
    public List<Service> services() {
        return services;
    }

    /** Those of the mesh namespaces. */
    public Set<ResourceName> serviceAccounts() {
        return serviceAccounts;
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
        return Optional.ofNullable(serversByName.get(name));
    }

    /** The agent of that name. */
    public Optional<AgentIdentity> agent(ResourceName name) {
        return Optional.ofNullable(agentsByName.get(name));
    }

    /** The policy of that name. */
    public Optional<McpAccessPolicy> policy(ResourceName name) {
        return Optional.ofNullable(policiesByName.get(name));
    }

    /** The pod with that uid. */
    public Optional<MeshPod> pod(String uid) {
        return Optional.ofNullable(podsByUid.get(uid));
    }

    /** The servers of one namespace, by name. */
    public List<SecureMcpServer> serversIn(String namespace) {
        return serversByNamespace.getOrDefault(namespace, List.of());
    }

    /** The agents of one namespace, by name. */
    public List<AgentIdentity> agentsIn(String namespace) {
        return agentsByNamespace.getOrDefault(namespace, List.of());
    }

    /** The pods of one namespace, by name. */
    public List<MeshPod> podsIn(String namespace) {
        return podsByNamespace.getOrDefault(namespace, List.of());
    }

    /** The Services of one namespace, by name. */
    public List<Service> servicesIn(String namespace) {
        return servicesByNamespace.getOrDefault(namespace, List.of());
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
