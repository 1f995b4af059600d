package dev.stockade.sidecar.vantage;

/** Keeps events apart. For one thread; times are those of {@link System#nanoTime}. */
final class Pace {
    private final long apart;
    private long free;

    /** @param apart nanoseconds between two events, at least */
    Pace(long apart, long now) {
        this.apart = apart;
        this.free = now;
    }

    /** How many nanoseconds from now the next event may be; it is then taken. */
    long delay(long now) {
        long delay = Math.max(0, free - now);
        free = now + delay + apart;
        return delay;
    }
}
