package dev.stockade.operator.isolation;

/** How an attempt to connect went. */
public enum Outcome {
    /** The connection opened; it was closed at once. */
    OPEN,
    /** The other side, or something between, said no. */
    REFUSED,
    /** Nothing answered. */
    TIMEOUT,
    /** This side could not try: no route, or not permitted. */
    UNREACHABLE,
    /** Nobody tried: the sidecar refused the order, or did not answer it. */
    NOT_TRIED;

    /**
     * Whether this says that the way is closed, given that the pod's sidecar was reached from there: some networks reject what
     * they do not admit as unreachable.
     */
    boolean isClosed() {
        return this != OPEN && this != NOT_TRIED;
    }
}
