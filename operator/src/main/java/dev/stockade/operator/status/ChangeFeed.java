package dev.stockade.operator.status;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gathers the many small changes of what statuses are made of (pods, endpoints, acknowledgements) and passes on that there
 * were some, at most once in {@link #GATHERING_MILLIS}; the longer it takes to hear of it, the more is gathered, so that a storm
 * of changes leaves most of the processor to what makes them.
 */
public final class ChangeFeed implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ChangeFeed.class);
    private static final long GATHERING_MILLIS = 200;

    private static final long LONGEST_MILLIS = 2_000;

    /** Of the time, one part in so many goes into passing on, as long as that does not take longer than it gathers. */
    private static final int SHARE = 5;

    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private volatile long gatheringNanos = TimeUnit.MILLISECONDS.toNanos(GATHERING_MILLIS);
    private final AtomicBoolean pending = new AtomicBoolean();
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("status-changes").factory());

    /** Something changed. Returns at once. */
    public void changed() {
        if (!thread.isShutdown() && pending.compareAndSet(false, true)) {
            var _ = thread.schedule(this::pass, gatheringNanos, TimeUnit.NANOSECONDS);
        }
    }

    /** Calls the listener, on one thread of the feed, whenever something has changed. */
    public void subscribe(Runnable listener) {
        listeners.add(listener);
    }

    void unsubscribe(Runnable listener) {
        listeners.remove(listener);
    }

    private void pass() {
        // Before the listeners run: what changes while they do is passed on again.
        pending.set(false);
        long began = System.nanoTime();
        for (Runnable listener : listeners) {
            try {
                listener.run();
            } catch (RuntimeException e) {
                LOG.atWarn().setCause(e).log("a reconciler could not be woken");
            }
        }
        gatheringNanos = Math.clamp(
                (SHARE - 1) * (System.nanoTime() - began),
                TimeUnit.MILLISECONDS.toNanos(GATHERING_MILLIS),
                TimeUnit.MILLISECONDS.toNanos(LONGEST_MILLIS));
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
