package dev.stockade.operator.cluster;

import dev.stockade.policy.MeshPod;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodSpecBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of an object in a cache: what somebody reads. As Java objects a pod, and the API server's notes on who wrote which
 * field of it, are some tens of kilobytes; with thousands of them that is what the operator's memory is for. Pure.
 */
final class Kept {
    private static final String LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
    private static final Set<String> READ = Set.of(MeshPod.LABELS_VARIABLE, MeshPod.CAPTURE_VARIABLE);

    private Kept() {}

    /** Takes the rest out of an object that nobody else has yet. */
    static void trim(HasMetadata object) {
        ObjectMeta meta = object.getMetadata();
        meta.setManagedFields(List.of());
        if (meta.getAnnotations() != null) {
            meta.getAnnotations().remove(LAST_APPLIED);
        }
        switch (object) {
            case Pod pod -> trim(pod);
            case ServiceAccount account -> {
                account.setSecrets(List.of());
                account.setImagePullSecrets(List.of());
            }
            default -> {}
        }
    }

    private static void trim(Pod pod) {
        ObjectMeta meta = pod.getMetadata();
        meta.setAnnotations(Map.of());
        meta.setOwnerReferences(List.of());
        PodSpec spec = pod.getSpec();
        pod.setSpec(new PodSpecBuilder()
                .withServiceAccountName(spec.getServiceAccountName())
                .withContainers(containers(spec.getContainers()))
                .withInitContainers(containers(spec.getInitContainers()))
                .build());
        PodStatus status = pod.getStatus();
        if (status != null) {
            pod.setStatus(new PodStatusBuilder()
                    .withPhase(status.getPhase())
                    .withPodIPs(status.getPodIPs())
                    .withConditions(stream(status.getConditions())
                            .filter(condition -> "Ready".equals(condition.getType()))
                            .toList())
                    .withInitContainerStatuses(statuses(status.getInitContainerStatuses()))
                    .withContainerStatuses(statuses(status.getContainerStatuses()))
                    .build());
        }
    }

    private static List<Container> containers(@Nullable List<Container> all) {
        return stream(all)
                .map(container -> new ContainerBuilder()
                        .withName(container.getName())
                        .withPorts(container.getPorts())
                        .withEnv(stream(container.getEnv())
                                .filter(variable -> MeshPod.SIDECAR.equals(container.getName())
                                        && READ.contains(variable.getName()))
                                .toList())
                        .build())
                .toList();
    }

    private static List<ContainerStatus> statuses(@Nullable List<ContainerStatus> all) {
        return stream(all)
                .map(status -> new ContainerStatusBuilder()
                        .withName(status.getName())
                        .withState(status.getState())
                        .build())
                .toList();
    }

    private static <T> Stream<T> stream(@Nullable List<T> list) {
        return list == null ? Stream.empty() : list.stream();
    }
}
