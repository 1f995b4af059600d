package dev.stockade.operator.admission;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.Optional;
import java.util.function.Supplier;

/** {@code /validate-pod}: the final pod is what was injected, and nothing in it reaches into the sidecar. */
final class PodValidation implements AdmissionHandler {
    private final MembershipLookup memberships;
    private final Supplier<SidecarTemplate> sidecar;
    private final KubernetesSerialization serialization;

    PodValidation(
            MembershipLookup memberships, Supplier<SidecarTemplate> sidecar, KubernetesSerialization serialization) {
        this.memberships = requireNonNull(memberships);
        this.sidecar = requireNonNull(sidecar);
        this.serialization = requireNonNull(serialization);
    }

    @Override
    public Verdict review(AdmissionRequest request) {
        if (!request.kind().equals("Pod") || request.object().isEmpty()) {
            return new Verdict.Allowed();
        }
        Pod pod = serialization.convertValue(request.object().get(), Pod.class);
        Optional<String> objection = switch (request.operation()) {
            case "CREATE" -> created(request.namespace(), pod);
            case "UPDATE" ->
                request.oldObject()
                        .flatMap(old -> InjectedPod.objection(serialization.convertValue(old, Pod.class), pod));
            default -> Optional.empty();
        };
        return objection.isEmpty()
                ? new Verdict.Allowed()
                : new Verdict.Denied(PodNames.describe(request.namespace(), pod) + ": " + objection.get());
    }

    private Optional<String> created(String namespace, Pod pod) {
        boolean ours = InjectedPod.sidecar(pod).isPresent()
                || InjectionDecision.isLabelled(pod)
                || memberships.of(namespace, pod).any();
        return ours ? InjectedPod.objection(pod, sidecar.get()) : InjectedPod.impostor(pod);
    }
}
