package dev.stockade.cli.status;

import static java.util.Objects.requireNonNull;

import dev.stockade.crds.access.McpAccessPolicy;
import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.crds.trust.MeshTrust;
import dev.stockade.policy.MeshPod;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What could be read of a cluster.
 *
 * @param only the namespace that was asked for; empty: all
 * @param trust empty if there is none, or if it could not be read: {@code unread} tells
 * @param labelled the namespaces of the mesh
 * @param pods empty if they could not be read
 * @param whole whether the resources of every namespace were read; if not, a name of another namespace may well exist
 * @param unread a sentence for each thing that could not be read, with the right that is missing
 */
public record MeshReading(
        Optional<String> only,
        Optional<MeshTrust> trust,
        Set<String> labelled,
        List<SecureMcpServer> servers,
        List<AgentIdentity> agents,
        List<McpAccessPolicy> policies,
        Optional<List<MeshPod>> pods,
        boolean whole,
        List<String> unread) {
    public MeshReading {
        requireNonNull(only);
        requireNonNull(trust);
        labelled = Set.copyOf(labelled);
        servers = List.copyOf(servers);
        agents = List.copyOf(agents);
        policies = List.copyOf(policies);
        pods = pods.map(List::copyOf);
        unread = List.copyOf(unread);
    }
}
