package dev.stockade.e2e.mesh;

import dev.stockade.e2e.workload.Manifests;
import dev.stockade.e2e.workload.Program;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.readiness.Readiness;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;

/** A namespace and what its team does there. */
public record Team(KubernetesClient client, Manifests manifests, String namespace) {
    private static final PatchContext APPLY = new PatchContext.Builder()
            .withPatchType(PatchType.SERVER_SIDE_APPLY)
            .withFieldManager("e2e")
            .withForce(true)
            .build();

    /** Makes the namespace; one that a former run has left goes first. */
    public static Team found(KubernetesClient client, Manifests manifests, String namespace, boolean inMesh) {
        Team team = new Team(client, manifests, namespace);
        team.disband();
        team.awaitDisbanded();
        client.resource(Manifests.namespace(namespace, inMesh)).create();
        Waiting.until(
                "namespace " + namespace + " has its service account",
                () -> "none",
                () -> client.serviceAccounts()
                                .inNamespace(namespace)
                                .withName("default")
                                .get()
                        != null);
        return team;
    }

    /** Applies manifests as kubectl apply --server-side does. */
    public Team apply(String... yaml) {
        String all = String.join("\n---\n", yaml);
        for (HasMetadata one : client.load(new ByteArrayInputStream(all.getBytes(StandardCharsets.UTF_8)))
                .items()) {
            if (one.getMetadata().getNamespace() == null && !one.getKind().equals("Namespace")) {
                one.getMetadata().setNamespace(namespace);
            }
            client.resource(one).patch(APPLY);
        }
        return this;
    }

    /** An agent of this team: its service account, its identity, and a pod in which programs are run. */
    public Team agent(String name, String identity) {
        return apply(
                Manifests.serviceAccount(name),
                Manifests.agentIdentity(name, identity),
                manifests.agent(name, name, true));
    }

    public Program program(String pod) {
        awaitReady(pod);
        return programOf(pod);
    }

    /** The same, whether the pod is ready or not. */
    public Program programOf(String pod) {
        return new Program(client, namespace, pod, "agent");
    }

    public Resource server(String name) {
        return new Resource(client, "SecureMcpServer", namespace, name);
    }

    public Resource agentIdentity(String name) {
        return new Resource(client, "AgentIdentity", namespace, name);
    }

    public Resource policy(String name) {
        return new Resource(client, "McpAccessPolicy", namespace, name);
    }

    /** The pods of an app, in the order of their names. */
    public List<Pod> pods(String app) {
        return client.pods().inNamespace(namespace).withLabel("app", app).list().getItems().stream()
                .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
                .sorted(Comparator.comparing(pod -> pod.getMetadata().getName()))
                .toList();
    }

    public Pod pod(String name) {
        return Objects.requireNonNull(
                client.pods().inNamespace(namespace).withName(name).get(), () -> "no pod " + namespace + "/" + name);
    }

    public Team awaitReady(String pod) {
        Waiting.until(
                "pod %s/%s is ready".formatted(namespace, pod),
                () -> PodState.of(pod(pod)),
                () -> Readiness.isPodReady(pod(pod)));
        return this;
    }

    public Team awaitDeployment(String name) {
        return awaitDeployment(name, Waiting.PATIENCE);
    }

    public Team awaitDeployment(String name, Duration patience) {
        Waiting.until(
                patience,
                "Deployment %s/%s is ready".formatted(namespace, name),
                () -> pods(name).stream().map(PodState::of).toList(),
                () -> Readiness.getInstance()
                        .isReady(client.apps()
                                .deployments()
                                .inNamespace(namespace)
                                .withName(name)
                                .get()));
        return this;
    }

    /** Waits for an event about an object of this team whose reason and message are as they should be. */
    public Event awaitEvent(String about, Predicate<Event> wanted) {
        Waiting.until(
                "an event about %s/%s".formatted(namespace, about),
                () -> events(about).stream()
                        .map(event -> event.getReason() + ": " + event.getMessage())
                        .toList(),
                () -> events(about).stream().anyMatch(wanted));
        return events(about).stream().filter(wanted).findFirst().orElseThrow();
    }

    private List<Event> events(String about) {
        return client.v1().events().inNamespace(namespace).list().getItems().stream()
                .filter(event -> about.equals(event.getInvolvedObject().getName()))
                .toList();
    }

    /** What the sidecar of a pod has said since it started. */
    public String sidecarLog(String pod) {
        return client.pods()
                .inNamespace(namespace)
                .withName(pod)
                .inContainer("stockade-sidecar")
                .getLog();
    }

    /** Asks for the end of the namespace, and does not wait for it. */
    public void disband() {
        client.namespaces().withName(namespace).delete();
    }

    public void awaitDisbanded() {
        Waiting.until(
                "namespace " + namespace + " is gone",
                () -> client.namespaces().withName(namespace).get().getStatus(),
                () -> client.namespaces().withName(namespace).get() == null);
    }
}
