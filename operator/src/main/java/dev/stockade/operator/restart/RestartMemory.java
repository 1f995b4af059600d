package dev.stockade.operator.restart;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What must be remembered from one look at a resource's pods to the next: a pod that came without a sidecar in place of one that was
 * evicted shows that evicting more would go on for ever. Pure.
 *
 * @param known the UIDs of every pod seen so far
 * @param evictedFrom the UIDs of the controllers of evicted pods
 * @param stoppedAmong the UIDs of the pods without a sidecar when such a pod was seen; empty while nothing is wrong
 * @param evicted how many were evicted so far
 */
record RestartMemory(Set<String> known, Set<String> evictedFrom, Set<String> stoppedAmong, int evicted) {
    static final RestartMemory NONE = new RestartMemory(Set.of(), Set.of(), Set.of(), 0);

    RestartMemory {
        known = Set.copyOf(known);
        evictedFrom = Set.copyOf(evictedFrom);
        stoppedAmong = Set.copyOf(stoppedAmong);
    }

    /**
     * A former leader has stopped, and published it: so has this one, until somebody has restarted one of the pods. Which of them
     * came in place of another is not known any more.
     */
    static RestartMemory stopped(List<SelectedPod> pods) {
        return new RestartMemory(uids(pods), controllers(pods), bare(pods), 0);
    }

    /** After having seen these pods. */
    RestartMemory look(List<SelectedPod> pods) {
        Set<String> bare = bare(pods);
        Set<String> stopped = new HashSet<>(stoppedAmong);
        if (pods.stream().anyMatch(this::isReplacement)) {
            stopped.addAll(bare);
        } else if (!bare.containsAll(stopped)) {
            // Somebody has done something about it.
            stopped.clear();
        }
        Set<String> seen = new HashSet<>(known);
        seen.addAll(uids(pods));
        return new RestartMemory(seen, evictedFrom, stopped, evicted);
    }

    /** After one of them was evicted. */
    RestartMemory evicted(SelectedPod pod) {
        Set<String> controllers = new HashSet<>(evictedFrom);
        pod.controller().ifPresent(c -> controllers.add(c.uid()));
        return new RestartMemory(known, controllers, stoppedAmong, evicted + 1);
    }

    private boolean isReplacement(SelectedPod pod) {
        return pod.bare()
                && !known.contains(pod.uid())
                && pod.controller().filter(c -> evictedFrom.contains(c.uid())).isPresent();
    }

    private static Set<String> uids(List<SelectedPod> pods) {
        return pods.stream().map(SelectedPod::uid).collect(Collectors.toSet());
    }

    private static Set<String> bare(List<SelectedPod> pods) {
        return pods.stream().filter(SelectedPod::bare).map(SelectedPod::uid).collect(Collectors.toSet());
    }

    private static Set<String> controllers(List<SelectedPod> pods) {
        return pods.stream()
                .filter(SelectedPod::bare)
                .flatMap(pod -> pod.controller().stream())
                .map(SelectedPod.Controller::uid)
                .collect(Collectors.toSet());
    }
}
