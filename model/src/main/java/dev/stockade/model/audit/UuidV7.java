package dev.stockade.model.audit;

import java.time.Instant;
import java.util.UUID;
import java.util.random.RandomGenerator;

/** UUIDs that sort by time (RFC 9562 section 5.7). */
public final class UuidV7 {
    private static final long VERSION = 0x7000L;
    private static final long VARIANT = 0x8000_0000_0000_0000L;

    private UuidV7() {}

    /** 48 bits of milliseconds, 74 of randomness. */
    public static UUID at(Instant time, RandomGenerator random) {
        long high = (time.toEpochMilli() << 16) | VERSION | (random.nextLong() & 0xfff);
        long low = VARIANT | (random.nextLong() >>> 2);
        return new UUID(high, low);
    }
}
