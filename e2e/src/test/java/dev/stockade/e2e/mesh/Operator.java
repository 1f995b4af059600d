package dev.stockade.e2e.mesh;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.RollableScalableResource;
import io.fabric8.kubernetes.client.readiness.Readiness;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/** The operator's replicas: who they are, who leads, and ways to take them away. */
public record Operator(KubernetesClient client, Nodes nodes) {
    private static final String NAME = "stockade-operator";

    /** Those that are not being deleted, in the order of their names. */
    public List<Pod> replicas() {
        return client.pods().inNamespace(Chart.NAMESPACE).list().getItems().stream()
                .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
                .sorted(Comparator.comparing(pod -> pod.getMetadata().getName()))
                .toList();
    }

    public Set<String> names() {
        return replicas().stream().map(pod -> pod.getMetadata().getName()).collect(Collectors.toSet());
    }

    /** Who holds the lease, as it stands there; empty while nobody does. */
    public String holder() {
        return Objects.requireNonNullElse(
                client.leases()
                        .inNamespace(Chart.NAMESPACE)
                        .withName(NAME)
                        .get()
                        .getSpec()
                        .getHolderIdentity(),
                "");
    }

    /** Waits until another one than this leads. @return how long that took */
    public Duration awaitAnother(String holder) {
        long began = System.nanoTime();
        Waiting.until(
                "another replica holds the lease", this::holder, () -> !holder().isEmpty() && !holder().equals(holder));
        return Duration.ofNanos(System.nanoTime() - began);
    }

    /** Stops the one that leads, in good order, and leaves the other alone. */
    public void leaveOnlyTheOther(Pod leader) {
        client.resource(leader)
                .edit(pod -> new PodBuilder(pod)
                        .editMetadata()
                        .addToAnnotations("controller.kubernetes.io/pod-deletion-cost", "-1000")
                        .endMetadata()
                        .build());
        scale(1);
    }

    /** The replica that holds the lease; the first one while nobody does. */
    public Pod leader() {
        String holder = client.leases()
                .inNamespace(Chart.NAMESPACE)
                .withName(NAME)
                .get()
                .getSpec()
                .getHolderIdentity();
        List<Pod> replicas = replicas();
        return replicas.stream()
                .filter(pod ->
                        holder != null && holder.startsWith(pod.getMetadata().getName()))
                .findFirst()
                .orElseGet(replicas::getFirst);
    }

    /** Kills a replica as a crash of its node would: at once, without a word, and for good. */
    public void kill(Pod replica) {
        nodes.kill(replica);
        client.resource(replica).withGracePeriod(0).delete();
    }

    /** Kills all of them at once and waits for others. */
    public void killAll() {
        Set<String> before = names();
        replicas().forEach(this::kill);
        Waiting.until(
                "new replicas of the operator",
                this::names,
                () -> names().stream().noneMatch(before::contains) && !names().isEmpty());
        awaitReady();
    }

    /** Rolls them, as an upgrade does, and waits for the new ones alone. */
    public void restart() {
        deployment().rolling().restart();
        awaitRolled();
    }

    /**
     * Until none of another kind answers any more: those that are being stopped do for some seconds after the new ones are ready,
     * and one of the former release refuses what one of this release has injected.
     */
    public void awaitRolled() {
        awaitReady();
        Waiting.until("the operator's former replicas are gone", this::all, () -> all().size() == wanted());
        awaitReady();
    }

    /** Those that are being deleted, too. */
    private List<String> all() {
        return client.pods().inNamespace(Chart.NAMESPACE).list().getItems().stream()
                .map(pod -> pod.getMetadata().getName())
                .toList();
    }

    public void scale(int replicas) {
        deployment().scale(replicas);
    }

    public int wanted() {
        return deployment().get().getSpec().getReplicas();
    }

    public void awaitGone() {
        Waiting.until("the operator's pods are gone", this::all, () -> all().isEmpty());
    }

    /** Until as many are ready as shall be, all of the newest kind, and each of them can be reached. */
    public void awaitReady() {
        Waiting.until("the operator is ready", () -> deployment().get().getStatus(), () -> {
            Deployment now = deployment().get();
            Integer wanted = now.getSpec().getReplicas();
            return now.getStatus().getObservedGeneration() >= now.getMetadata().getGeneration()
                    && wanted.equals(now.getStatus().getUpdatedReplicas())
                    && wanted.equals(now.getStatus().getReadyReplicas())
                    && wanted.equals(now.getStatus().getReplicas())
                    && replicas().size() == wanted
                    && replicas().stream().allMatch(Readiness::isPodReady);
        });
    }

    /** A metric without labels, as the leader has it. */
    public double metric(String name) {
        String scraped = client.raw("/api/v1/namespaces/%s/pods/%s:8080/proxy/metrics"
                .formatted(Chart.NAMESPACE, leader().getMetadata().getName()));
        return scraped.lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow(() -> new AssertionError("the operator has no metric " + name));
    }

    private RollableScalableResource<Deployment> deployment() {
        return client.apps().deployments().inNamespace(Chart.NAMESPACE).withName(NAME);
    }

    boolean exists() {
        return deployment().get() != null;
    }
}
