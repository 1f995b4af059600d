package dev.stockade.operator.server;

import static java.util.Objects.requireNonNull;

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
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicySpec;
import io.javaoperatorsdk.operator.api.config.informer.InformerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.processing.dependent.Matcher;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.CRUDKubernetesDependentResource;
import io.javaoperatorsdk.operator.processing.dependent.kubernetes.KubernetesDependentResourceConfigBuilder;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** The NetworkPolicy that keeps everyone from a server's pods but through the sidecar and the ports that its owner opens. */
final class ServerNetworkPolicy extends CRUDKubernetesDependentResource<NetworkPolicy, SecureMcpServer> {
    private static final String MANAGED_BY = "app.kubernetes.io/managed-by";
    private static final String OPERATOR = "stockade-operator";
    private static final int INBOUND_PORT = 15008;
    private static final int HEALTH_PORT = 15020;

    private static final int REMEMBERED = 16_384;

    private final PutBack putBack;

    /** What this replica has made, by the server's UID: else a policy that is another than it should be may be a former release's. */
    private final Map<String, NetworkPolicySpec> made =
            Collections.synchronizedMap(new LinkedHashMap<>(64, 0.75f, true) {
                private static final long serialVersionUID = 1;

                @Override
                protected boolean removeEldestEntry(Map.Entry<String, NetworkPolicySpec> eldest) {
                    return size() > REMEMBERED;
                }
            });

    /** Told when somebody else had changed or deleted the policy, after it is as it should be again. */
    @FunctionalInterface
    interface PutBack {
        /** @param what happened to it, as the end of a sentence about the policy */
        void said(SecureMcpServer server, String policy, String what);
    }

    ServerNetworkPolicy(PutBack putBack) {
        super(NetworkPolicy.class);
        this.putBack = requireNonNull(putBack);
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

    @Override
    public NetworkPolicy create(NetworkPolicy desired, SecureMcpServer server, Context<SecureMcpServer> context) {
        NetworkPolicy created = super.create(desired, server, context);
        if (made.put(server.getMetadata().getUid(), desired.getSpec()) != null) {
            putBack.said(server, desired.getMetadata().getName(), "was deleted");
        }
        return created;
    }

    @Override
    public NetworkPolicy update(
            NetworkPolicy actual, NetworkPolicy desired, SecureMcpServer server, Context<SecureMcpServer> context) {
        NetworkPolicy updated = super.update(actual, desired, server, context);
        NetworkPolicySpec before = made.put(server.getMetadata().getUid(), desired.getSpec());
        // An edit of the server changes what is desired; somebody else's changes what is there.
        if (before != null
                && !before.equals(actual.getSpec())
                && !desired.getSpec().equals(actual.getSpec())) {
            putBack.said(server, desired.getMetadata().getName(), "was changed");
        }
        return updated;
    }

    @Override
    public Matcher.Result<NetworkPolicy> match(
            NetworkPolicy actual, NetworkPolicy desired, SecureMcpServer server, Context<SecureMcpServer> context) {
        Matcher.Result<NetworkPolicy> result = super.match(actual, desired, server, context);
        if (result.matched()) {
            made.put(server.getMetadata().getUid(), desired.getSpec());
        }
        return result;
    }

    @Override
    protected void handleDelete(SecureMcpServer server, NetworkPolicy policy, Context<SecureMcpServer> context) {
        made.remove(server.getMetadata().getUid());
        super.handleDelete(server, policy, context);
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
