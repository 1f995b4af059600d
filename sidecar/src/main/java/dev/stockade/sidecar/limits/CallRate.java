package dev.stockade.sidecar.limits;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.SpiffeId;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/**
 * Calls of each agent: a bucket of as many as it has a minute, refilled evenly. An agent that made none for a minute may make
 * them all at once. On the event loop.
 */
public final class CallRate {
    private static final long MINUTE = Duration.ofMinutes(1).toNanos();
    /** Full buckets say nothing, and are dropped when there are so many. */
    private static final int SWEPT_AT = 1024;

    private final IntSupplier perMinute;
    private final LongSupplier nanos;
    private final Map<SpiffeId, Bucket> buckets = new HashMap<>();
    private int sweepAt = SWEPT_AT;

    /** Time is what it holds: a minute of it is all of the calls. */
    private static final class Bucket {
        long left;
        long at;

        Bucket(long left, long at) {
            this.left = left;
            this.at = at;
        }

        void refill(long now) {
            left = Math.min(MINUTE, left + (now - at));
            at = now;
        }
    }

    /**
     * @param perMinute how many an agent has now
     * @param nanos a clock that only runs forward
     */
    public CallRate(IntSupplier perMinute, LongSupplier nanos) {
        this.perMinute = requireNonNull(perMinute);
        this.nanos = requireNonNull(nanos);
    }

    /** Takes one call: 0, or how many seconds the agent has to wait for the next, at least one. */
    public long take(SpiffeId agent) {
        long now = nanos.getAsLong();
        Bucket bucket = buckets.get(agent);
        if (bucket == null) {
            sweep(now);
            bucket = new Bucket(MINUTE, now);
            buckets.put(agent, bucket);
        }
        bucket.refill(now);
        long price = MINUTE / perMinute.getAsInt();
        if (bucket.left >= price) {
            bucket.left -= price;
            return 0;
        }
        return Math.max(1, Duration.ofNanos(price - bucket.left + 999_999_999).toSeconds());
    }

    private void sweep(long now) {
        if (buckets.size() < sweepAt) {
            return;
        }
        buckets.values().removeIf(bucket -> {
            bucket.refill(now);
            return bucket.left == MINUTE;
        });
        sweepAt = Math.max(SWEPT_AT, 2 * buckets.size());
    }
}
