package dev.stockade.operator.restart;

import static java.util.Objects.requireNonNull;

import dev.stockade.operator.admission.PodMutator;
import dev.stockade.policy.MeshPod;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.Optional;
import java.util.Set;

/**
 * What matters of a pod that a resource has, for restarting it.
 *
 * @param injected whether it has the sidecar
 * @param ready whether its condition {@code Ready} is True
 * @param terminating whether it has a deletionTimestamp
 * @param controller what made it, and makes another one if it goes
 * @param objection why a pod like this one would not be let in with a sidecar; empty if it would
 */
record SelectedPod(
        String reference,
        String uid,
        boolean injected,
        boolean ready,
        boolean terminating,
        Optional<Controller> controller,
        Optional<String> objection) {
    SelectedPod {
        requireNonNull(reference);
        requireNonNull(uid);
        requireNonNull(controller);
        requireNonNull(objection);
    }

    static SelectedPod of(Pod pod) {
        MeshPod mesh = MeshPod.of(pod);
        return new SelectedPod(
                mesh.reference(),
                mesh.uid(),
                mesh.injected(),
                mesh.ready(),
                mesh.terminating(),
                pod.getMetadata().getOwnerReferences().stream()
                        .filter(owner -> Boolean.TRUE.equals(owner.getController()))
                        .findFirst()
                        .map(Controller::of),
                mesh.injected() ? Optional.empty() : PodMutator.objection(pod));
    }

    /** Without a sidecar, and nobody has asked it to end. */
    boolean bare() {
        return !injected && !terminating;
    }

    /** The controller among its owners. */
    record Controller(String apiVersion, String kind, String name, String uid) {
        private static final Set<String> RECREATING =
                Set.of("apps/v1/ReplicaSet", "apps/v1/StatefulSet", "apps/v1/DaemonSet", "v1/ReplicationController");

        Controller {
            requireNonNull(apiVersion);
            requireNonNull(kind);
            requireNonNull(name);
            requireNonNull(uid);
        }

        private static Controller of(OwnerReference owner) {
            return new Controller(owner.getApiVersion(), owner.getKind(), owner.getName(), owner.getUid());
        }

        /** Whether it is of a kind that is known to make another pod for one that was evicted: a Job counts it as failed. */
        boolean recreates() {
            return RECREATING.contains(apiVersion + "/" + kind);
        }

        @Override
        public String toString() {
            return kind + " " + name;
        }
    }
}
