package dev.stockade.operator.admission;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.ContainerPortBuilder;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.ProbeBuilder;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.SecurityContextBuilder;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The container that is injected, its volumes, and how its environment is written and read back. */
final class SidecarContainer {
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .build();

    private SidecarContainer() {}

    static Container of(
            SidecarTemplate template,
            Map<String, String> labels,
            Map<String, String> capture,
            Map<String, JsonNode> probes) {
        return new ContainerBuilder()
                .withName(Sidecar.CONTAINER)
                .withImage(template.image())
                .withImagePullPolicy(template.pullPolicy())
                .withRestartPolicy("Always")
                .withEnv(
                        value("STOCKADE_OPERATOR", template.operator()),
                        value("STOCKADE_TRUST_DOMAIN", template.trustDomain()),
                        value("STOCKADE_TRUST_BUNDLE", template.trustBundle()),
                        value(Sidecar.RELEASE, template.release()),
                        field("STOCKADE_POD_NAMESPACE", "metadata.namespace"),
                        field("STOCKADE_POD_NAME", "metadata.name"),
                        field("STOCKADE_POD_UID", "metadata.uid"),
                        field("STOCKADE_POD_IPS", "status.podIPs"),
                        value(Sidecar.POD_LABELS, json(labels)),
                        value(Sidecar.CAPTURE, json(capture)),
                        value(Sidecar.PROBES, json(probes)))
                .withPorts(
                        new ContainerPortBuilder()
                                .withName("stockade-mesh")
                                .withContainerPort(Sidecar.INBOUND_PORT)
                                .withProtocol("TCP")
                                .build(),
                        new ContainerPortBuilder()
                                .withName("stockade-health")
                                .withContainerPort(Sidecar.HEALTH_PORT)
                                .withProtocol("TCP")
                                .build())
                .withResources(template.resources())
                .withSecurityContext(restricted())
                // The pod waits as long as no resource selects it, so this one must never give up by itself: eleven
                // days.
                .withStartupProbe(probe("/healthz/started", 1, 1_000_000))
                .withReadinessProbe(probe("/healthz/ready", 2, 2))
                .withLivenessProbe(probe("/healthz/live", 10, 6))
                .withVolumeMounts(
                        new VolumeMountBuilder()
                                .withName(Sidecar.TOKEN_VOLUME)
                                .withMountPath(Sidecar.TOKEN_PATH)
                                .withReadOnly(true)
                                .build(),
                        new VolumeMountBuilder()
                                .withName(Sidecar.TRUST_VOLUME)
                                .withMountPath(Sidecar.TRUST_PATH)
                                .build())
                .build();
    }

    static List<Volume> volumes() {
        return List.of(
                new VolumeBuilder()
                        .withName(Sidecar.TOKEN_VOLUME)
                        .withNewProjected()
                        .addNewSource()
                        .withNewServiceAccountToken()
                        .withAudience(Sidecar.AUDIENCE)
                        .withExpirationSeconds(600L)
                        .withPath("token")
                        .endServiceAccountToken()
                        .endSource()
                        .endProjected()
                        .build(),
                new VolumeBuilder()
                        .withName(Sidecar.TRUST_VOLUME)
                        .withNewEmptyDir()
                        .withMedium("Memory")
                        .withNewSizeLimit("1Mi")
                        .endEmptyDir()
                        .build());
    }

    static SecurityContext restricted() {
        return new SecurityContextBuilder()
                .withRunAsUser(Sidecar.UID)
                .withRunAsGroup(Sidecar.UID)
                .withRunAsNonRoot(true)
                .withAllowPrivilegeEscalation(false)
                .withReadOnlyRootFilesystem(true)
                .withNewCapabilities()
                .withDrop("ALL")
                .endCapabilities()
                .withNewSeccompProfile()
                .withType("RuntimeDefault")
                .endSeccompProfile()
                .build();
    }

    /** The JSON object in one of the container's variables, or empty if it is none. */
    static Optional<JsonNode> read(Container sidecar, String variable) {
        return sidecar.getEnv().stream()
                .filter(e -> e.getName().equals(variable) && e.getValue() != null)
                .findFirst()
                .flatMap(e -> {
                    try {
                        JsonNode node = JSON.readTree(e.getValue().replace("$$", "$"));
                        return node.isObject() ? Optional.of(node) : Optional.empty();
                    } catch (JsonProcessingException invalid) {
                        return Optional.empty();
                    }
                });
    }

    private static Probe probe(String path, int period, int failures) {
        return new ProbeBuilder()
                .withNewHttpGet()
                .withPath(path)
                .withNewPort(Sidecar.HEALTH_PORT)
                .endHttpGet()
                .withPeriodSeconds(period)
                .withTimeoutSeconds(3)
                .withFailureThreshold(failures)
                .build();
    }

    private static EnvVar value(String name, String value) {
        // The kubelet replaces $(NAME) in values; a doubled dollar is how it writes one.
        return new EnvVarBuilder()
                .withName(name)
                .withValue(value.replace("$", "$$"))
                .build();
    }

    private static EnvVar field(String name, String path) {
        return new EnvVarBuilder()
                .withName(name)
                .withNewValueFrom()
                .withNewFieldRef()
                .withApiVersion("v1")
                .withFieldPath(path)
                .endFieldRef()
                .endValueFrom()
                .build();
    }

    private static String json(Map<String, ?> map) {
        try {
            return JSON.writeValueAsString(map);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException(e);
        }
    }
}
