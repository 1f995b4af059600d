package dev.stockade.operator.reach;

import static java.util.Objects.requireNonNull;

import dev.stockade.operator.status.EventReason;
import dev.stockade.policy.MeshPod;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What keeps a pod of the mesh from working. Pure.
 *
 * @param reason of the event
 * @param sentence what is so, and what to do
 */
record Obstacle(EventReason reason, String sentence) {
    static final int CONTROL_PORT = 15010;
    static final int MESH_PORT = 15008;
    private static final int DNS_PORT = 53;

    /** By then a sidecar that reaches the operator has said so, on a busy node too. */
    static final Duration PATIENCE = Duration.ofSeconds(45);

    Obstacle {
        requireNonNull(reason);
        requireNonNull(sentence);
    }

    /**
     * What is known of one pod that is an agent or a server.
     *
     * @param heard whether any replica has ever heard of its sidecar
     * @param agent whether it is an agent: agents connect to servers' sidecars
     */
    record Seen(MeshPod pod, Pod live, boolean heard, boolean agent) {}

    /**
     * The first obstacle that there is.
     *
     * @param operator the operator's namespace
     * @param policies those of the pod's namespace
     */
    static Optional<Obstacle> of(Seen seen, String operator, Collection<NetworkPolicy> policies, Instant now) {
        Map<String, String> labels =
                Optional.ofNullable(seen.live().getMetadata().getLabels()).orElse(Map.of());
        List<String> control = Egress.closing(CONTROL_PORT, labels, policies);
        if (!seen.heard() && !control.isEmpty() && runs(seen.live()).isPresent()) {
            return Optional.of(new Obstacle(
                    EventReason.EGRESS_DENIED,
                    "The sidecar has not reached the operator, and the pod waits for it: " + named(control)
                            + " for egress, and none of them lets TCP " + CONTROL_PORT + " out. Allow egress to TCP "
                            + CONTROL_PORT + " in namespace " + operator + ", and to DNS (port " + DNS_PORT + ")."));
        }
        if (!seen.heard()
                && runs(seen.live())
                        .filter(since -> since.plus(PATIENCE).isBefore(now))
                        .isPresent()) {
            return Optional.of(new Obstacle(
                    EventReason.OPERATOR_NOT_REACHED,
                    "The sidecar runs since " + runs(seen.live()).orElseThrow()
                            + " and has neither a certificate nor a connection to the operator. If no other event says"
                            + " why, it does not reach it: egress to DNS (port " + DNS_PORT + ") and to TCP "
                            + CONTROL_PORT + " in namespace " + operator
                            + " has to be open. The log of container stockade-sidecar says what it meets."));
        }
        List<String> mesh = seen.agent() ? Egress.closing(MESH_PORT, labels, policies) : List.of();
        if (!mesh.isEmpty()) {
            return Optional.of(new Obstacle(
                    EventReason.EGRESS_DENIED,
                    "This agent reaches no server: " + named(mesh) + " for egress, and none of them lets TCP "
                            + MESH_PORT + " out. Allow egress to TCP " + MESH_PORT + " of the servers' pods."));
        }
        return crash(seen);
    }

    private static String named(List<String> policies) {
        return (policies.size() == 1 ? "NetworkPolicy " : "NetworkPolicies ")
                + String.join(", ", policies)
                + (policies.size() == 1 ? " selects it" : " select it");
    }

    /** Since when the sidecar runs; empty if it does not. */
    private static Optional<Instant> runs(Pod live) {
        return statuses(live)
                .filter(status -> status.getName().equals(MeshPod.SIDECAR))
                .flatMap(status -> Optional.ofNullable(status.getState()).stream())
                .flatMap(state -> Optional.ofNullable(state.getRunning()).stream())
                .flatMap(running -> Optional.ofNullable(running.getStartedAt()).stream())
                .map(Instant::parse)
                .findFirst();
    }

    private static Stream<ContainerStatus> statuses(Pod live) {
        return live.getStatus() == null
                ? Stream.empty()
                : Stream.of(
                                live.getStatus().getInitContainerStatuses(),
                                live.getStatus().getContainerStatuses())
                        .filter(list -> list != null)
                        .flatMap(List::stream);
    }

    /** A program that listens on a captured port at every address finds it taken, and usually ends with that. */
    private static Optional<Obstacle> crash(Seen seen) {
        String ports = seen.pod().capture().keySet().stream()
                .map(service -> service.port())
                .distinct()
                .sorted()
                .map(String::valueOf)
                .collect(Collectors.joining(", "));
        if (ports.isEmpty()) {
            return Optional.empty();
        }
        return statuses(seen.live())
                .filter(status -> !status.getName().equals(MeshPod.SIDECAR))
                .filter(status -> status.getState() != null
                        && status.getState().getWaiting() != null
                        && "CrashLoopBackOff"
                                .equals(status.getState().getWaiting().getReason()))
                .findFirst()
                .map(status -> new Obstacle(
                        EventReason.CAPTURED_PORTS,
                        "Container " + status.getName()
                                + " keeps ending. If its log says that an address is in use: the"
                                + " sidecar listens for captured Services on ports " + ports
                                + ", so that nothing else of the pod can listen there at every address. Declare the"
                                + " container's own port in its ports and create the pod anew, or set spec.capture of"
                                + " the AgentIdentity to None."));
    }
}
