package dev.stockade.sidecar.mcp;

import static java.util.Objects.requireNonNull;

import dev.stockade.sidecar.limits.Allowances;
import dev.stockade.sidecar.limits.Holding;
import dev.stockade.sidecar.metrics.Metrics;
import dev.stockade.sidecar.metrics.Metrics.Count;
import java.util.concurrent.TimeUnit;

/**
 * The memory for what of an answer cannot pass yet, and how long the answer has waited for it. Used on the event loop of the
 * agent's stream alone.
 */
final class AnswerRoom {
    private final Holding memory;
    private final Metrics metrics;
    private final Runnable resume;

    /** Since when the answer waits; 0 while it does not. */
    private long stalledSince;

    /**
     * @param memory of the agent's share
     * @param resume runs when there is room again after there was none
     */
    AnswerRoom(Holding memory, Metrics metrics, Runnable resume) {
        this.memory = requireNonNull(memory);
        this.metrics = requireNonNull(metrics);
        this.resume = requireNonNull(resume);
    }

    /** So many bytes are held until they may pass. */
    void holds(long bytes) {
        memory.set(bytes);
    }

    /** Whether more may be read from the server; if not, the wait begins, and {@code resume} ends it. */
    boolean admitsMore() {
        if (within()) {
            stalledSince = 0;
            return true;
        }
        if (stalledSince == 0) {
            stalledSince = System.nanoTime();
            metrics.count(Count.LIMIT_BUFFER_WAITS);
            memory.onRoom(this::again);
        }
        return false;
    }

    private boolean within() {
        return memory.amount() == 0 || memory.within();
    }

    private void again() {
        if (stalledSince == 0) {
            return;
        }
        if (within()) {
            resume.run();
        } else {
            memory.onRoom(this::again);
        }
    }

    /** Whether the answer has waited for longer than {@link Allowances#PATIENCE_SECONDS}. */
    boolean isOutOfPatience(long now) {
        return stalledSince != 0 && now - stalledSince > TimeUnit.SECONDS.toNanos(Allowances.PATIENCE_SECONDS);
    }

    /** The answer is over. */
    void letGo() {
        stalledSince = 0;
        memory.letGo();
    }
}
