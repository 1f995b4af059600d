package dev.stockade.operator.admission;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.fabric8.zjsonpatch.DiffFlags;
import io.fabric8.zjsonpatch.JsonDiff;
import java.util.EnumSet;
import java.util.function.Supplier;

/** {@code /inject}: a pod that belongs to the mesh gets its sidecar, any other is left as it is. */
final class PodInjection implements AdmissionHandler {
    private final MembershipLookup memberships;
    private final Supplier<SidecarTemplate> sidecar;
    private final KubernetesSerialization serialization;

    /** @param sidecar what to inject now; throws as long as the mesh has no trust bundle */
    PodInjection(
            MembershipLookup memberships, Supplier<SidecarTemplate> sidecar, KubernetesSerialization serialization) {
        this.memberships = requireNonNull(memberships);
        this.sidecar = requireNonNull(sidecar);
        this.serialization = requireNonNull(serialization);
    }

    @Override
    public Verdict review(AdmissionRequest request) {
        if (!request.operation().equals("CREATE")
                || !request.kind().equals("Pod")
                || !request.subResource().isEmpty()
                || request.object().isEmpty()) {
            return new Verdict.Allowed();
        }
        Pod pod = serialization.convertValue(request.object().get(), Pod.class);
        Membership membership = memberships.of(request.namespace(), pod);
        if (!membership.any() && !InjectionDecision.isLabelled(pod)) {
            return new Verdict.Allowed();
        }
        return switch (InjectionDecision.decide(request.namespace(), pod, membership, sidecar.get())) {
            case InjectionDecision.LeaveAlone ignored -> new Verdict.Allowed();
            case InjectionDecision.Inject(InjectionPlan plan) ->
                switch (PodMutator.inject(pod, plan)) {
                    case PodMutator.Outcome.Injected(Pod injected) -> new Verdict.Patched(patch(pod, injected));
                    case PodMutator.Outcome.Refused(String sentence) ->
                        new Verdict.Denied(PodNames.describe(request.namespace(), pod) + ": " + sentence);
                };
        };
    }

    /** The difference of the two as our model writes them, so that a field that it does not know is never touched. */
    private JsonNode patch(Pod before, Pod after) {
        EnumSet<DiffFlags> flags = EnumSet.of(DiffFlags.OMIT_MOVE_OPERATION, DiffFlags.OMIT_COPY_OPERATION);
        return JsonDiff.asJson(
                serialization.convertValue(before, JsonNode.class),
                serialization.convertValue(after, JsonNode.class),
                flags);
    }
}
