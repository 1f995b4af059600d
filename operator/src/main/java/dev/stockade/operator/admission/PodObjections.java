package dev.stockade.operator.admission;

import io.fabric8.kubernetes.api.model.Capabilities;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.Volume;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Why a pod cannot be protected as it is. Each answer is a sentence that says what to change. */
final class PodObjections {
    private static final Set<Integer> OUR_PORTS =
            Set.of(Sidecar.OUTBOUND_PORT, Sidecar.INBOUND_PORT, Sidecar.HEALTH_PORT);
    private static final Set<String> OUR_VOLUMES = Set.of(Sidecar.TOKEN_VOLUME, Sidecar.TRUST_VOLUME);
    private static final Set<String> PEEKING = Set.of("SYS_PTRACE", "CAP_SYS_PTRACE");

    private PodObjections() {}

    /** The first objection to a pod that does not have our sidecar (yet, or any more). */
    static Optional<String> to(Pod pod) {
        PodSpec spec = pod.getSpec();
        return Stream.of(
                        namespaces(spec),
                        user(spec),
                        volumes(spec),
                        containers(spec).flatMap(PodObjections::container).findFirst())
                .flatMap(Optional::stream)
                .findFirst();
    }

    /** What holds for a pod with its sidecar, too: what shares its view, its files or its user. */
    static Optional<String> namespaces(PodSpec spec) {
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
        Capabilities capabilities = context.getCapabilities();
        if (capabilities != null && capabilities.getAdd().stream().anyMatch(PEEKING::contains)) {
            return Stream.of(name + " adds the capability SYS_PTRACE, which opens the sidecar's memory. Remove it.");
        }
        return Stream.empty();
    }

    static Stream<Container> containers(PodSpec spec) {
        return Stream.concat(spec.getInitContainers().stream(), spec.getContainers().stream());
    }

    private static boolean isOurs(@Nullable Long user) {
        return user != null && user == Sidecar.UID;
    }
}
