package dev.stockade.operator.status;

import static java.util.Objects.requireNonNull;

import dev.stockade.operator.acks.Acknowledgements;
import java.time.Clock;
import java.time.Instant;
import java.util.function.Supplier;

/**
 * Where reconcilers look.
 *
 * @param mesh as the caches have it now
 * @param acknowledgements what sidecars have in force
 * @param bare the pods without a sidecar
 * @param isolation what was found by trying
 * @param outdated names sidecars of another release than this operator
 */
public record Evidence(
        Supplier<Mesh> mesh,
        Acknowledgements acknowledgements,
        BarePods bare,
        Isolation isolation,
        Outdated outdated,
        Tenure tenure,
        Clock clock) {
    public Evidence {
        requireNonNull(mesh);
        requireNonNull(acknowledgements);
        requireNonNull(bare);
        requireNonNull(isolation);
        requireNonNull(outdated);
        requireNonNull(tenure);
        requireNonNull(clock);
    }

    /** Whether missing reports say nothing yet. */
    public Settling settling() {
        return tenure.settling(acknowledgements.since(), clock.instant());
    }

    /** The present, for the times of transitions. */
    public Instant now() {
        return clock.instant();
    }
}
