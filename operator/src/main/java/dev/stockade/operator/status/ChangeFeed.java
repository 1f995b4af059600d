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
 * were some, at most once in {@link #GATHERING_MILLIS}.
 */
public final class ChangeFeed implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ChangeFeed.class);
    private static final long GATHERING_MILLIS = 200;

    private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
    private final AtomicBoolean pending = new AtomicBoolean();
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("status-changes").factory());

    /** Something changed. Returns at once. */
    public void changed() {
        if (!thread.isShutdown() && pending.compareAndSet(false, true)) {
            var _ = thread.schedule(this::pass, GATHERING_MILLIS, TimeUnit.MILLISECONDS);
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
        for (Runnable listener : listeners) {
            try {
                listener.run();
            } catch (RuntimeException e) {
                LOG.atWarn().setCause(e).log("a reconciler could not be woken");
            }
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
