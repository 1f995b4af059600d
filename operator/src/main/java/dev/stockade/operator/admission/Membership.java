package dev.stockade.operator.admission;

import static java.util.Objects.requireNonNull;

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
    public record AsAgent(String name, List<CapturedService> captured) {
        public AsAgent {
            requireNonNull(name);
            captured = List.copyOf(captured);
        }
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
