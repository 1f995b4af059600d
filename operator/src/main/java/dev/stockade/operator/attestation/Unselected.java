package dev.stockade.operator.attestation;

import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.common.Selector;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.operator.attestation.Refusal.Reason;
import dev.stockade.policy.MeshPod;
import dev.stockade.policy.MeshView;
import dev.stockade.policy.ResourceName;
import dev.stockade.policy.Selectors;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Why a pod has no identity, said by what is nearest to giving it one. Pure. */
final class Unselected {
    private Unselected() {}

    /** @param live the labels that the pod has now, whatever it was admitted with */
    static Refusal of(MeshPod pod, Map<String, String> live, MeshView view) {
        if (!view.inMesh(pod.namespace())) {
            return new Refusal(
                    Reason.NOT_IN_MESH,
                    "Namespace " + pod.namespace() + " of pod " + pod.reference()
                            + " is not in the mesh. Label it stockade.dev/mesh: enabled.");
        }
        Optional<String> relabelled = first(
                view,
                agent -> Selectors.selects(agent, with(pod, live)),
                server -> Selectors.selects(server, with(pod, live)));
        if (relabelled.isPresent()) {
            return new Refusal(
                    Reason.RELABELLED,
                    "Pod " + pod.reference() + " got the labels that " + relabelled.get()
                            + " selects after it was created, and those give it no identity. Create the pod anew with them.");
        }
        Optional<String> otherAccount = first(view, agent -> byLabels(agent, pod), server -> byLabels(server, pod));
        if (otherAccount.isPresent()) {
            return new Refusal(
                    Reason.OTHER_SERVICE_ACCOUNT,
                    "Pod " + pod.reference() + " runs as service account " + pod.serviceAccount() + ", which "
                            + otherAccount.get() + " does not name, although its selector fits. Create the pod with the"
                            + " service account of spec.serviceAccountName, or change that.");
        }
        return new Refusal(
                Reason.NOTHING_SELECTS,
                "No AgentIdentity and no SecureMcpServer selects pod " + pod.reference() + " (service account "
                        + pod.serviceAccount()
                        + ") by the labels that it was created with. Create one, or create the pod anew.");
    }

    private static Optional<String> first(
            MeshView view, Predicate<AgentIdentity> agent, Predicate<SecureMcpServer> server) {
        return Stream.concat(
                        view.agents().stream().filter(agent).map(a -> "AgentIdentity " + ResourceName.of(a)),
                        view.servers().stream().filter(server).map(s -> "SecureMcpServer " + ResourceName.of(s)))
                .findFirst();
    }

    private static boolean byLabels(AgentIdentity agent, MeshPod pod) {
        Selector selector = agent.getSpec().selector();
        return pod.namespace().equals(agent.getMetadata().getNamespace())
                && selector != null
                && Selectors.matches(selector, pod.labels());
    }

    private static boolean byLabels(SecureMcpServer server, MeshPod pod) {
        return pod.namespace().equals(server.getMetadata().getNamespace())
                && Selectors.matches(server.getSpec().selector(), pod.labels());
    }

    private static MeshPod with(MeshPod pod, Map<String, String> labels) {
        return new MeshPod(
                pod.namespace(),
                pod.name(),
                pod.uid(),
                pod.ips(),
                pod.serviceAccount(),
                labels,
                pod.injected(),
                pod.ready(),
                pod.terminating(),
                pod.finished(),
                pod.orphaned(),
                pod.created(),
                pod.ports(),
                pod.capture());
    }
}
