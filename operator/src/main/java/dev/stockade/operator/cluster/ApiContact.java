package dev.stockade.operator.cluster;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What a replica does that has not heard of the API server for a while. It may be this one alone that is cut off: then others
 * admit, sign and hear what is withdrawn, and this one stands in their way as long as the Service and sidecars come to it.
 */
public enum ApiContact {
    /** The caches were confirmed lately, or were not filled yet. */
    CURRENT,
    /** The replica says that it is not ready, so that the Service leaves it. */
    LOST,
    /** Sidecars are sent to look for another replica. */
    ABANDONED;

    /** Longer than a list of each kind takes an API server that is crowded. */
    static final Duration READY = Duration.ofSeconds(30);

    /** When kubelet and the Service's endpoints have had the time to notice. */
    static final Duration KEPT = Duration.ofSeconds(40);

    /** @param confirmed when every cache was last known to be current; empty before all were */
    public static ApiContact of(Optional<Instant> confirmed, Instant now) {
        requireNonNull(now);
        Duration silence = confirmed.map(at -> Duration.between(at, now)).orElse(Duration.ZERO);
        if (silence.compareTo(KEPT) > 0) {
            return ABANDONED;
        }
        return silence.compareTo(READY) > 0 ? LOST : CURRENT;
    }
}
