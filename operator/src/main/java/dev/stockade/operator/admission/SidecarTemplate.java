package dev.stockade.operator.admission;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.ResourceRequirements;

/**
 * What every injected sidecar has in common at one moment.
 *
 * @param image the sidecar's image
 * @param pullPolicy {@code Always}, {@code IfNotPresent} or {@code Never}
 * @param resources of the sidecar's container
 * @param operator host and port of the control channel
 * @param trustDomain of the mesh
 * @param trustBundle PEM: the roots that are believed, and the one that comes next, for a pod that sleeps until then
 * @param clusterDomain the DNS suffix of Services, such as {@code cluster.local}
 * @param release of the operator, for people
 */
public record SidecarTemplate(
        String image,
        String pullPolicy,
        ResourceRequirements resources,
        String operator,
        String trustDomain,
        String trustBundle,
        String clusterDomain,
        String release) {
    public SidecarTemplate {
        requireNonNull(image);
        requireNonNull(pullPolicy);
        requireNonNull(resources);
        requireNonNull(operator);
        requireNonNull(trustDomain);
        requireNonNull(trustBundle);
        requireNonNull(clusterDomain);
        requireNonNull(release);
    }
}
