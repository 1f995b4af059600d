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

    /** How much longer missing reports say nothing; zero once they do. */
    public Duration settling(Instant collectingSince, Instant now) {
        Instant later = collectingSince.isAfter(since) ? collectingSince : since;
        Duration left = Duration.between(now, later.plus(SETTLING));
        return left.isNegative() ? Duration.ZERO : left;
    }
}
