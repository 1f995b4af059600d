package dev.stockade.sidecar.state;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.BoundPod;
import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.model.policy.AgentAccess;
import dev.stockade.model.policy.Reason;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Who may connect to the server in this pod. Pure; asked at every CONNECT, and of every open connection when a snapshot is
 * applied.
 *
 * @param livePods the UIDs of the pods that hold each identity
 * @param podsCompiledAt what the operator's pod cache had reached when this was compiled
 */
public record Admission(Map<SpiffeId, AgentAccess> agents, Map<SpiffeId, Set<String>> livePods, long podsCompiledAt) {
    public Admission {
        agents = Map.copyOf(agents);
        livePods = Map.copyOf(livePods);
    }

    /** The reason to refuse, or empty to admit. A certificate without a pod is nobody's. */
    public Optional<Reason> refusal(SpiffeId peer, Optional<BoundPod> pod) {
        if (peer.kind() != WorkloadKind.AGENT || pod.isEmpty()) {
            return Optional.of(Reason.IDENTITY_REFUSED);
        }
        AgentAccess access = agents.get(peer);
        if (access == null) {
            return Optional.of(Reason.NO_GRANT);
        }
        if (access.suspended()) {
            return Optional.of(Reason.SUSPENDED);
        }
        return withdrawn(peer, pod.get()) ? Optional.of(Reason.IDENTITY_REFUSED) : Optional.empty();
    }

    /**
     * Absent from a snapshot that was compiled at or after the certificate's signing, a pod is gone. Absent from an older
     * one, it is newer than the snapshot, and its identity is what counts.
     */
    private boolean withdrawn(SpiffeId peer, BoundPod pod) {
        Set<String> live = requireNonNull(livePods.getOrDefault(peer, Set.of()));
        return !live.contains(pod.uid()) && podsCompiledAt >= pod.resourceVersion();
    }
}
