package dev.stockade.operator.admission;

import static java.util.Objects.requireNonNull;

import dev.stockade.policy.ServicePort;
import java.util.List;

/**
 * How one pod is to be injected.
 *
 * @param namespace of the pod; the request's, since a pod on its way in may not say it
 * @param sidecar the container to write
 * @param probes which probes the sidecar takes over
 * @param captured the Services whose names lead into the mesh; empty for what is no agent
 */
public record InjectionPlan(String namespace, SidecarTemplate sidecar, ProbeScope probes, List<ServicePort> captured) {
    public InjectionPlan {
        requireNonNull(namespace);
        requireNonNull(sidecar);
        requireNonNull(probes);
        captured = List.copyOf(captured);
    }
}
