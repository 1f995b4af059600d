package dev.stockade.e2e.mesh;

import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A pod in a line, as far as it has come. */
final class PodState {
    private PodState() {}

    static String of(Pod pod) {
        return Stream.concat(
                        pod.getStatus().getInitContainerStatuses().stream(),
                        pod.getStatus().getContainerStatuses().stream())
                .map(PodState::of)
                .collect(Collectors.joining(
                        ", ",
                        "%s %s ("
                                .formatted(
                                        pod.getMetadata().getName(),
                                        pod.getStatus().getPhase()),
                        ")"));
    }

    private static String of(ContainerStatus container) {
        return "%s %s, %d restarts"
                .formatted(
                        container.getName(),
                        Boolean.TRUE.equals(container.getReady()) ? "ready" : state(container.getState()),
                        container.getRestartCount());
    }

    private static String state(ContainerState state) {
        if (state.getWaiting() != null) {
            return "waits: " + state.getWaiting().getReason();
        }
        return state.getRunning() != null ? "runs, not ready" : "ended";
    }
}
