package dev.stockade.sidecar.tunnel;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.policy.Reason;

/**
 * Fired down the pipeline of a stream whose connection is about to be cut: the last chance to say why to whoever waits.
 *
 * @param auditId of the line that records it
 */
public record Cutoff(Reason reason, String auditId) {
    public Cutoff {
        requireNonNull(reason);
        requireNonNull(auditId);
    }
}
