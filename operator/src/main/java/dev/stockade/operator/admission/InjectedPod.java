package dev.stockade.operator.admission;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EphemeralContainer;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeMount;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What must hold of a pod once every webhook has had its hands on it. Each answer is a sentence, or empty if nothing is
 * wrong. Pure.
 */
final class InjectedPod {
    private static final Set<String> OUR_VOLUMES = Set.of(Sidecar.TOKEN_VOLUME, Sidecar.TRUST_VOLUME);
    private static final Set<String> PER_POD = Set.of(Sidecar.POD_LABELS, Sidecar.CAPTURE, Sidecar.PROBES);
    private static final String APPARMOR = "container.apparmor.security.beta.kubernetes.io/" + Sidecar.CONTAINER;

    private InjectedPod() {}

    static Optional<Container> sidecar(Pod pod) {
        return pod.getSpec().getInitContainers().stream()
                .filter(c -> c.getName().equals(Sidecar.CONTAINER))
                .findFirst();
    }

    /** What is wrong with a new pod that has to have a sidecar, whichever template that was made from. */
    static Optional<String> objection(Pod pod) {
        PodSpec spec = pod.getSpec();
        Optional<Container> found = sidecar(pod);
        if (found.isEmpty()) {
            return Optional.of("it belongs to the mesh and has no container '" + Sidecar.CONTAINER
                    + "'. Create it again; if it stays so, look for what removes the container.");
        }
        if (!spec.getInitContainers().getFirst().equals(found.get())) {
            return Optional.of("init container '"
                    + spec.getInitContainers().getFirst().getName() + "' stands before '" + Sidecar.CONTAINER
                    + "' and would run outside the mesh. Keep other webhooks from putting theirs first.");
        }
        return Stream.of(
                        PodObjections.reach(pod),
                        PodObjections.user(spec),
                        annotations(pod),
                        foreignTokens(spec),
                        others(spec).findFirst())
                .flatMap(Optional::stream)
                .findFirst();
    }

    /** What a new pod's sidecar, or a volume of it, has other than this template gives it. */
    static Optional<String> alteration(Pod pod, SidecarTemplate template) {
        requireNonNull(template);
        return sidecar(pod).flatMap(found -> changed(found, template, pod)).or(() -> volumes(pod.getSpec()));
    }

    /** What is wrong with a new pod that is none of ours, and has no sidecar. */
    static Optional<String> impostor(Pod pod) {
        Map<String, String> labels = pod.getMetadata().getLabels();
        if (labels != null && labels.containsKey(Sidecar.INJECTED_LABEL)) {
            return Optional.of("the label " + Sidecar.INJECTED_LABEL + " is written by Stockade alone. Remove it.");
        }
        return foreignTokens(pod.getSpec());
    }

    /** What is wrong with an update of a pod that has a sidecar: of its images, or of its ephemeral containers. */
    static Optional<String> objection(Pod before, Pod after) {
        Optional<String> was = sidecar(before).map(Container::getImage);
        Optional<String> is = sidecar(after).map(Container::getImage);
        if (was.isPresent() && !was.equals(is)) {
            return Optional.of("the image of container '" + Sidecar.CONTAINER
                    + "' is Stockade's to choose. Recreate the pod to get the current one.");
        }
        if (is.isEmpty()) {
            return Optional.empty();
        }
        Set<EphemeralContainer> known = new HashSet<>(before.getSpec().getEphemeralContainers());
        return after.getSpec().getEphemeralContainers().stream()
                .filter(c -> !known.contains(c))
                .flatMap(InjectedPod::ephemeral)
                .findFirst();
    }

    /** Everything but the parts in {@link InjectedContainer} is as it was written; a field of a later Kubernetes, too. */
    private static Optional<String> changed(Container sidecar, SidecarTemplate template, Pod pod) {
        // Not believed, only said, if no other replica takes the pod: during an upgrade one release injects, and the
        // other checks.
        Optional<String> release = sidecar.getEnv().stream()
                .filter(variable -> Sidecar.RELEASE.equals(variable.getName()))
                .findFirst()
                .map(EnvVar::getValue);
        if (release.isPresent() && !release.get().equals(template.release())) {
            return Optional.of("container '" + Sidecar.CONTAINER + "' is of release " + shortened(release.get())
                    + ", and this operator is of release " + template.release()
                    + ". While the operator is upgraded, create the pod again; controllers do so by themselves.");
        }
        Container wanted = SidecarContainer.of(template, Map.of(), Map.of(), Map.of());
        Optional<String> part = InjectedContainer.difference(sidecar, wanted);
        return part.isPresent() ? altered(part.get()) : environment(sidecar, wanted, pod);
    }

    /** A pod's author may have written it. */
    private static String shortened(String release) {
        return release.length() <= 64 ? release : release.substring(0, 64) + "...";
    }

    private static Optional<String> environment(Container sidecar, Container wanted, Pod pod) {
        Map<String, EnvVar> expected = byName(wanted.getEnv());
        Set<String> seen = new HashSet<>();
        for (EnvVar variable : sidecar.getEnv()) {
            String name = variable.getName();
            boolean right =
                    PER_POD.contains(name) ? variable.getValueFrom() == null : variable.equals(expected.get(name));
            if (!right || !seen.add(name)) {
                return altered("env " + name);
            }
        }
        if (!seen.equals(expected.keySet())) {
            return altered("env");
        }
        // An identity is given by the labels in here.
        Map<String, String> labels = PodMutator.labels(pod);
        JsonNode written = SidecarContainer.read(sidecar, Sidecar.POD_LABELS).orElse(null);
        if (written == null) {
            return altered("env " + Sidecar.POD_LABELS);
        }
        return written.propertyStream()
                .filter(label -> !label.getValue().asText().equals(labels.get(label.getKey())))
                .findFirst()
                .map(label -> "label '" + label.getKey() + "' was changed after Stockade had read it. "
                        + "Keep other webhooks from changing labels that the pod came with.");
    }

    private static Optional<String> annotations(Pod pod) {
        Map<String, String> annotations = pod.getMetadata().getAnnotations();
        return annotations != null && annotations.containsKey(APPARMOR)
                ? altered("annotation " + APPARMOR)
                : Optional.empty();
    }

    private static Map<String, EnvVar> byName(List<EnvVar> environment) {
        return environment.stream().collect(Collectors.toMap(EnvVar::getName, Function.identity()));
    }

    private static Optional<String> altered(String part) {
        return Optional.of("container '" + Sidecar.CONTAINER + "' was changed after it had been injected (" + part
                + "). Keep other webhooks and policies from changing it.");
    }

    private static Optional<String> volumes(PodSpec spec) {
        Map<String, Volume> volumes =
                spec.getVolumes().stream().collect(Collectors.toMap(Volume::getName, Function.identity(), (a, b) -> a));
        Volume token = volumes.get(Sidecar.TOKEN_VOLUME);
        Volume trust = volumes.get(Sidecar.TRUST_VOLUME);
        boolean right = token != null
                && token.getProjected() != null
                && token.getProjected()
                        .getSources()
                        .equals(SidecarContainer.volumes()
                                .getFirst()
                                .getProjected()
                                .getSources())
                && trust != null
                && trust.getEmptyDir() != null;
        return right
                ? Optional.empty()
                : Optional.of("a volume of container '" + Sidecar.CONTAINER
                        + "' was changed after it had been injected. Keep other webhooks from changing it.");
    }

    private static Optional<String> foreignTokens(PodSpec spec) {
        return spec.getVolumes().stream()
                .filter(v -> !v.getName().equals(Sidecar.TOKEN_VOLUME) || sidecarMissing(spec))
                .filter(v -> v.getProjected() != null)
                .filter(v -> v.getProjected().getSources().stream()
                        .anyMatch(s -> s.getServiceAccountToken() != null
                                && Sidecar.AUDIENCE.equals(
                                        s.getServiceAccountToken().getAudience())))
                .findFirst()
                .map(v -> "volume '" + v.getName() + "' asks for a token with the audience " + Sidecar.AUDIENCE
                        + ", which only the sidecar may hold. Remove it.");
    }

    private static boolean sidecarMissing(PodSpec spec) {
        return spec.getInitContainers().stream().noneMatch(c -> c.getName().equals(Sidecar.CONTAINER));
    }

    private static Stream<String> others(PodSpec spec) {
        return PodObjections.containers(spec)
                .skip(1)
                .flatMap(c -> Stream.concat(
                        c.getName().equals(Sidecar.CONTAINER)
                                ? Stream.of("there is a second container '" + Sidecar.CONTAINER + "'. Remove it.")
                                : Stream.empty(),
                        Stream.concat(
                                mounts("container '" + c.getName() + "'", c.getVolumeMounts()),
                                PodObjections.privileges("container '" + c.getName() + "'", c.getSecurityContext()))));
    }

    private static Stream<String> ephemeral(EphemeralContainer container) {
        String name = "ephemeral container '" + container.getName() + "'";
        Stream<String> target = Sidecar.CONTAINER.equals(container.getTargetContainerName())
                ? Stream.of(name + " looks into the sidecar. Choose another target.")
                : Stream.empty();
        return Stream.of(
                        target,
                        mounts(name, container.getVolumeMounts()),
                        PodObjections.privileges(name, container.getSecurityContext()))
                .flatMap(s -> s);
    }

    private static Stream<String> mounts(String name, List<VolumeMount> mounts) {
        return mounts.stream()
                .filter(m -> OUR_VOLUMES.contains(m.getName()))
                .map(m -> name + " mounts the sidecar's volume '" + m.getName() + "'. Remove the mount.");
    }
}
