package dev.stockade.sidecar.audit;

/**
 * Learns what became of one line. Called exactly once, on the writer's thread, or at once on the caller's if the queue has no
 * room: implementations hand over to their own thread and return.
 */
@FunctionalInterface
public interface Receipt {
    /** Nobody waits. */
    Receipt NONE = written -> {};

    /** @param written whether the line was handed to the operating system whole */
    void done(boolean written);
}
