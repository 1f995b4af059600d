package dev.stockade.operator.restart;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.DeleteOptionsBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PreconditionsBuilder;
import io.fabric8.kubernetes.api.model.ReplicationController;
import io.fabric8.kubernetes.api.model.Status;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import io.fabric8.kubernetes.api.model.apps.ReplicaSet;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.policy.v1.EvictionBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.NamespacedKubernetesClient;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import java.net.HttpURLConnection;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What the API server is asked for in restarting pods, beside the pods themselves. */
final class Evictions {
    private static final int TOO_MANY_REQUESTS = 429;

    private final KubernetesClient client;

    /** What came of one eviction. */
    sealed interface Outcome {
        /** The pod is ending. */
        record Evicted() implements Outcome {}

        /** It is another one by now, or gone. */
        record Gone() implements Outcome {}

        /** A PodDisruptionBudget forbids it for now; in the API server's words. */
        record NotNow(String why) implements Outcome {
            public NotNow {
                requireNonNull(why);
            }
        }
    }

    Evictions(KubernetesClient client) {
        this.client = requireNonNull(client);
    }

    /**
     * Asks for the eviction of that very pod. Refused by a budget it is not repeated here, as the client would by itself.
     *
     * @throws KubernetesClientException if the API server answers otherwise
     */
    Outcome evict(String namespace, String name, String uid) {
        try {
            String _ = client.adapt(NamespacedKubernetesClient.class)
                    .withRequestConfig(new RequestConfigBuilder()
                            .withRequestRetryBackoffLimit(0)
                            .build())
                    .call(once -> once.raw(
                            "/api/v1/namespaces/" + namespace + "/pods/" + name + "/eviction",
                            "POST",
                            new EvictionBuilder()
                                    .withNewMetadata()
                                    .withNamespace(namespace)
                                    .withName(name)
                                    .endMetadata()
                                    .withDeleteOptions(new DeleteOptionsBuilder()
                                            .withPreconditions(new PreconditionsBuilder()
                                                    .withUid(uid)
                                                    .build())
                                            .build())
                                    .build()));
            return new Outcome.Evicted();
        } catch (KubernetesClientException e) {
            return switch (e.getCode()) {
                case TOO_MANY_REQUESTS -> new Outcome.NotNow(why(e));
                case HttpURLConnection.HTTP_NOT_FOUND, HttpURLConnection.HTTP_CONFLICT -> new Outcome.Gone();
                default -> throw e;
            };
        }
    }

    private static String why(KubernetesClientException refused) {
        Status status = refused.getStatus();
        if (status == null) {
            return "the API server has too many requests.";
        }
        Stream<String> causes = status.getDetails() == null
                ? Stream.empty()
                : status.getDetails().getCauses().stream()
                        .map(cause -> cause.getMessage())
                        .filter(Objects::nonNull);
        String all = Stream.concat(Stream.ofNullable(status.getMessage()), causes)
                .map(sentence -> sentence.endsWith(".") ? sentence : sentence + ".")
                .collect(Collectors.joining(" "));
        return all.isEmpty() ? "a disruption budget forbids it." : all;
    }

    /** How many pods the controller shall have; empty if it does not exist any more or is of another kind. */
    Optional<Long> wanted(String namespace, SelectedPod.Controller controller) {
        return switch (controller.kind()) {
            case "ReplicaSet" ->
                count(
                        client.apps()
                                .replicaSets()
                                .inNamespace(namespace)
                                .withName(controller.name())
                                .get(),
                        controller,
                        (ReplicaSet set) -> set.getSpec().getReplicas());
            case "StatefulSet" ->
                count(
                        client.apps()
                                .statefulSets()
                                .inNamespace(namespace)
                                .withName(controller.name())
                                .get(),
                        controller,
                        (StatefulSet set) -> set.getSpec().getReplicas());
            case "DaemonSet" ->
                count(
                        client.apps()
                                .daemonSets()
                                .inNamespace(namespace)
                                .withName(controller.name())
                                .get(),
                        controller,
                        (DaemonSet set) ->
                                set.getStatus() == null ? null : set.getStatus().getDesiredNumberScheduled());
            case "ReplicationController" ->
                count(
                        client.replicationControllers()
                                .inNamespace(namespace)
                                .withName(controller.name())
                                .get(),
                        controller,
                        (ReplicationController set) -> set.getSpec().getReplicas());
            default -> Optional.empty();
        };
    }

    private static <T extends HasMetadata> Optional<Long> count(
            @Nullable T found, SelectedPod.Controller controller, Function<T, @Nullable Integer> wanted) {
        if (found == null
                || !controller.uid().equals(found.getMetadata().getUid())
                || found.getMetadata().getDeletionTimestamp() != null) {
            return Optional.empty();
        }
        Integer count = wanted.apply(found);
        return Optional.of(count == null ? 1L : count.longValue());
    }

    /** Why a new pod of that namespace might be let in without a sidecar; empty if it cannot. */
    Optional<String> injector(String namespace) {
        return InjectorCheck.objection(
                client.admissionRegistration()
                        .v1()
                        .mutatingWebhookConfigurations()
                        .withName("stockade-injector")
                        .get(),
                client.namespaces().withName(namespace).get());
    }
}
