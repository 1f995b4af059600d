package dev.stockade.operator.status;

import static java.util.Objects.requireNonNull;

import dev.stockade.policy.Claims;
import dev.stockade.policy.Grants;
import dev.stockade.policy.MeshView;

/** One picture of the cluster, with who claims which pod and who may do what in it. */
public record Mesh(MeshView view, Claims claims, Grants grants) {
    public Mesh {
        requireNonNull(view);
        requireNonNull(claims);
        requireNonNull(grants);
    }

    /** Works out claims and grants of a view. */
    public static Mesh of(MeshView view) {
        return new Mesh(view, Claims.of(view), Grants.of(view));
    }
}
