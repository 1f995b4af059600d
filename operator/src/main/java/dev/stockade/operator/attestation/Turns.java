package dev.stockade.operator.attestation;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Who may ask the API server about a caller now: so many at once, in the order in which they came. When a whole mesh comes back at
 * once, each question would else have a connection of its own, and all would be answered too late. Safe for use by many threads.
 */
final class Turns {
    private final Semaphore free;
    private final Duration patience;

    /**
     * @param atOnce how many may be asked at a time
     * @param patience how long a caller waits for its turn
     */
    Turns(int atOnce, Duration patience) {
        this.free = new Semaphore(atOnce, true);
        this.patience = requireNonNull(patience);
    }

    /** What is done in a turn. */
    @FunctionalInterface
    interface Question<T> {
        T ask() throws Refusal;
    }

    /** @throws Refusal also if it has not come to its turn, with reason {@code busy} */
    <T> T take(Question<T> question) throws Refusal {
        boolean taken;
        try {
            taken = free.tryAcquire(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            taken = false;
        }
        if (!taken) {
            throw new Refusal(
                    Refusal.Reason.BUSY,
                    "Many sidecars ask for certificates at once, and this one did not come to its turn within "
                            + patience.toSeconds() + " s. Ask again.");
        }
        try {
            return question.ask();
        } finally {
            free.release();
        }
    }
}
