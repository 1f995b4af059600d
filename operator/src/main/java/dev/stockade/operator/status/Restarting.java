package dev.stockade.operator.status;

import static java.util.Objects.requireNonNull;

/**
 * How far restarting the pods without a sidecar has come: what {@code Injected} says of it.
 *
 * @param sentence for people
 * @param stalled whether only a user can mend it
 */
public record Restarting(Reason reason, String sentence, boolean stalled) {
    public Restarting {
        requireNonNull(reason);
        requireNonNull(sentence);
    }
}
