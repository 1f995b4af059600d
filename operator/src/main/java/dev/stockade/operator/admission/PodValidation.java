package dev.stockade.operator.admission;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * {@code /validate-pod}: the final pod is what was injected, and nothing in it reaches into the sidecar.
 *
 * <p>The replica that is asked here need not be the one that injected, and while an upgrade or a rotation goes over the replicas,
 * each writes another sidecar. Which of them wrote this one is asked; what holds for every pod is checked here first, and no other
 * replica is asked about it.
 */
final class PodValidation implements AdmissionHandler {
    private final MembershipLookup memberships;
    private final Supplier<SidecarTemplate> sidecar;
    private final Predicate<AdmissionRequest> others;
    private final KubernetesSerialization serialization;

    /**
     * @param sidecar what this replica injects
     * @param others whether another replica takes the pod as its own work; asked only where it is not this one's
     */
    PodValidation(
            MembershipLookup memberships,
            Supplier<SidecarTemplate> sidecar,
            Predicate<AdmissionRequest> others,
            KubernetesSerialization serialization) {
        this.memberships = requireNonNull(memberships);
        this.sidecar = requireNonNull(sidecar);
        this.others = requireNonNull(others);
        this.serialization = requireNonNull(serialization);
    }

    @Override
    public Verdict review(AdmissionRequest request) {
        if (!request.kind().equals("Pod") || request.object().isEmpty()) {
            return new Verdict.Allowed();
        }
        Pod pod = serialization.convertValue(request.object().get(), Pod.class);
        Optional<String> objection = switch (request.operation()) {
            case "CREATE" -> created(request, pod);
            case "UPDATE" ->
                request.oldObject()
                        .flatMap(old -> InjectedPod.objection(serialization.convertValue(old, Pod.class), pod));
            default -> Optional.empty();
        };
        return objection.isEmpty()
                ? new Verdict.Allowed()
                : new Verdict.Denied(PodNames.describe(request.namespace(), pod) + ": " + objection.get());
    }

    private Optional<String> created(AdmissionRequest request, Pod pod) {
        boolean ours = InjectedPod.sidecar(pod).isPresent()
                || InjectionDecision.isLabelled(pod)
                || memberships.of(request.namespace(), pod).any();
        if (!ours) {
            return InjectedPod.impostor(pod);
        }
        return InjectedPod.objection(pod)
                .or(() -> InjectedPod.alteration(pod, sidecar.get()).filter(_ -> !others.test(request)));
    }
}
