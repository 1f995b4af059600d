package dev.stockade.policy;

import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.common.Selector;
import dev.stockade.crds.server.SecureMcpServer;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which labels a selector means, and which pods a resource. */
public final class Selectors {
    private Selectors() {}

    /** Whether all that the selector says holds of the labels. One that says nothing matches nothing. */
    public static boolean matches(Selector selector, Map<String, String> labels) {
        return !selector.saysNothing()
                && labels.entrySet().containsAll(selector.matchLabels().entrySet())
                && selector.matchExpressions().stream().allMatch(r -> holds(r, labels.get(r.key())));
    }

    private static boolean holds(Selector.Requirement requirement, @Nullable String value) {
        return switch (requirement.operator()) {
            case IN -> value != null && requirement.values().contains(value);
            // As in Kubernetes: a label that is not there is not in.
            case NOT_IN -> value == null || !requirement.values().contains(value);
            case EXISTS -> value != null;
            case DOES_NOT_EXIST -> value == null;
        };
    }

    /** Whether the pod is one that the server means: its namespace, its service account, its labels. */
    public static boolean selects(SecureMcpServer server, MeshPod pod) {
        return pod.namespace().equals(server.getMetadata().getNamespace())
                && pod.serviceAccount().equals(server.getSpec().serviceAccountName())
                && matches(server.getSpec().selector(), pod.labels());
    }

    /** Whether the pod is one that the agent means: its namespace, its service account and, if it narrows, its labels. */
    public static boolean selects(AgentIdentity agent, MeshPod pod) {
        Selector selector = agent.getSpec().selector();
        return pod.namespace().equals(agent.getMetadata().getNamespace())
                && pod.serviceAccount().equals(agent.getSpec().serviceAccountName())
                && (selector == null || matches(selector, pod.labels()));
    }
}
