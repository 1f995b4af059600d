package dev.stockade.e2e.evidence;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.ContainerResource;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.LifecycleMethodExecutionExceptionHandler;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/**
 * Keeps what a person needs to understand a failure (pods, their logs, events, resources with their statuses, webhooks), in a
 * folder that the failure's message names.
 */
public final class FailureEvidence implements TestExecutionExceptionHandler, LifecycleMethodExecutionExceptionHandler {
    private static final String API = "stockade.dev/v1alpha1";

    @Override
    public void handleTestExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        throw kept(context, failure);
    }

    @Override
    public void handleBeforeAllMethodExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        throw kept(context, failure);
    }

    private static Throwable kept(ExtensionContext context, Throwable failure) {
        Cluster cluster = context.getRoot()
                .getStore(ExtensionContext.Namespace.GLOBAL)
                .get(KubernetesClient.class, Cluster.class);
        return cluster == null ? failure : kept(cluster.client(), name(context), failure);
    }

    /** Where a class's scenarios run, as its extension leaves it in the store. */
    public record Cluster(KubernetesClient client) {}

    private static String name(ExtensionContext context) {
        return (context.getRequiredTestClass().getSimpleName() + "-" + context.getDisplayName())
                .replaceAll("[^A-Za-z0-9.]+", "-");
    }

    /** Writes the folder. @return the failure with the folder's name in its message */
    public static AssertionError kept(KubernetesClient client, String name, Throwable failure) {
        Path folder = Path.of(System.getProperty("stockade.root", "."), "e2e", "failures", name);
        String where;
        try {
            Files.createDirectories(folder);
            new Writing(client, folder).everything();
            where = "What the cluster looked like: " + folder;
        } catch (IOException | RuntimeException e) {
            where = "What the cluster looked like could not be kept in %s: %s".formatted(folder, e);
        }
        return new AssertionError(failure.getMessage() + System.lineSeparator() + where, failure);
    }

    private record Writing(KubernetesClient client, Path folder) {

        void everything() throws IOException {
            List<Pod> pods = client.pods().inAnyNamespace().list().getItems().stream()
                    .filter(pod -> !pod.getMetadata().getNamespace().equals("kube-system"))
                    .toList();
            write("pods.yaml", () -> Serialization.asYaml(pods));
            write("events.txt", this::events);
            for (String kind : List.of("SecureMcpServer", "AgentIdentity", "McpAccessPolicy", "MeshTrust")) {
                write(
                        kind + ".yaml",
                        () -> yaml(client.genericKubernetesResources(API, kind)
                                .inAnyNamespace()
                                .list()
                                .getItems()));
            }
            write(
                    "NetworkPolicy.yaml",
                    () -> yaml(client.network()
                            .v1()
                            .networkPolicies()
                            .inAnyNamespace()
                            .list()
                            .getItems()));
            write(
                    "webhooks.yaml",
                    () -> yaml(Stream.concat(
                                    client
                                            .admissionRegistration()
                                            .v1()
                                            .mutatingWebhookConfigurations()
                                            .list()
                                            .getItems()
                                            .stream(),
                                    client
                                            .admissionRegistration()
                                            .v1()
                                            .validatingWebhookConfigurations()
                                            .list()
                                            .getItems()
                                            .stream())
                            .toList()));
            Files.createDirectories(folder.resolve("logs"));
            for (Pod pod : pods) {
                logs(pod);
            }
        }

        private String events() {
            return client.v1().events().inAnyNamespace().list().getItems().stream()
                    .sorted(Comparator.comparing(event -> Objects.toString(event.getLastTimestamp(), "")))
                    .map(event -> "%s %s %s/%s %s: %s"
                            .formatted(
                                    event.getLastTimestamp(),
                                    event.getType(),
                                    event.getMetadata().getNamespace(),
                                    event.getInvolvedObject().getName(),
                                    event.getReason(),
                                    event.getMessage()))
                    .collect(Collectors.joining("\n"));
        }

        private void logs(Pod pod) throws IOException {
            List<ContainerStatus> containers = Stream.concat(
                            pod.getStatus().getInitContainerStatuses().stream(),
                            pod.getStatus().getContainerStatuses().stream())
                    .toList();
            for (ContainerStatus container : containers) {
                String file = "logs/%s_%s_%s"
                        .formatted(
                                pod.getMetadata().getNamespace(),
                                pod.getMetadata().getName(),
                                container.getName());
                ContainerResource log = client.pods()
                        .inNamespace(pod.getMetadata().getNamespace())
                        .withName(pod.getMetadata().getName())
                        .inContainer(container.getName());
                write(file + ".log", log::getLog);
                if (Objects.requireNonNullElse(container.getRestartCount(), 0) > 0) {
                    write(file + ".previous.log", () -> log.terminated().getLog());
                }
            }
        }

        private static String yaml(List<? extends HasMetadata> resources) {
            resources.forEach(one -> one.getMetadata().setManagedFields(null));
            return Serialization.asYaml(resources);
        }

        private void write(String file, Callable<String> content) throws IOException {
            String text;
            try {
                text = Objects.toString(content.call(), "");
            } catch (Exception e) {
                text = "could not be read: " + e;
            }
            Files.writeString(folder.resolve(file), text);
        }
    }
}
