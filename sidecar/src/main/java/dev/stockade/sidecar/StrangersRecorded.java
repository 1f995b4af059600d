package dev.stockade.sidecar;

import static java.util.Objects.requireNonNull;

import java.time.Clock;

/**
 * How many connections without an identity are recorded one by one: so many a second that a person finds every attempt, and
 * so few that whoever can reach the port cannot fill the log, whose lines honest calls wait for.
 */
final class StrangersRecorded {
    /** Lines a second. */
    static final int MOST = 20;

    private final Clock clock;
    private long second;
    private int recorded;

    StrangersRecorded(Clock clock) {
        this.clock = requireNonNull(clock);
    }

    /** Whether this one is recorded; the rest of its second is only counted. */
    synchronized boolean admit() {
        long now = clock.instant().getEpochSecond();
        if (now != second) {
            second = now;
            recorded = 0;
        }
        return recorded++ < MOST;
    }
}
