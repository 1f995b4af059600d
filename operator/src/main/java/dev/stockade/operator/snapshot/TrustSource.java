package dev.stockade.operator.snapshot;

import dev.stockade.wire.control.v1.Source;

/**
 * The trust bundle among what a snapshot is compiled from: it is ordered and acknowledged like a resource, with the epoch as its
 * version and as its generation.
 */
public final class TrustSource {
    /** Its key in {@code compiled_at}, and its kind among the sources. */
    public static final String KIND = "trust";

    /** Stands where resources have their UID. */
    public static final String UID = "trust";

    private TrustSource() {}

    static Source of(long epoch) {
        return Source.newBuilder()
                .setKind(KIND)
                .setUid(UID)
                .setGeneration(epoch)
                .build();
    }
}
