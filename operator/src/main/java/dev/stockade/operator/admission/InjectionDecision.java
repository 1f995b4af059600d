package dev.stockade.operator.admission;

import static java.util.Objects.requireNonNull;

import dev.stockade.policy.ServicePort;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.Set;

/** Whether and how a pod is to be injected. */
sealed interface InjectionDecision {
    /** It is none of ours. */
    record LeaveAlone() implements InjectionDecision {}

    /** It gets a sidecar. */
    record Inject(InjectionPlan plan) implements InjectionDecision {
        public Inject {
            requireNonNull(plan);
        }
    }

    /** Whether the pod asks for a sidecar by its label, so that the order of application does not matter. */
    static boolean isLabelled(Pod pod) {
        return "true".equals(PodMutator.labels(pod).get(Sidecar.INJECT_LABEL));
    }

    /** Decides for a pod with that membership. */
    static InjectionDecision decide(String namespace, Pod pod, Membership membership, SidecarTemplate sidecar) {
        boolean labelled = isLabelled(pod);
        if (!labelled && !membership.any()) {
            return new LeaveAlone();
        }
        ProbeScope probes = labelled
                ? new ProbeScope.All()
                : new ProbeScope.Ports(
                        membership.server().map(server -> Set.of(server.port())).orElse(Set.of()));
        List<ServicePort> captured =
                membership.agent().map(Membership.AsAgent::captured).orElse(List.of());
        return new Inject(new InjectionPlan(namespace, sidecar, probes, captured));
    }
}
