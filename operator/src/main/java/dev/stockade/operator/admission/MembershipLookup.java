package dev.stockade.operator.admission;

import io.fabric8.kubernetes.api.model.Pod;

/** Asks what the resources make of a pod: live, since a cache may not have what was applied a moment before. */
@FunctionalInterface
public interface MembershipLookup {
    /**
     * What the pod would be.
     *
     * @param namespace of the request
     * @param pod as it is being created
     * @throws RuntimeException if the API server cannot be asked; the pod is then refused
     */
    Membership of(String namespace, Pod pod);
}
