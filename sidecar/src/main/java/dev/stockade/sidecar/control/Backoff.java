package dev.stockade.sidecar.control;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** Waiting times that double from a first one to a longest one, each shortened by up to a half at random. */
final class Backoff {
    private final Duration first;
    private final RandomGenerator random;
    private Duration next;

    Backoff(Duration first, RandomGenerator random) {
        this.first = requireNonNull(first);
        this.random = requireNonNull(random);
        this.next = first;
    }

    /** How long to wait after one more failure. */
    Duration next(Duration longest) {
        Duration capped = next.compareTo(longest) > 0 ? longest : next;
        next = capped.multipliedBy(2);
        long millis = capped.toMillis();
        return Duration.ofMillis(millis - random.nextLong(millis / 2 + 1));
    }

    void reset() {
        next = first;
    }
}
