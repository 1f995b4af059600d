package dev.stockade.operator.status;

import static java.util.Objects.requireNonNull;

import dev.stockade.policy.Claims;
import dev.stockade.policy.Grants;
import dev.stockade.policy.MeshView;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.util.List;
import java.util.stream.Stream;

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
        ObjectMeta given = resource.getMetadata();
        return Stream.of(view.servers(), view.agents(), view.policies())
                .flatMap(List::stream)
                .map(HasMetadata::getMetadata)
                .filter(seen -> seen.getUid().equals(given.getUid()))
                .noneMatch(seen -> seen.getGeneration() >= given.getGeneration());
    }

    /** Works out claims and grants of a view. */
    public static Mesh of(MeshView view) {
        return new Mesh(view, Claims.of(view), Grants.of(view));
    }
}
