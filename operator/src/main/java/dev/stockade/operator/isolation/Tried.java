package dev.stockade.operator.isolation;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * What one vantage point found of one pod.
 *
 * @param open where a connection opened, as often in a row as it takes to be sure
 * @param missing what has no answer yet, or opened once and is tried again
 * @param blocked the pod's sidecar itself, where it was not reached: then nothing that was refused proves anything
 */
record Tried(Vantage vantage, List<Target> open, List<Target> missing, List<Target> blocked) {
    /**
     * How often in a row a connection has to open: a network takes a moment to learn of a new pod or policy, and what lasts no
     * longer is no way around.
     */
    static final int SURE = 2;

    Tried {
        requireNonNull(vantage);
        open = List.copyOf(open);
        missing = List.copyOf(missing);
        blocked = List.copyOf(blocked);
    }

    /** Whether the vantage point reaches the pod's sidecar, and so could have reached what is open beside it. */
    boolean couldTry() {
        return blocked.isEmpty();
    }

    /** Whether all was tried from there, and nothing opened. */
    boolean provesClosed() {
        return couldTry() && missing.isEmpty() && open.isEmpty();
    }

    /** Whether nothing is awaited of it any more. */
    boolean settled() {
        return !couldTry() || missing.isEmpty();
    }
}
