package dev.stockade.operator.admission;

import static java.util.Objects.requireNonNull;

import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.agent.Capture;
import dev.stockade.policy.Claims;
import dev.stockade.policy.Grants;
import dev.stockade.policy.MeshPod;
import dev.stockade.policy.MeshView;
import dev.stockade.policy.ServiceNames;
import dev.stockade.policy.ServicePort;
import java.util.List;
import java.util.Optional;

/**
 * What the resources make of a pod that is being created.
 *
 * @param server the SecureMcpServer that selects it
 * @param agent the AgentIdentity that selects it
 */
public record Membership(Optional<AsServer> server, Optional<AsAgent> agent) {
    public Membership {
        requireNonNull(server);
        requireNonNull(agent);
    }

    /**
     * The pod is a replica of a server.
     *
     * @param name of the SecureMcpServer
     * @param port where the server listens, and which only the sidecar reaches
     */
    public record AsServer(String name, int port) {
        public AsServer {
            requireNonNull(name);
        }
    }

    /**
     * The pod is an agent.
     *
     * @param name of the AgentIdentity
     * @param captured the Services of the servers that it takes; empty where its capture is None
     */
    public record AsAgent(String name, List<ServicePort> captured) {
        public AsAgent {
            requireNonNull(name);
            captured = List.copyOf(captured);
        }
    }

    /** What the resources of a view make of a pod that is, or is about to be, in it. */
    static Membership in(MeshView view, MeshPod pod) {
        Claims claims = Claims.of(view);
        return new Membership(
                claims.server(pod)
                        .map(server -> new AsServer(
                                server.getMetadata().getName(), server.getSpec().port())),
                claims.agent(pod)
                        .map(agent -> new AsAgent(agent.getMetadata().getName(), captured(view, claims, agent))));
    }

    private static List<ServicePort> captured(MeshView view, Claims claims, AgentIdentity agent) {
        return agent.getSpec().capture() == Capture.NONE
                ? List.of()
                : Grants.of(view).taken(agent).stream()
                        .flatMap(server -> ServiceNames.of(server, view.services(), claims.pods(server)).stream())
                        .distinct()
                        .sorted()
                        .toList();
    }

    /** No resource selects it. */
    public static Membership none() {
        return new Membership(Optional.empty(), Optional.empty());
    }

    /** Whether any resource selects it. */
    public boolean any() {
        return server.isPresent() || agent.isPresent();
    }
}
