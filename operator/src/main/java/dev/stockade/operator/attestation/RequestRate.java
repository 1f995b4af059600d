package dev.stockade.operator.attestation;

import static java.util.Objects.requireNonNull;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** A token bucket a key. Buckets that are full again are forgotten, so that the memory is bounded by the callers of a minute. */
final class RequestRate {
    private static final int SWEEP_ABOVE = 4096;

    private final int perMinute;
    private final Clock clock;
    private final ConcurrentMap<String, Bucket> buckets = new ConcurrentHashMap<>();

    private record Bucket(double tokens, Instant at) {}

    RequestRate(int perMinute, Clock clock) {
        this.perMinute = perMinute;
        this.clock = requireNonNull(clock);
    }

    /** Whether this key may ask once more now; up to a minute's worth may come at once. */
    boolean admits(String key) {
        Instant now = clock.instant();
        if (buckets.size() > SWEEP_ABOVE) {
            buckets.values().removeIf(bucket -> filled(bucket, now) >= perMinute);
        }
        boolean[] admitted = new boolean[1];
        buckets.compute(key, (k, bucket) -> {
            double tokens = bucket == null ? perMinute : filled(bucket, now);
            admitted[0] = tokens >= 1;
            return new Bucket(admitted[0] ? tokens - 1 : tokens, now);
        });
        return admitted[0];
    }

    private double filled(Bucket bucket, Instant now) {
        double seconds = Math.max(0, Duration.between(bucket.at(), now).toMillis() / 1000.0);
        return Math.min(perMinute, bucket.tokens() + seconds * perMinute / 60);
    }
}
