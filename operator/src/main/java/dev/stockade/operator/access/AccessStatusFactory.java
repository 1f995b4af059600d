package dev.stockade.operator.access;

import static dev.stockade.operator.status.Conditions.ACCEPTED;
import static dev.stockade.operator.status.Conditions.ENFORCED;

import dev.stockade.crds.access.McpAccessPolicy;
import dev.stockade.crds.access.McpAccessPolicyStatus;
import dev.stockade.crds.common.Condition;
import dev.stockade.operator.acks.Acknowledgements;
import dev.stockade.operator.status.Conditions;
import dev.stockade.operator.status.Finding;
import dev.stockade.operator.status.Membership;
import dev.stockade.operator.status.Mesh;
import dev.stockade.operator.status.Phrases;
import dev.stockade.operator.status.Progress;
import dev.stockade.operator.status.Reason;
import dev.stockade.operator.status.Settling;
import dev.stockade.policy.Grants;
import dev.stockade.policy.MeshPod;
import dev.stockade.policy.PolicyCompiler;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What is so of a policy. Pure. */
final class AccessStatusFactory {
    private static final int MOST_SENTENCES = 256;

    private AccessStatusFactory() {}

    /**
     * The status; equal to the published one if nothing has changed.
     *
     * @param settling whether missing reports of sidecars say nothing yet
     */
    static McpAccessPolicyStatus of(
            McpAccessPolicy policy, Mesh mesh, Acknowledgements acks, Settling settling, Instant now) {
        long generation = policy.getMetadata().getGeneration();
        String namespace = policy.getMetadata().getNamespace();
        List<Condition> published = policy.getStatus().conditions();
        Grants.Resolution resolution = mesh.grants().resolution(policy);
        List<MeshPod> concerned = resolution.servers().stream()
                .flatMap(server -> mesh.view().server(server).stream())
                .flatMap(server -> mesh.claims().pods(server).stream())
                .toList();
        // A server that the policy no longer names is in its namespace, too.
        Progress progress = Progress.of(
                policy.getMetadata().getUid(),
                generation,
                concerned,
                uid -> mesh.view().pod(uid).filter(pod -> pod.namespace().equals(namespace)),
                acks);

        Finding accepted = accepted(policy, mesh, resolution);
        Finding enforced = progress.finding(ENFORCED, Conditions.find(published, ENFORCED), settling);
        Finding stated = Membership.unlessOutside(accepted, progress, enforced);
        Finding ready = Conditions.ready(
                Finding.yes(Conditions.READY, Reason.ENFORCED, enforced.message()),
                accepted,
                resolved(resolution.unresolved()),
                enforced);
        return new McpAccessPolicyStatus(
                generation,
                Conditions.of(
                        List.of(ready, Membership.stalled(accepted), accepted, stated), generation, published, now),
                resolution.agents().size(),
                resolution.servers().size(),
                progress.column(policy.getStatus().sidecars(), Conditions.find(published, ENFORCED), settling),
                Stream.concat(resolution.unresolved().stream(), resolution.notes().stream())
                        .limit(MOST_SENTENCES)
                        .toList());
    }

    private static Finding accepted(McpAccessPolicy policy, Mesh mesh, Grants.Resolution resolution) {
        String namespace = policy.getMetadata().getNamespace();
        if (!mesh.view().inMesh(namespace)) {
            return Membership.namespaceNotInMesh(namespace);
        }
        List<PolicyCompiler.InvalidCondition> invalid = mesh.grants().invalidConditions(policy);
        if (!invalid.isEmpty()) {
            return Finding.no(
                    ACCEPTED,
                    Reason.INVALID_CONDITION,
                    invalid.stream()
                                    .map(PolicyCompiler.InvalidCondition::sentence)
                                    .collect(Collectors.joining(" "))
                            + " Until it is corrected, an allow with such a condition matches nothing and a deny"
                            + " matches always; the other rules are in force.");
        }
        return Finding.yes(
                ACCEPTED,
                Reason.ACCEPTED,
                Phrases.count(resolution.agents().size(), "agent") + ", "
                        + Phrases.count(resolution.servers().size(), "server") + ".");
    }

    /** No condition of its own: what it holds back is Ready. What exists is granted meanwhile. */
    private static Finding resolved(List<String> unresolved) {
        return unresolved.isEmpty()
                ? Finding.yes(Conditions.READY, Reason.RESOLVED, "")
                : Finding.no(
                        Conditions.READY,
                        Reason.UNRESOLVED,
                        Phrases.names(unresolved)
                                + ". Create what is missing, or correct the name; the rest is in force.");
    }
}
