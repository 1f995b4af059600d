package dev.stockade.operator.status;

import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.common.Selector;
import dev.stockade.crds.server.SecureMcpServer;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Asks the API server for the pods that a resource may select, with a sidecar or without: its service account's, with its labels. */
public final class SelectedPods {
    private SelectedPods() {}

    /** Those that have not ended, also where an expression of the selector leaves them out. */
    public static List<Pod> of(KubernetesClient client, SecureMcpServer server) {
        return list(
                client,
                server.getMetadata().getNamespace(),
                server.getSpec().serviceAccountName(),
                server.getSpec().selector());
    }

    /** Those that have not ended, also where an expression of the selector leaves them out. */
    public static List<Pod> of(KubernetesClient client, AgentIdentity agent) {
        return list(
                client,
                agent.getMetadata().getNamespace(),
                agent.getSpec().serviceAccountName(),
                agent.getSpec().selector());
    }

    private static List<Pod> list(
            KubernetesClient client, String namespace, String serviceAccount, @Nullable Selector selector) {
        return client
                .pods()
                .inNamespace(namespace)
                .list(new ListOptionsBuilder()
                        .withFieldSelector("spec.serviceAccountName=" + serviceAccount)
                        .withLabelSelector(labels(selector))
                        .build())
                .getItems()
                .stream()
                .filter(SelectedPods::mayRun)
                .toList();
    }

    /** The equalities; what more a selector says is looked at by {@link dev.stockade.policy.Selectors}. */
    private static @Nullable String labels(@Nullable Selector selector) {
        return selector == null || selector.matchLabels().isEmpty()
                ? null
                : selector.matchLabels().entrySet().stream()
                        .map(label -> label.getKey() + "=" + label.getValue())
                        .sorted()
                        .collect(Collectors.joining(","));
    }

    private static boolean mayRun(Pod pod) {
        String phase = pod.getStatus() == null ? null : pod.getStatus().getPhase();
        return !"Succeeded".equals(phase) && !"Failed".equals(phase);
    }
}
