package dev.stockade.operator.cluster;

import static java.util.Objects.requireNonNull;

import dev.stockade.policy.MeshView;
import java.util.Map;

/**
 * The mesh at one moment.
 *
 * @param sequence grows with each picture of this replica: a lower one is older
 * @param reached {@code plural.group} (or the plural alone, of the core group) to the resourceVersion up to which every change
 *     is in the view
 */
public record Picture(long sequence, MeshView view, Map<String, Long> reached) {
    /** The key of the pods' resourceVersion, which certificates carry. */
    public static final String PODS = "pods";

    public Picture {
        requireNonNull(view);
        reached = Map.copyOf(reached);
    }

    /** Whether every kind is at or beyond these. A kind that is not known here is never reached. */
    public boolean reaches(Map<String, Long> wanted) {
        return wanted.entrySet().stream()
                .allMatch(entry -> reached.getOrDefault(entry.getKey(), -1L) >= entry.getValue());
    }

    /** Up to where the pods are known. */
    public long podsReached() {
        return reached.getOrDefault(PODS, 0L);
    }
}
