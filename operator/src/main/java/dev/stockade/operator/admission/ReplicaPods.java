package dev.stockade.operator.admission;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the operator's other replicas are, read from the API server for each question: those that are being stopped among them,
 * since the API server may still ask one of these.
 */
public final class ReplicaPods implements Supplier<List<InetAddress>> {
    /** As the chart labels them; its Service selects them by the same. */
    private static final Map<String, String> LABELS =
            Map.of("app.kubernetes.io/name", "stockade", "app.kubernetes.io/component", "operator");

    /** Two by default, and as many again while they are rolled. */
    private static final int MOST = 8;

    private static final Logger LOG = LoggerFactory.getLogger(ReplicaPods.class);

    private final KubernetesClient client;
    private final String namespace;
    private final String self;

    /**
     * @param namespace of the operator
     * @param self the name of this replica's pod
     */
    public ReplicaPods(KubernetesClient client, String namespace, String self) {
        this.client = requireNonNull(client);
        this.namespace = requireNonNull(namespace);
        this.self = requireNonNull(self);
    }

    /** At most eight. None while the API server does not answer. */
    @Override
    public List<InetAddress> get() {
        try {
            return client.pods().inNamespace(namespace).withLabels(LABELS).list().getItems().stream()
                    .filter(pod -> !pod.getMetadata().getName().equals(self))
                    .flatMap(ReplicaPods::address)
                    .limit(MOST)
                    .toList();
        } catch (KubernetesClientException e) {
            LOG.atWarn().addKeyValue("why", e.getMessage()).log("the other replicas are not known");
            return List.of();
        }
    }

    private static Stream<InetAddress> address(Pod pod) {
        return Stream.ofNullable(pod.getStatus())
                .filter(status -> "Running".equals(status.getPhase()))
                .flatMap(status -> Stream.ofNullable(status.getPodIP()))
                .map(InetAddress::ofLiteral);
    }
}
