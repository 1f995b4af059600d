package dev.stockade.policy;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What matters of a pod.
 *
 * @param name empty while a pod is being created with a generated name
 * @param uid empty while a pod is being created
 * @param ips {@code status.podIPs}; empty before the kubelet has said them
 * @param labels what selectors look at: of an injected pod the labels that admission saw (a label that is added later
 *     yields no identity), else the live ones
 * @param injected whether the pod has the sidecar
 * @param ready whether its condition {@code Ready} is True
 * @param terminating whether it has a deletionTimestamp
 * @param finished whether it has ended and will not run again
 * @param orphaned whether the service account that it was created under is gone, also where another of the same name has
 *     taken its place: see {@link #under}
 * @param created when the API server stored it; empty while it is being created
 * @param ports the TCP ports that its containers declare, the sidecar's left out
 * @param capture the address in 127/8 of each Service port whose name leads into the mesh, as admission decided
 */
public record MeshPod(
        String namespace,
        String name,
        String uid,
        List<String> ips,
        String serviceAccount,
        Map<String, String> labels,
        boolean injected,
        boolean ready,
        boolean terminating,
        boolean finished,
        boolean orphaned,
        Optional<Instant> created,
        List<DeclaredPort> ports,
        Map<ServicePort, String> capture) {
    /** The name of the sidecar's container. */
    public static final String SIDECAR = "stockade-sidecar";

    /** The sidecar's variable with the labels that admission saw, a JSON object. */
    public static final String LABELS_VARIABLE = "STOCKADE_POD_LABELS";

    /** The sidecar's variable with the address map, a JSON object. */
    public static final String CAPTURE_VARIABLE = "STOCKADE_CAPTURE";

    /** How far the clocks of two API servers may differ; creation times have whole seconds. */
    private static final Duration SKEW = Duration.ofSeconds(2);

    private static final ObjectMapper JSON = new ObjectMapper();

    public MeshPod {
        requireNonNull(namespace);
        requireNonNull(name);
        requireNonNull(uid);
        requireNonNull(serviceAccount);
        requireNonNull(created);
        ips = List.copyOf(ips);
        labels = Map.copyOf(labels);
        ports = List.copyOf(ports);
        capture = Map.copyOf(capture);
    }

    /** One that stands under its service account, created at an unknown time. */
    public MeshPod(
            String namespace,
            String name,
            String uid,
            List<String> ips,
            String serviceAccount,
            Map<String, String> labels,
            boolean injected,
            boolean ready,
            boolean terminating,
            boolean finished,
            List<DeclaredPort> ports,
            Map<ServicePort, String> capture) {
        this(
                namespace,
                name,
                uid,
                ips,
                serviceAccount,
                labels,
                injected,
                ready,
                terminating,
                finished,
                false,
                Optional.empty(),
                ports,
                capture);
    }

    /**
     * A TCP port that a container declares.
     *
     * @param name empty if it has none
     */
    public record DeclaredPort(String name, int number) {
        public DeclaredPort {
            requireNonNull(name);
        }
    }

    /** What the API server says of a pod; also of one that is only being created. */
    public static MeshPod of(Pod pod) {
        ObjectMeta meta = pod.getMetadata();
        PodSpec spec = pod.getSpec();
        Optional<Container> sidecar = stream(spec.getInitContainers())
                .filter(c -> SIDECAR.equals(c.getName()))
                .findFirst();
        PodStatus status = pod.getStatus() == null ? new PodStatus() : pod.getStatus();
        return new MeshPod(
                orEmpty(meta.getNamespace()),
                orEmpty(meta.getName()),
                orEmpty(meta.getUid()),
                stream(status.getPodIPs()).map(ip -> ip.getIp()).toList(),
                spec.getServiceAccountName() == null
                                || spec.getServiceAccountName().isEmpty()
                        ? "default"
                        : spec.getServiceAccountName(),
                sidecar.map(s -> strings(s, LABELS_VARIABLE))
                        .orElseGet(() -> meta.getLabels() == null ? Map.of() : meta.getLabels()),
                sidecar.isPresent(),
                stream(status.getConditions())
                        .anyMatch(c -> "Ready".equals(c.getType()) && "True".equals(c.getStatus())),
                meta.getDeletionTimestamp() != null,
                "Succeeded".equals(status.getPhase()) || "Failed".equals(status.getPhase()),
                false,
                Optional.ofNullable(meta.getCreationTimestamp()).flatMap(MeshPod::instant),
                declared(spec),
                sidecar.map(MeshPod::captured).orElseGet(Map::of));
    }

    /**
     * The same pod, {@link #orphaned} or not. The API server lets a pod be created only under an account that exists, so an
     * account that is younger than its pod is another one of the same name. What was proven under the former says nothing under
     * it: whoever deletes an account takes its identities away, and whoever makes it anew gives them to new pods only.
     *
     * @param account when the pod's service account was created; empty if there is none of that name
     */
    public MeshPod under(Optional<Instant> account) {
        boolean former = account.isEmpty()
                || created.filter(at -> at.plus(SKEW).isBefore(account.get())).isPresent();
        return former == orphaned
                ? this
                : new MeshPod(
                        namespace,
                        name,
                        uid,
                        ips,
                        serviceAccount,
                        labels,
                        injected,
                        ready,
                        terminating,
                        finished,
                        former,
                        created,
                        ports,
                        capture);
    }

    private static Optional<Instant> instant(String time) {
        try {
            return Optional.of(Instant.parse(time));
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    /** What people call it: {@code namespace/name}. */
    public String reference() {
        return namespace + "/" + name;
    }

    /** The number of a declared port, by its name. */
    public Optional<Integer> port(String portName) {
        return ports.stream()
                .filter(p -> p.name().equals(portName))
                .map(DeclaredPort::number)
                .findFirst();
    }

    /** Whether some container declares this port. */
    public boolean declares(int number) {
        return ports.stream().anyMatch(p -> p.number() == number);
    }

    private static List<DeclaredPort> declared(PodSpec spec) {
        return Stream.concat(stream(spec.getContainers()), stream(spec.getInitContainers()))
                .filter(c -> !SIDECAR.equals(c.getName()))
                .flatMap(c -> stream(c.getPorts()))
                .filter(p -> p.getProtocol() == null || p.getProtocol().isEmpty() || "TCP".equals(p.getProtocol()))
                .filter(p -> p.getContainerPort() != null)
                .map(p -> new DeclaredPort(orEmpty(p.getName()), p.getContainerPort()))
                .distinct()
                .toList();
    }

    private static Map<ServicePort, String> captured(Container sidecar) {
        Map<ServicePort, String> addresses = new TreeMap<>();
        strings(sidecar, CAPTURE_VARIABLE)
                .forEach((text, address) ->
                        ServicePort.parse(text).ifPresent(service -> addresses.put(service, address)));
        return addresses;
    }

    /** A variable's JSON object. One that is missing or is not an object of strings is empty: it then selects nothing. */
    private static Map<String, String> strings(Container sidecar, String variable) {
        Optional<String> json = stream(sidecar.getEnv())
                .filter(e -> variable.equals(e.getName()))
                .map(EnvVar::getValue)
                .flatMap(Stream::ofNullable)
                .findFirst();
        if (json.isEmpty()) {
            return Map.of();
        }
        try {
            Map<String, String> present = new TreeMap<>();
            for (Map.Entry<String, JsonNode> field : JSON.readTree(json.get()).properties()) {
                if (!field.getValue().isTextual()) {
                    return Map.of();
                }
                present.put(field.getKey(), field.getValue().textValue());
            }
            return present;
        } catch (JsonProcessingException e) {
            return Map.of();
        }
    }

    private static <T> Stream<T> stream(@Nullable List<T> list) {
        return list == null ? Stream.empty() : list.stream();
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }
}
