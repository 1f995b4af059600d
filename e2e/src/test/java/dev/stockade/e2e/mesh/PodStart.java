package dev.stockade.e2e.mesh;

import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;

/** How long a pod took from its creation until it was Ready, in the API server's whole seconds. */
final class PodStart {
    private PodStart() {}

    static Duration of(Pod pod) {
        Instant created = Instant.parse(pod.getMetadata().getCreationTimestamp());
        Instant ready = pod.getStatus().getConditions().stream()
                .filter(one -> one.getType().equals("Ready"))
                .map(one -> Instant.parse(one.getLastTransitionTime()))
                .findFirst()
                .orElseThrow();
        return Duration.between(created, ready);
    }
}
