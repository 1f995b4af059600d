package dev.stockade.operator.status;

import static java.util.Objects.requireNonNull;

/**
 * How far restarting the pods without a sidecar has come: what {@code Injected} says of it.
 *
 * @param reason one CamelCase word for machines
 * @param sentence for people
 * @param stalled whether only a user can mend it
 */
public record Restarting(String reason, String sentence, boolean stalled) {
    /** Something came in place of an evicted pod and has no sidecar either, or would not have one. */
    public static final String STOPPED = "EvictionStopped";

    public Restarting {
        requireNonNull(reason);
        requireNonNull(sentence);
    }
}
