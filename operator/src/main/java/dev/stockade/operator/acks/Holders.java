package dev.stockade.operator.acks;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** Which pods' sidecars hold a resource, so that nobody has to ask them all. Safe for use by many threads. */
final class Holders {
    private final Map<String, Set<String>> podsByResource = new HashMap<>();
    private final Map<String, Set<String>> resourcesByPod = new HashMap<>();

    /**
     * From now on the pod holds these and no others.
     *
     * @param resources asked with all others kept out, so that the latest of two changes is noted last
     */
    synchronized void set(String pod, Supplier<Set<String>> resources) {
        Set<String> now = resources.get();
        Set<String> before = resourcesByPod.getOrDefault(pod, Set.of());
        if (now.equals(before)) {
            return;
        }
        before.stream()
                .filter(gone -> !now.contains(gone))
                .forEach(gone -> podsByResource.computeIfPresent(gone, (r, pods) -> {
                    pods.remove(pod);
                    return pods.isEmpty() ? null : pods;
                }));
        now.forEach(resource ->
                podsByResource.computeIfAbsent(resource, r -> new HashSet<>()).add(pod));
        if (now.isEmpty()) {
            resourcesByPod.remove(pod);
        } else {
            resourcesByPod.put(pod, now);
        }
    }

    synchronized Set<String> of(String resource) {
        return Set.copyOf(podsByResource.getOrDefault(resource, Set.of()));
    }

    /** The pods that hold anything. */
    synchronized Set<String> pods() {
        return Set.copyOf(resourcesByPod.keySet());
    }
}
