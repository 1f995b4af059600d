package dev.stockade.operator.status;

import dev.stockade.policy.Claims;
import dev.stockade.policy.MeshPod;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/** Findings that servers and agents share: whether their namespace takes part, who else claims their pods, which lack a sidecar. */
public final class Membership {
    private Membership() {}

    /** Accepted is False: the platform has not let this namespace in. */
    public static Finding namespaceNotInMesh(String namespace) {
        return Finding.no(
                Conditions.ACCEPTED,
                Reason.NAMESPACE_NOT_IN_MESH,
                "Namespace " + namespace + " is not in the mesh. Label it: kubectl label namespace " + namespace
                        + " stockade.dev/mesh=enabled");
    }

    /**
     * Accepted is False: an older resource of the kind has the pods.
     *
     * @param kind of both
     * @param conflicts not empty
     */
    public static Finding conflict(String kind, List<Claims.Conflict> conflicts) {
        Collection<String> winners =
                conflicts.stream().map(c -> c.winner().toString()).toList();
        return Finding.no(
                Conditions.ACCEPTED,
                Reason.CONFLICT,
                "Selects "
                        + Phrases.names(conflicts.stream()
                                .map(c -> "pod " + c.pod().reference())
                                .toList())
                        + ", which already belongs to " + kind + " " + Phrases.names(winners)
                        + ". Narrow spec.selector of one of them, or delete one.");
    }

    private static Finding injected(int injected, List<String> bare) {
        if (injected == 0 && bare.isEmpty()) {
            return Finding.yes(Conditions.INJECTED, Reason.NO_PODS, "No pod is selected yet.");
        }
        String counted = counted(injected, injected + bare.size());
        return bare.isEmpty()
                ? Finding.yes(Conditions.INJECTED, Reason.INJECTED, counted)
                : Finding.no(
                        Conditions.INJECTED,
                        Reason.PODS_WITHOUT_SIDECAR,
                        counted + " Without: " + Phrases.names(bare)
                                + ". A sidecar is injected only when a pod is created: restart them.");
    }

    private static String counted(int injected, int all) {
        return injected + " of " + Phrases.count(all, "pod") + (all == 1 ? " has" : " have") + " the sidecar.";
    }

    private static Finding injected(int injected, List<String> bare, List<MeshPod> orphaned) {
        if (orphaned.isEmpty()) {
            return injected(injected, bare);
        }
        MeshPod first = orphaned.getFirst();
        return Finding.no(
                Conditions.INJECTED,
                Reason.SERVICE_ACCOUNT_DELETED,
                "ServiceAccount " + first.namespace() + "/" + first.serviceAccount()
                        + " was deleted after these pods were created, and their identity with it: "
                        + Phrases.names(
                                orphaned.stream().map(MeshPod::reference).toList())
                        + ". Create the account if it is missing, then the pods anew.");
    }

    /**
     * The condition, or, where the resource takes no part in the mesh, why: who is not let in has no sidecars, and who has none
     * because another has its pods enforces nothing.
     *
     * @param inside what is so if it takes part
     */
    public static Finding unlessOutside(Finding accepted, Progress progress, Finding inside) {
        boolean outside = accepted.isFor(Reason.NAMESPACE_NOT_IN_MESH) || accepted.isFor(Reason.CONFLICT);
        return outside && progress.concernsNobody() ? accepted.as(inside.type()) : inside;
    }

    /** Injected, or why there is nothing to inject: in a namespace that is not in the mesh, nobody has looked for pods. */
    public static Finding unlessNotInMesh(Finding accepted, Finding injected) {
        return accepted.isFor(Reason.NAMESPACE_NOT_IN_MESH) ? accepted.as(injected.type()) : injected;
    }

    /**
     * Injected.
     *
     * @param injected how many pods have the sidecar
     * @param bare the names of the selected pods without one
     * @param orphaned the selected pods whose service account was deleted: they hold no identity, whatever else they have
     * @param restarting how far restarting the pods without a sidecar has come, where the resource asks for it
     */
    public static Finding injected(
            int injected, List<String> bare, List<MeshPod> orphaned, Optional<Restarting> restarting) {
        Finding usual = injected(injected, bare, orphaned);
        if (bare.isEmpty() || !orphaned.isEmpty() || restarting.isEmpty()) {
            return usual;
        }
        return Finding.no(
                Conditions.INJECTED,
                restarting.get().reason(),
                counted(injected, injected + bare.size()) + " Without: " + Phrases.names(bare) + ". "
                        + restarting.get().sentence());
    }

    /** Those of the namespace's that a resource selects and that are {@link MeshPod#orphaned}. */
    public static List<MeshPod> orphaned(List<MeshPod> pods, Predicate<MeshPod> selected) {
        return pods.stream()
                .filter(pod -> pod.orphaned() && pod.injected() && !pod.finished())
                .filter(selected)
                .toList();
    }

    /** Stalled where Accepted is False, or where restarting pods has come to its end before all have a sidecar: no waiting mends it. */
    public static Finding stalled(Finding accepted, Finding injected, Optional<Restarting> restarting) {
        return accepted.isTrue()
                        && !injected.isTrue()
                        && restarting.filter(Restarting::stalled).isPresent()
                ? Conditions.stalledBy(injected)
                : stalled(accepted);
    }

    /** Stalled where Accepted is False: no waiting mends it. */
    public static Finding stalled(Finding accepted) {
        return accepted.isTrue() ? Conditions.progressing() : Conditions.stalledBy(accepted);
    }
}
