package dev.stockade.operator.admission;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.Sysctl;
import io.fabric8.kubernetes.api.model.Volume;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Why a pod cannot be protected as it is. Each answer is a sentence that says what to change. */
final class PodObjections {
    private static final Set<Integer> OUR_PORTS =
            Set.of(Sidecar.OUTBOUND_PORT, Sidecar.INBOUND_PORT, Sidecar.HEALTH_PORT);
    private static final Set<String> OUR_VOLUMES = Set.of(Sidecar.TOKEN_VOLUME, Sidecar.TRUST_VOLUME);

    /** Each of them alone leads into another process of the pod or onto the node, and so to the sidecar's key. */
    private static final Set<String> PEEKING = Set.of(
            "ALL",
            "BPF",
            "CHECKPOINT_RESTORE",
            "DAC_READ_SEARCH",
            "PERFMON",
            "SYS_ADMIN",
            "SYS_MODULE",
            "SYS_PTRACE",
            "SYS_RAWIO");

    /** Where a node keeps the volumes and the processes of its pods, and what starts them. */
    private static final List<String> NODE_SECRETS = List.of(
            "/etc/kubernetes",
            "/proc",
            "/run/containerd",
            "/run/crio",
            "/run/docker.sock",
            "/run/k3s",
            "/var/lib/containerd",
            "/var/lib/containers",
            "/var/lib/docker",
            "/var/lib/kubelet",
            "/var/lib/rancher",
            "/var/run");

    /** Has the kernel take packets for 127/8 from the network, where a server may listen that nobody shall reach. */
    private static final Pattern OPENS_LOOPBACK = Pattern.compile("net\\.ipv4\\.conf\\..+\\.route_localnet");

    private static final String MIRROR = "kubernetes.io/config.mirror";

    private PodObjections() {}

    /** The first objection to a pod that does not have our sidecar (yet, or any more). */
    static Optional<String> to(Pod pod) {
        PodSpec spec = pod.getSpec();
        return Stream.of(
                        reach(pod),
                        user(spec),
                        volumes(spec),
                        containers(spec).flatMap(PodObjections::container).findFirst())
                .flatMap(Optional::stream)
                .findFirst();
    }

    /** What holds for a pod with its sidecar, too: what shares its view or reaches its files, and what cannot have one. */
    static Optional<String> reach(Pod pod) {
        return Stream.of(kind(pod), namespaces(pod.getSpec()), sysctls(pod.getSpec()), hostPaths(pod.getSpec()))
                .flatMap(Optional::stream)
                .findFirst();
    }

    private static Optional<String> kind(Pod pod) {
        Map<String, String> annotations =
                pod.getMetadata() == null ? null : pod.getMetadata().getAnnotations();
        if (annotations != null && annotations.containsKey(MIRROR)) {
            return Optional.of(
                    "it is a static pod, which its node runs as a file there says, without a sidecar. Make it an"
                            + " ordinary pod.");
        }
        return pod.getSpec().getOs() != null
                        && "windows".equals(pod.getSpec().getOs().getName())
                ? Optional.of("spec.os.name is windows, and the sidecar runs on Linux only. Unset it.")
                : Optional.empty();
    }

    private static Optional<String> sysctls(PodSpec spec) {
        return spec.getSecurityContext() == null
                ? Optional.empty()
                : spec.getSecurityContext().getSysctls().stream()
                        .map(Sysctl::getName)
                        .filter(Objects::nonNull)
                        .filter(name ->
                                OPENS_LOOPBACK.matcher(name.replace('/', '.')).matches())
                        .findFirst()
                        .map(name -> "the sysctl " + name
                                + " opens the pod's loopback addresses to the network. Remove it.");
    }

    /** Of a folder of the node: itself, what is in it and what it is in. */
    private static Optional<String> hostPaths(PodSpec spec) {
        return spec.getVolumes().stream()
                .filter(v -> v.getHostPath() != null
                        && v.getHostPath().getPath() != null
                        && reachesPods(v.getHostPath().getPath()))
                .findFirst()
                .map(v -> "volume '" + v.getName() + "' is the node's "
                        + v.getHostPath().getPath()
                        + ", through which the sidecar's files or processes are reached. Mount less of the node.");
    }

    private static boolean reachesPods(String path) {
        Path folder = Path.of("/").resolve(path).normalize();
        return NODE_SECRETS.stream().map(Path::of).anyMatch(f -> f.startsWith(folder) || folder.startsWith(f));
    }

    private static Optional<String> namespaces(PodSpec spec) {
        if (Boolean.TRUE.equals(spec.getHostNetwork())) {
            return Optional.of(
                    "hostNetwork is set, and the mesh cannot protect a pod on its node's network. Unset it.");
        }
        if (Boolean.TRUE.equals(spec.getHostPID())) {
            return Optional.of("hostPID is set, and lets containers see into the sidecar. Unset it.");
        }
        if (Boolean.TRUE.equals(spec.getShareProcessNamespace())) {
            return Optional.of("shareProcessNamespace is set, and lets containers see into the sidecar. Unset it.");
        }
        return Optional.empty();
    }

    static Optional<String> user(PodSpec spec) {
        return spec.getSecurityContext() != null
                        && isOurs(spec.getSecurityContext().getRunAsUser())
                ? Optional.of(
                        "securityContext.runAsUser " + Sidecar.UID + " is the sidecar's own user. Choose another one.")
                : Optional.empty();
    }

    private static Optional<String> volumes(PodSpec spec) {
        return spec.getVolumes().stream()
                .map(Volume::getName)
                .filter(OUR_VOLUMES::contains)
                .findFirst()
                .map(name -> "volume '" + name + "' has a name that Stockade uses itself. Rename it.");
    }

    private static Stream<String> container(Container container) {
        String name = "container '" + container.getName() + "'";
        if (container.getName().equals(Sidecar.CONTAINER)) {
            return Stream.of(name + " is not the one that Stockade injects. Remove it; Stockade adds its own.");
        }
        return Stream.concat(
                container.getPorts().stream()
                        .map(ContainerPort::getContainerPort)
                        .filter(OUR_PORTS::contains)
                        .map(port -> name + " declares port " + port + ", which is the sidecar's. Choose another one."),
                privileges(name, container.getSecurityContext()));
    }

    /** Objections to what a container may do; {@code name} begins the sentence. */
    static Stream<String> privileges(String name, @Nullable SecurityContext context) {
        if (context == null) {
            return Stream.empty();
        }
        if (isOurs(context.getRunAsUser())) {
            return Stream.of(name + " has runAsUser " + Sidecar.UID + ", the sidecar's own user. Choose another one.");
        }
        if (Boolean.TRUE.equals(context.getPrivileged())) {
            return Stream.of(name + " is privileged, which opens the sidecar's files and memory. Unset it.");
        }
        return Stream.ofNullable(context.getCapabilities())
                .flatMap(capabilities -> capabilities.getAdd().stream())
                .filter(capability -> PEEKING.contains(plain(capability)))
                .limit(1)
                .map(capability -> name + " adds the capability " + capability
                        + ", which opens the sidecar's files or memory. Remove it.");
    }

    private static String plain(String capability) {
        String upper = capability.toUpperCase(Locale.ROOT);
        return upper.startsWith("CAP_") ? upper.substring("CAP_".length()) : upper;
    }

    static Stream<Container> containers(PodSpec spec) {
        return Stream.concat(spec.getInitContainers().stream(), spec.getContainers().stream());
    }

    private static boolean isOurs(@Nullable Long user) {
        return user != null && user == Sidecar.UID;
    }
}
