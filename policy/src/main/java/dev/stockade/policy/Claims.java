package dev.stockade.policy;

import static java.util.Objects.requireNonNull;

import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.server.SecureMcpServer;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiPredicate;
import java.util.function.Function;

/**
 * Which pod is whose. A pod is at most one server and at most one agent. Where two resources of a kind select it, the older
 * one has it (then the first by namespace and name), and the other is told.
 *
 * <p>A pod outside the mesh's namespaces is nobody's, nor is one that has ended, nor one whose service account was deleted
 * ({@link MeshPod#orphaned}), whether or not there is another of that name. A terminating pod is still its server: it
 * finishes what it has begun. Whether a pod has a sidecar does not matter here; see {@link MeshPod#injected}.
 */
public final class Claims {
    private final Map<String, SecureMcpServer> servers = new HashMap<>();
    private final Map<String, AgentIdentity> agents = new HashMap<>();
    private final Map<ResourceName, List<MeshPod>> serverPods = new HashMap<>();
    private final Map<ResourceName, List<MeshPod>> agentPods = new HashMap<>();
    private final Map<ResourceName, List<Conflict>> serverConflicts = new HashMap<>();
    private final Map<ResourceName, List<Conflict>> agentConflicts = new HashMap<>();

    /**
     * A pod that a resource selects and does not have.
     *
     * @param winner the older resource of the same kind, which has it
     */
    public record Conflict(MeshPod pod, ResourceName winner) {
        public Conflict {
            requireNonNull(pod);
            requireNonNull(winner);
        }
    }

    private Claims() {}

    /** Gives every pod of the view to whom it belongs. */
    public static Claims of(MeshView view) {
        Claims claims = new Claims();
        List<MeshPod> pods = view.pods().stream()
                .filter(p -> view.inMesh(p.namespace()) && !p.finished() && !p.orphaned())
                .toList();
        claims.assign(view, pods);
        return claims;
    }

    /** Whose this pod is, as it stands here, whatever the view says of it. */
    public static Claims of(MeshView view, MeshPod pod) {
        Claims claims = new Claims();
        if (view.inMesh(pod.namespace()) && !pod.finished() && !pod.orphaned()) {
            claims.assign(view, List.of(pod));
        }
        return claims;
    }

    private void assign(MeshView view, List<MeshPod> pods) {
        assign(pods, view::serversIn, Selectors::selects, servers, serverPods, serverConflicts);
        assign(pods, view::agentsIn, Selectors::selects, agents, agentPods, agentConflicts);
    }

    private static <R extends HasMetadata> void assign(
            List<MeshPod> pods,
            Function<String, List<R>> resources,
            BiPredicate<R, MeshPod> selects,
            Map<String, R> owners,
            Map<ResourceName, List<MeshPod>> owned,
            Map<ResourceName, List<Conflict>> conflicts) {
        // Nobody claims a pod of another namespace.
        Map<String, List<R>> oldestFirst = new HashMap<>();
        for (MeshPod pod : pods) {
            Optional<R> winner = Optional.empty();
            for (R resource : oldestFirst.computeIfAbsent(pod.namespace(), n -> oldestFirst(resources.apply(n)))) {
                if (!selects.test(resource, pod)) {
                    continue;
                }
                ResourceName name = ResourceName.of(resource);
                if (winner.isPresent()) {
                    conflicts
                            .computeIfAbsent(name, n -> new ArrayList<>())
                            .add(new Conflict(pod, ResourceName.of(winner.get())));
                } else {
                    winner = Optional.of(resource);
                    owners.put(pod.uid(), resource);
                    owned.computeIfAbsent(name, n -> new ArrayList<>()).add(pod);
                }
            }
        }
    }

    private static <R extends HasMetadata> List<R> oldestFirst(List<R> resources) {
        return resources.stream()
                .sorted(Comparator.comparing(Claims::created).thenComparing(ResourceName::of))
                .toList();
    }

    /** RFC 3339 in UTC with whole seconds, as the API server writes it, sorts as text; empty before it was stored: last. */
    private static String created(HasMetadata resource) {
        String time = resource.getMetadata().getCreationTimestamp();
        return time == null || time.isEmpty() ? "~" : time;
    }

    /** The server that this pod is. */
    public Optional<SecureMcpServer> server(MeshPod pod) {
        return Optional.ofNullable(servers.get(pod.uid()));
    }

    /** The agent that this pod is. */
    public Optional<AgentIdentity> agent(MeshPod pod) {
        return Optional.ofNullable(agents.get(pod.uid()));
    }

    /** The pods of a server, in the order of their names. */
    public List<MeshPod> pods(SecureMcpServer server) {
        return List.copyOf(serverPods.getOrDefault(ResourceName.of(server), List.of()));
    }

    /** The pods of an agent, in the order of their names. */
    public List<MeshPod> pods(AgentIdentity agent) {
        return List.copyOf(agentPods.getOrDefault(ResourceName.of(agent), List.of()));
    }

    /** The pods that this server selects and that are an older server's. */
    public List<Conflict> conflicts(SecureMcpServer server) {
        return List.copyOf(serverConflicts.getOrDefault(ResourceName.of(server), List.of()));
    }

    /** The pods that this agent selects and that are an older agent's. */
    public List<Conflict> conflicts(AgentIdentity agent) {
        return List.copyOf(agentConflicts.getOrDefault(ResourceName.of(agent), List.of()));
    }
}
