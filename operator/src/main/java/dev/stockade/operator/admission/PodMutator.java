package dev.stockade.operator.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.stockade.policy.ServicePort;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.HostAlias;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.Volume;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Writes the sidecar into a pod. Pure, and idempotent: a pod that already has the sidecar (the webhook was asked again after
 * another one changed the pod) is taken back to what was declared first, then injected anew.
 */
public final class PodMutator {
    /** A safe sysctl of the pod's own network namespace, which Pod Security {@code restricted} permits. */
    private static final String LOW_PORTS = "net.ipv4.ip_unprivileged_port_start";

    private static final int FIRST_UNPRIVILEGED_PORT = 1024;

    private PodMutator() {}

    /** What came of a pod. */
    public sealed interface Outcome {
        /** The pod as it is to be created. */
        record Injected(Pod pod) implements Outcome {}

        /** It cannot be protected; one sentence says why and what to change. */
        record Refused(String sentence) implements Outcome {}
    }

    /** Why a pod like this one, which has no sidecar, cannot have one; a sentence, or empty if it can. */
    public static Optional<String> objection(Pod bare) {
        return PodObjections.to(bare);
    }

    /** The pod with its sidecar, or why it cannot have one. */
    public static Outcome inject(Pod pod, InjectionPlan plan) {
        Pod bare = withoutSidecar(pod, plan.sidecar().image());
        Optional<String> objection = PodObjections.to(bare);
        if (objection.isPresent()) {
            return new Outcome.Refused(objection.get());
        }
        PodSpec spec = bare.getSpec();
        NameCapture capture = NameCapture.plan(
                plan.captured(),
                plan.namespace(),
                plan.sidecar().clusterDomain(),
                declaredPorts(spec),
                aliasedNames(spec));
        ProbeRewriter probes = new ProbeRewriter(plan.probes());
        List<Container> containers =
                spec.getContainers().stream().map(probes::rewrite).toList();
        List<Container> initContainers = new ArrayList<>();
        for (Container container : spec.getInitContainers()) {
            initContainers.add(isNativeSidecar(container) ? probes.rewrite(container) : container);
        }
        Map<String, String> labels = labels(bare);
        initContainers.addFirst(SidecarContainer.of(plan.sidecar(), labels, capture.addresses(), probes.originals()));
        PodBuilder injected = new PodBuilder(bare);
        if (needsLowPorts(capture, spec)) {
            injected.editSpec()
                    .editOrNewSecurityContext()
                    .addNewSysctl(LOW_PORTS, "0")
                    .endSecurityContext()
                    .endSpec();
        }
        return new Outcome.Injected(injected.editOrNewMetadata()
                .addToLabels(Sidecar.INJECTED_LABEL, Sidecar.INJECTED)
                .endMetadata()
                .editSpec()
                .withInitContainers(initContainers)
                .withContainers(containers)
                .addAllToVolumes(SidecarContainer.volumes())
                .addAllToHostAliases(capture.aliases())
                .endSpec()
                .build());
    }

    /** What the pod declared before {@link #inject}; a container of our name but with another image stays. */
    static Pod withoutSidecar(Pod pod, String image) {
        List<Container> inits = pod.getSpec().getInitContainers();
        Optional<Container> sidecar = inits.stream()
                .filter(c -> c.getName().equals(Sidecar.CONTAINER) && image.equals(c.getImage()))
                .findFirst();
        if (sidecar.isEmpty()) {
            return pod;
        }
        JsonNode probes =
                SidecarContainer.read(sidecar.get(), Sidecar.PROBES).orElseGet(JsonNodeFactory.instance::objectNode);
        Set<String> addresses = new HashSet<>();
        SidecarContainer.read(sidecar.get(), Sidecar.CAPTURE)
                .ifPresent(map -> map.forEach(address -> addresses.add(address.asText())));
        List<HostAlias> aliases = pod.getSpec().getHostAliases().stream()
                .filter(a -> !addresses.contains(a.getIp()))
                .toList();
        // By name: between two calls the API server has written its defaults into ours.
        Set<String> ours =
                SidecarContainer.volumes().stream().map(Volume::getName).collect(Collectors.toSet());
        List<Volume> volumes = pod.getSpec().getVolumes().stream()
                .filter(v -> !ours.contains(v.getName()))
                .toList();
        return new PodBuilder(pod)
                .editMetadata()
                .removeFromLabels(Sidecar.INJECTED_LABEL)
                .endMetadata()
                .editSpec()
                .withInitContainers(inits.stream()
                        .filter(c -> !c.equals(sidecar.get()))
                        .map(c -> ProbeRewriter.restore(c, probes))
                        .toList())
                .withContainers(pod.getSpec().getContainers().stream()
                        .map(c -> ProbeRewriter.restore(c, probes))
                        .toList())
                .withVolumes(volumes)
                .withHostAliases(aliases)
                .endSpec()
                .build();
    }

    static Map<String, String> labels(Pod pod) {
        Map<String, String> labels = new TreeMap<>(
                pod.getMetadata() == null || pod.getMetadata().getLabels() == null
                        ? Map.of()
                        : pod.getMetadata().getLabels());
        labels.remove(Sidecar.INJECTED_LABEL);
        return labels;
    }

    /** The sidecar is nobody special, and listens on 127.77.x.y:80 for a Service on port 80. */
    private static boolean needsLowPorts(NameCapture capture, PodSpec spec) {
        boolean low = capture.addresses().keySet().stream()
                .flatMap(key -> ServicePort.parse(key).stream())
                .anyMatch(service -> service.port() < FIRST_UNPRIVILEGED_PORT);
        boolean declared = spec.getSecurityContext() != null
                && spec.getSecurityContext().getSysctls().stream()
                        .anyMatch(sysctl -> LOW_PORTS.equals(sysctl.getName()));
        return low && !declared;
    }

    private static boolean isNativeSidecar(Container container) {
        return "Always".equals(container.getRestartPolicy());
    }

    private static Set<Integer> declaredPorts(PodSpec spec) {
        return PodObjections.containers(spec)
                .flatMap(c -> c.getPorts().stream())
                .filter(p -> isTcp(p.getProtocol()))
                .map(ContainerPort::getContainerPort)
                .collect(Collectors.toSet());
    }

    private static boolean isTcp(@Nullable String protocol) {
        return protocol == null || protocol.equals("TCP");
    }

    private static Set<String> aliasedNames(PodSpec spec) {
        return spec.getHostAliases().stream()
                .flatMap(a -> a.getHostnames().stream())
                .collect(Collectors.toSet());
    }
}
