package dev.stockade.operator.control;

import static java.util.Objects.requireNonNull;

import dev.stockade.operator.cluster.Picture;
import dev.stockade.operator.snapshot.CompiledMesh;
import dev.stockade.operator.snapshot.TrustSource;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What this replica has to tell at one moment: the cluster and the trust bundle, and how far both are known.
 *
 * @param confirmed when the caches were last known to be current
 */
record Offer(Picture picture, CompiledMesh mesh, Optional<Instant> confirmed) {
    Offer {
        requireNonNull(picture);
        requireNonNull(mesh);
        requireNonNull(confirmed);
    }

    long epoch() {
        return mesh.trust().getEpoch();
    }

    /** For {@code compiled_at}: the resourceVersions, and the epoch of the trust bundle. */
    Map<String, Long> reached() {
        Map<String, Long> reached = new HashMap<>(picture.reached());
        reached.put(TrustSource.KIND, epoch());
        return reached;
    }

    /** Whether everything is at or beyond these. A kind that is not known here is never reached. */
    boolean reaches(Map<String, Long> wanted) {
        Map<String, Long> reached = reached();
        return wanted.entrySet().stream()
                .allMatch(entry -> reached.getOrDefault(entry.getKey(), -1L) >= entry.getValue());
    }
}
