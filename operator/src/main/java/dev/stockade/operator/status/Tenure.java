package dev.stockade.operator.status;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.Instant;

/**
 * Since when this replica has been reconciling and collecting acknowledgements. A new leader has heard of few sidecars yet: for
 * {@link #SETTLING} it leaves what was published of the same generation as it is, and for longer only while one sidecar after the
 * other still comes: a mesh of thousands does not come back in thirty seconds. Safe for use by many threads.
 */
public final class Tenure {
    /** How long sidecars and other replicas have to report. */
    public static final Duration SETTLING = Duration.ofSeconds(30);

    /** How long the next one is waited for, while they come. */
    static final Duration NEXT = Duration.ofSeconds(10);

    /** However many still come. */
    static final Duration LONGEST = Duration.ofMinutes(3);

    private Instant since = Instant.EPOCH;
    private Instant until = Instant.EPOCH;

    /** This replica was elected. */
    public synchronized void begin(Instant now) {
        since = requireNonNull(now);
        until = now.plus(SETTLING);
    }

    /** A sidecar was heard of for the first time. Once nobody was waited for any more, that is news, and no report of before. */
    public synchronized void arrived(Instant now) {
        if (now.isBefore(until)) {
            until = earlier(later(until, now.plus(NEXT)), since.plus(LONGEST));
        }
    }

    /** Whether missing reports say nothing yet. */
    public synchronized Settling settling(Instant collectingSince, Instant now) {
        Instant began = later(collectingSince, since);
        return new Settling(Duration.between(now, later(until, began.plus(SETTLING))), began);
    }

    private static Instant later(Instant one, Instant other) {
        return one.isAfter(other) ? one : other;
    }

    private static Instant earlier(Instant one, Instant other) {
        return one.isBefore(other) ? one : other;
    }
}
