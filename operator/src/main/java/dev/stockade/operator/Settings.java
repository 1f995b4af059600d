package dev.stockade.operator;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the chart tells the operator.
 *
 * @param namespace of the operator
 * @param podName of this replica
 * @param podIp where the other replicas reach this one
 * @param service the operator's Service
 * @param clusterDomain the DNS suffix of Services
 * @param release of the operator, for people
 */
record Settings(
        String namespace,
        String podName,
        String podIp,
        String service,
        String clusterDomain,
        String release,
        String sidecarImage,
        String sidecarPullPolicy,
        ResourceRequirements sidecarResources) {
    Settings {
        requireNonNull(namespace);
        requireNonNull(podName);
        requireNonNull(podIp);
        requireNonNull(service);
        requireNonNull(clusterDomain);
        requireNonNull(release);
        requireNonNull(sidecarImage);
        requireNonNull(sidecarPullPolicy);
        requireNonNull(sidecarResources);
    }

    /** @throws IllegalArgumentException a sentence: which variable is missing or cannot be read */
    static Settings of(Map<String, String> environment) {
        return new Settings(
                required(environment, "STOCKADE_NAMESPACE"),
                required(environment, "STOCKADE_POD_NAME"),
                required(environment, "STOCKADE_POD_IP"),
                optional(environment, "STOCKADE_SERVICE", "stockade-operator"),
                optional(environment, "STOCKADE_CLUSTER_DOMAIN", "cluster.local"),
                optional(environment, "STOCKADE_RELEASE", "unknown"),
                required(environment, "STOCKADE_SIDECAR_IMAGE"),
                optional(environment, "STOCKADE_SIDECAR_PULL_POLICY", "IfNotPresent"),
                resources(optional(environment, "STOCKADE_SIDECAR_RESOURCES", "{}")));
    }

    private static String required(Map<String, String> environment, String name) {
        return Optional.ofNullable(environment.get(name))
                .filter(value -> !value.isBlank())
                .orElseThrow(() -> new IllegalArgumentException(
                        name + " is not set. Install the operator by its chart, which sets it."));
    }

    private static String optional(Map<String, String> environment, String name, String otherwise) {
        return Optional.ofNullable(environment.get(name))
                .filter(value -> !value.isBlank())
                .orElse(otherwise);
    }

    private static ResourceRequirements resources(String json) {
        try {
            return new ObjectMapper().readValue(json, ResourceRequirements.class);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(
                    "STOCKADE_SIDECAR_RESOURCES is not a JSON object of resource requirements: "
                            + e.getOriginalMessage() + ". Mend sidecar.resources in the chart's values.",
                    e);
        }
    }

    /** The Service's names, under which the API server and the sidecars call. */
    List<String> serviceNames() {
        String host = service + "." + namespace + ".svc";
        return List.of(host, host + "." + clusterDomain);
    }

    /** Where sidecars find the control channel. */
    String controlAddress(int port) {
        return service + "." + namespace + ".svc:" + port;
    }
}
