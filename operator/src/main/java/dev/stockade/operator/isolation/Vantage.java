package dev.stockade.operator.isolation;

import static java.util.Objects.requireNonNull;

/**
 * Somewhere to try from.
 *
 * @param uid of the sidecar's pod; empty for the operator's own
 * @param name for people
 * @param namespace of the pod
 * @param node where it runs; empty if it is not known
 */
record Vantage(String uid, String name, String namespace, String node) {
    /** This replica's own pod. */
    static final Vantage OPERATOR = new Vantage("", "the operator", "", "");

    Vantage {
        requireNonNull(uid);
        requireNonNull(name);
        requireNonNull(namespace);
        requireNonNull(node);
    }

    static Vantage of(ProtectedPod pod) {
        return new Vantage(pod.uid(), pod.reference(), pod.namespace(), pod.node());
    }

    boolean isOperator() {
        return uid.isEmpty();
    }
}
