package dev.stockade.sidecar;

import static java.util.Objects.requireNonNull;

import java.time.Clock;
import java.util.HashMap;
import java.util.Map;

/**
 * How many refusals at the door are recorded one by one: so many a second that a person finds every attempt, and so few that
 * whoever can reach the port cannot fill the log, whose lines honest calls wait for.
 *
 * @param <K> by what they are told apart; one that floods takes nothing from the others
 */
final class RefusalsRecorded<K> {
    private final Clock clock;
    private final int most;
    private final Map<K, Integer> recorded = new HashMap<>();
    private long second;

    /** @param most lines a second, of each */
    RefusalsRecorded(Clock clock, int most) {
        this.clock = requireNonNull(clock);
        this.most = most;
    }

    /** Whether this one is recorded; the rest of its second is only counted. */
    synchronized boolean admit(K of) {
        long now = clock.instant().getEpochSecond();
        if (now != second) {
            second = now;
            recorded.clear();
        }
        return recorded.merge(of, 1, Integer::sum) <= most;
    }
}
