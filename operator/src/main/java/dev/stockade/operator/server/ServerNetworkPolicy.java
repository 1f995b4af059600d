package dev.stockade.operator.server;

import dev.stockade.crds.common.Selector;
import dev.stockade.crds.server.SecureMcpServer;
import io.fabric8.kubernetes.api.model.IntOrString;
import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import io.fabric8.kubernetes.api.model.LabelSelectorRequirement;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyBuilder;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPort;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicyPortBuilder;
import io.javaoperatorsdk.operator.api.config.informer.InformerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.CRUDKubernetesDependentResource;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.KubernetesDependentResourceConfigBuilder;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The NetworkPolicy that keeps everyone from a server's pods but through the sidecar and the ports that its owner opens. */
final class ServerNetworkPolicy extends CRUDKubernetesDependentResource<NetworkPolicy, SecureMcpServer> {
    private static final String MANAGED_BY = "app.kubernetes.io/managed-by";
    private static final String OPERATOR = "stockade-operator";
    private static final int INBOUND_PORT = 15008;
    private static final int HEALTH_PORT = 15020;

    ServerNetworkPolicy() {
        super(NetworkPolicy.class);
        configureWith(new KubernetesDependentResourceConfigBuilder<NetworkPolicy>()
                .withKubernetesDependentInformerConfig(InformerConfiguration.builder(NetworkPolicy.class)
                        .withLabelSelector(MANAGED_BY + "=" + OPERATOR)
                        .build())
                .build());
    }

    @Override
    protected NetworkPolicy desired(SecureMcpServer server, Context<SecureMcpServer> context) {
        return of(server);
    }

    /** Pure. */
    static NetworkPolicy of(SecureMcpServer server) {
        List<NetworkPolicyPort> ports = Stream.concat(
                        IntStream.of(INBOUND_PORT, HEALTH_PORT).boxed(),
                        server.getSpec().openPorts().stream().sorted())
                .map(port -> new NetworkPolicyPortBuilder()
                        .withProtocol("TCP")
                        .withPort(new IntOrString(port))
                        .build())
                .toList();
        return new NetworkPolicyBuilder()
                .withNewMetadata()
                .withNamespace(server.getMetadata().getNamespace())
                .withName("stockade-" + server.getMetadata().getName())
                .addToLabels(MANAGED_BY, OPERATOR)
                .endMetadata()
                .withNewSpec()
                .withPodSelector(selector(server.getSpec().selector()))
                .withPolicyTypes("Ingress")
                .addNewIngress()
                .withPorts(ports)
                .endIngress()
                .endSpec()
                .build();
    }

    private static LabelSelector selector(Selector selector) {
        return new LabelSelectorBuilder()
                .withMatchLabels(selector.matchLabels())
                .withMatchExpressions(selector.matchExpressions().stream()
                        .map(r -> new LabelSelectorRequirement(r.key(), operator(r.operator()), r.values()))
                        .toList())
                .build();
    }

    private static String operator(Selector.Operator operator) {
        return switch (operator) {
            case IN -> "In";
            case NOT_IN -> "NotIn";
            case EXISTS -> "Exists";
            case DOES_NOT_EXIST -> "DoesNotExist";
        };
    }
}
