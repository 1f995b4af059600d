package dev.stockade.policy;

import static java.util.Objects.requireNonNull;

import dev.stockade.crds.access.McpAccessPolicy;
import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.model.policy.AccessPolicy;
import dev.stockade.model.policy.AgentAccess;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Who may do what where: the policies of a view, resolved and compiled.
 *
 * <p>Policies open only servers of their own namespace. Servers, agents and policies in a namespace that is not labelled for
 * the mesh count as missing. An agent gets access where a policy names it and it is itself willing.
 */
public final class Grants {
    private final MeshView view;
    private final Map<ResourceName, List<AccessPolicy>> policies = new HashMap<>();
    private final Map<ResourceName, Map<ResourceName, AgentAccess>> access = new HashMap<>();
    private final Map<ResourceName, Resolution> resolutions = new HashMap<>();
    private final Map<ResourceName, List<PolicyCompiler.InvalidCondition>> invalid = new HashMap<>();
    private final Map<ResourceName, List<McpAccessPolicy>> opening = new HashMap<>();
    private final Map<ResourceName, List<McpAccessPolicy>> naming = new HashMap<>();
    private final Set<ResourceName> suspendedByTrust;

    /**
     * What a policy's references came to.
     *
     * @param servers that exist and that it opens
     * @param agents that exist and that it names, willing or not
     * @param unresolved a sentence for each name that does not exist (yet)
     * @param notes a sentence for each thing that is no error, and that its author may wonder about: an agent that is not
     *     willing, a selector that selects nothing
     */
    public record Resolution(
            List<ResourceName> servers, List<ResourceName> agents, List<String> unresolved, List<String> notes) {
        public Resolution {
            servers = List.copyOf(servers);
            agents = List.copyOf(agents);
            unresolved = List.copyOf(unresolved);
            notes = List.copyOf(notes);
        }
    }

    private Grants(MeshView view) {
        this.view = requireNonNull(view);
        this.suspendedByTrust = view.trust().stream()
                .flatMap(t -> t.getSpec().suspended().stream())
                .map(s -> new ResourceName(s.namespace(), s.name()))
                .collect(Collectors.toUnmodifiableSet());
    }

    /** Resolves and compiles every policy of the view. */
    public static Grants of(MeshView view) {
        return of(view, CompiledPolicy::of);
    }

    /**
     * Resolves every policy of the view.
     *
     * @param compiler compiles one, or remembers what came of it: what is compiled depends on nothing but the policy's generation
     */
    public static Grants of(MeshView view, Function<McpAccessPolicy, CompiledPolicy> compiler) {
        Grants grants = new Grants(view);
        Map<ResourceName, Map<ResourceName, List<AccessPolicy>>> named = new HashMap<>();
        for (McpAccessPolicy policy : view.policies()) {
            Resolution resolution = new Resolving(view, policy).resolve();
            grants.resolutions.put(ResourceName.of(policy), resolution);
            CompiledPolicy made = compiler.apply(policy);
            grants.invalid.put(ResourceName.of(policy), made.invalid());
            AccessPolicy compiled = made.policy();
            for (ResourceName agent : resolution.agents()) {
                grants.naming.computeIfAbsent(agent, a -> new ArrayList<>()).add(policy);
            }
            for (ResourceName server : resolution.servers()) {
                grants.opening.computeIfAbsent(server, s -> new ArrayList<>()).add(policy);
                grants.policies.computeIfAbsent(server, s -> new ArrayList<>()).add(compiled);
                for (ResourceName agent : resolution.agents()) {
                    named.computeIfAbsent(server, s -> new TreeMap<>())
                            .computeIfAbsent(agent, a -> new ArrayList<>())
                            .add(compiled);
                }
            }
        }
        named.forEach((server, policiesOfAgents) -> policiesOfAgents.forEach((name, theirs) -> {
            AgentIdentity agent = view.agent(name).orElseThrow();
            if (Consent.takes(agent, server)) {
                grants.access
                        .computeIfAbsent(server, s -> new LinkedHashMap<>())
                        .put(
                                name,
                                new AgentAccess(
                                        view.identity(agent),
                                        agent.getSpec().serviceAccountName(),
                                        serverIdentity(view, server),
                                        grants.suspended(agent),
                                        theirs));
            }
        }));
        return grants;
    }

    private static SpiffeId serverIdentity(MeshView view, ResourceName server) {
        return new SpiffeId(view.trustDomain(), server.namespace(), WorkloadKind.MCP, server.name());
    }

    /** The policies that open this server, in the order of their names; also those whose agents are not willing. */
    public List<AccessPolicy> policies(SecureMcpServer server) {
        return List.copyOf(policies.getOrDefault(ResourceName.of(server), List.of()));
    }

    /** Who may connect to this server: the agents that a policy names and that are willing, in the order of their names. */
    public List<AgentAccess> agents(SecureMcpServer server) {
        return List.copyOf(
                access.getOrDefault(ResourceName.of(server), Map.of()).values());
    }

    /** What the agent may do at this server; empty unless a policy names both and the agent is willing. */
    public Optional<AgentAccess> access(AgentIdentity agent, SecureMcpServer server) {
        return Optional.ofNullable(
                access.getOrDefault(ResourceName.of(server), Map.of()).get(ResourceName.of(agent)));
    }

    /** Whether some policy lets the agent do something at the server, and the agent is willing; suspended or not. */
    public boolean granted(AgentIdentity agent, SecureMcpServer server) {
        return access(agent, server).map(AgentAccess::grantsAnything).orElse(false);
    }

    /** Every server that the agent takes, granted or not, in the order of their names. */
    public List<SecureMcpServer> taken(AgentIdentity agent) {
        return Consent.namespaces(agent).stream()
                .filter(view::inMesh)
                .flatMap(namespace -> view.serversIn(namespace).stream())
                .filter(s -> Consent.takes(agent, ResourceName.of(s)))
                .toList();
    }

    /** The policies that open this server, to whomever, in the order of their names. */
    public List<McpAccessPolicy> opening(ResourceName server) {
        return List.copyOf(opening.getOrDefault(server, List.of()));
    }

    /** The policies that name this agent, willing or not, in the order of their names. */
    public List<McpAccessPolicy> naming(ResourceName agent) {
        return List.copyOf(naming.getOrDefault(agent, List.of()));
    }

    /** Whether the agent is cut off, by its own resource or by the MeshTrust. */
    public boolean suspended(AgentIdentity agent) {
        return agent.getSpec().suspended() || suspendedByTrust.contains(ResourceName.of(agent));
    }

    /** The conditions of the policy that cannot be compiled; of a policy that is not in the view: none. */
    public List<PolicyCompiler.InvalidCondition> invalidConditions(McpAccessPolicy policy) {
        return invalid.getOrDefault(ResourceName.of(policy), List.of());
    }

    /** What the policy's references came to; of a policy that is not in the view: nothing. */
    public Resolution resolution(McpAccessPolicy policy) {
        return resolutions.getOrDefault(
                ResourceName.of(policy), new Resolution(List.of(), List.of(), List.of(), List.of()));
    }
}
