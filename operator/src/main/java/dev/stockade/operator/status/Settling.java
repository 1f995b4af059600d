package dev.stockade.operator.status;

import static java.util.Objects.requireNonNull;

import dev.stockade.crds.common.Condition;
import java.time.Duration;
import java.time.Instant;

/**
 * The first while of a replica that reconciles: missing reports of sidecars say nothing yet, and what a former leader published
 * of the same generation is left as it is.
 *
 * @param left how much longer; zero or less once it is over
 * @param since when it began
 */
public record Settling(Duration left, Instant since) {
    /** Every report that was to come has come. */
    public static final Settling OVER = new Settling(Duration.ZERO, Instant.EPOCH);

    public Settling {
        requireNonNull(left);
        requireNonNull(since);
    }

    /** Whether missing reports still say nothing. */
    public boolean lasts() {
        return left.isPositive();
    }

    /** Whether this condition is a former leader's {@link #isFormers}, and True. */
    public boolean keeps(Condition published, long generation) {
        return published.status() == Condition.Status.TRUE && isFormers(published, generation);
    }

    /**
     * Whether this condition is a former leader's, and missing reports say nothing against it. What this replica itself made of it
     * is not: it knows better than it did then. Times of transitions have whole seconds, so that of one within the second of the
     * change nothing is known.
     */
    public boolean isFormers(Condition published, long generation) {
        return isFormers(published, generation, Duration.ZERO);
    }

    /**
     * The same of what takes longer to find out again than reports take to come.
     *
     * @param longer by how much, at most
     */
    public boolean isFormers(Condition published, long generation, Duration longer) {
        return left.plus(longer).isPositive()
                && published.observedGeneration() == generation
                && !Instant.parse(published.lastTransitionTime()).plusSeconds(1).isAfter(since);
    }
}
