package dev.stockade.operator.status;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.Instant;

/**
 * Since when this replica has been reconciling and collecting acknowledgements. A new leader has heard of few sidecars yet: for
 * {@link #SETTLING} it leaves what was published of the same generation as it is.
 */
public final class Tenure {
    /** How long sidecars and other replicas have to report. */
    public static final Duration SETTLING = Duration.ofSeconds(30);

    private volatile Instant since = Instant.EPOCH;

    /** This replica was elected. */
    public void begin(Instant now) {
        since = requireNonNull(now);
    }

    /** Whether missing reports say nothing yet. */
    public Settling settling(Instant collectingSince, Instant now) {
        Instant later = collectingSince.isAfter(since) ? collectingSince : since;
        return new Settling(Duration.between(now, later.plus(SETTLING)), later);
    }
}
