package dev.stockade.operator.snapshot;

import dev.stockade.crds.access.McpAccessPolicy;
import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.agent.Capture;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.policy.Claims;
import dev.stockade.policy.Grants;
import dev.stockade.policy.MeshPod;
import dev.stockade.policy.MeshView;
import dev.stockade.policy.ResourceName;
import dev.stockade.policy.ServiceNames;
import dev.stockade.wire.control.v1.Agent;
import dev.stockade.wire.control.v1.Endpoint;
import dev.stockade.wire.control.v1.ServerTarget;
import dev.stockade.wire.control.v1.ServiceName;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** The part of a snapshot that an agent's pods get: the servers that it takes, granted or not, and where they are. */
final class AgentSnapshot {
    private final MeshView view;
    private final Claims claims;
    private final Grants grants;

    AgentSnapshot(MeshView view, Claims claims, Grants grants) {
        this.view = view;
        this.claims = claims;
        this.grants = grants;
    }

    Agent compile(AgentIdentity agent, Sources sources) {
        sources.add(agent);
        Agent.Builder message = Agent.newBuilder()
                .setSpiffeId(view.identity(agent).uri())
                .setNamespace(agent.getMetadata().getNamespace())
                .setName(agent.getMetadata().getName())
                .setSuspended(grants.suspended(agent));
        List<SecureMcpServer> taken = grants.taken(agent);
        for (SecureMcpServer server : taken) {
            sources.add(server);
            message.addServers(target(agent, server));
        }
        concerning(agent, taken, sources);
        return message.build();
    }

    /** The policies that name this agent at a server that it takes decide whether the server is listed to it. */
    private void concerning(AgentIdentity agent, List<SecureMcpServer> taken, Sources sources) {
        Set<ResourceName> servers = taken.stream().map(ResourceName::of).collect(Collectors.toSet());
        for (McpAccessPolicy policy : grants.naming(ResourceName.of(agent))) {
            if (grants.resolution(policy).servers().stream().anyMatch(servers::contains)) {
                sources.add(policy);
            }
        }
    }

    private ServerTarget target(AgentIdentity agent, SecureMcpServer server) {
        List<MeshPod> pods = claims.pods(server);
        ServerTarget.Builder message = ServerTarget.newBuilder()
                .setSpiffeId(view.identity(server).uri())
                .setNamespace(server.getMetadata().getNamespace())
                .setName(server.getMetadata().getName())
                .setPath(server.getSpec().path())
                .setPort(server.getSpec().port())
                .setGranted(grants.granted(agent, server));
        for (MeshPod pod : pods) {
            if (pod.injected() && !pod.ips().isEmpty()) {
                message.addEndpoints(Endpoint.newBuilder()
                        .setPodUid(pod.uid())
                        .setPodName(pod.name())
                        .setAddress(pod.ips().getFirst())
                        .setReady(pod.ready() && !pod.terminating())
                        .setTerminating(pod.terminating()));
            }
        }
        if (agent.getSpec().capture() == Capture.NAMES) {
            ServiceNames.of(server, view.servicesIn(server.getMetadata().getNamespace()), pods)
                    .forEach(port -> message.addServices(ServiceName.newBuilder()
                            .setNamespace(port.namespace())
                            .setName(port.service())
                            .setPort(port.port())));
        }
        return message.build();
    }
}
