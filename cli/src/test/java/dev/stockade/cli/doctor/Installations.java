package dev.stockade.cli.doctor;

import dev.stockade.crds.Definitions;
import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.crds.trust.MeshTrust;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** What would be read of a cluster that has these resources, and what nobody writes into a manifest. */
final class Installations {
    static final String OPERATOR = "stockade-system";
    private static final Instant NOW = Instant.parse("2026-07-01T12:00:00Z");
    private static final KubernetesSerialization SERIALIZATION = new KubernetesSerialization();

    static {
        List.of(MeshTrust.class, SecureMcpServer.class, AgentIdentity.class)
                .forEach(SERIALIZATION::registerKubernetesResource);
    }

    private Installations() {}

    /** All that one machine knows and all that it is told, everything to be seen. */
    static Installation of(String yaml, String version, Duration skew, List<String> definitions, Trial trial) {
        List<HasMetadata> all = new ArrayList<>();
        Arrays.stream(yaml.split("(?m)^---$", -1)).forEach(text -> all.add(SERIALIZATION.unmarshal(text)));
        List<Pod> pods = only(all, Pod.class);
        return new Installation(
                OPERATOR,
                NOW,
                is(skew),
                is(version),
                parsed(Definitions.yaml()),
                is(parsed(definitions)),
                first(all, Deployment.class),
                is(pods.stream().filter(Installations::isOperator).toList()),
                first(all, Lease.class),
                first(all, PodDisruptionBudget.class),
                is(only(all, MutatingWebhookConfiguration.class)),
                is(only(all, ValidatingWebhookConfiguration.class)),
                first(all, MeshTrust.class),
                is(!only(all, Secret.class).isEmpty()),
                is(only(all, Namespace.class)),
                is(only(all, Node.class)),
                is(only(all, SecureMcpServer.class)),
                is(only(all, AgentIdentity.class)),
                is(pods.stream().filter(pod -> !isOperator(pod)).toList()),
                is(only(all, NetworkPolicy.class)),
                is(trial));
    }

    /** Somebody who may read nothing at all. */
    static Installation unread() {
        return new Installation(
                OPERATOR, NOW, not(), not(), List.of(), not(), not(), not(), not(), not(), not(), not(), not(), not(),
                not(), not(), not(), not(), not(), not(), not());
    }

    private static boolean isOperator(Pod pod) {
        return OPERATOR.equals(pod.getMetadata().getNamespace());
    }

    private static List<CustomResourceDefinition> parsed(List<String> definitions) {
        return definitions.stream()
                .map(yaml -> SERIALIZATION.unmarshal(yaml, CustomResourceDefinition.class))
                .toList();
    }

    private static <T> Known<T> is(T value) {
        return new Known.Is<>(value);
    }

    private static <T> Known<T> not() {
        return new Known.Not<>("You may not look.");
    }

    private static <T> Known<Optional<T>> first(List<HasMetadata> all, Class<T> kind) {
        return is(only(all, kind).stream().findFirst());
    }

    private static <T> List<T> only(List<HasMetadata> all, Class<T> kind) {
        return all.stream().filter(kind::isInstance).map(kind::cast).toList();
    }
}
