package dev.stockade.operator.status;

import static java.util.Objects.requireNonNull;

import dev.stockade.crds.access.McpAccessPolicy;
import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.policy.Claims;
import dev.stockade.policy.Grants;
import dev.stockade.policy.MeshView;
import dev.stockade.policy.ResourceName;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.util.Optional;

/** One picture of the cluster, with who claims which pod and who may do what in it. */
public record Mesh(MeshView view, Claims claims, Grants grants) {
    public Mesh {
        requireNonNull(view);
        requireNonNull(claims);
        requireNonNull(grants);
    }

    /**
     * Whether the picture is older than this resource as it is given: it would be judged by what it said before. The reconciler's
     * copy comes by another watch than the picture.
     *
     * @param resource a server, an agent or a policy
     */
    public boolean isBehind(HasMetadata resource) {
        ResourceName name = ResourceName.of(resource);
        Optional<? extends HasMetadata> seen = switch (resource) {
            case SecureMcpServer server -> view.server(name);
            case AgentIdentity agent -> view.agent(name);
            case McpAccessPolicy policy -> view.policy(name);
            default -> throw new IllegalArgumentException(resource.getKind() + " is in no picture");
        };
        ObjectMeta given = resource.getMetadata();
        return seen.map(HasMetadata::getMetadata)
                .filter(there -> there.getUid().equals(given.getUid()))
                .filter(there -> there.getGeneration() >= given.getGeneration())
                .isEmpty();
    }

    /** Works out claims and grants of a view. */
    public static Mesh of(MeshView view) {
        return new Mesh(view, Claims.of(view), Grants.of(view));
    }
}
