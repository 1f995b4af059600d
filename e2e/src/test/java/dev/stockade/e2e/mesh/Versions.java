package dev.stockade.e2e.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** The resourceVersions of all that the operator writes and that the standing workloads need; the Lease is written by design. */
public final class Versions {
    private Versions() {}

    /** Kind, namespace and name to resourceVersion. */
    public static Map<String, String> of(KubernetesClient client) {
        Map<String, String> versions = new TreeMap<>();
        ours(client).forEach(one -> versions.put(key(one), one.getMetadata().getResourceVersion()));
        others(client).forEach(one -> versions.put(key(one), one.getMetadata().getResourceVersion()));
        return versions;
    }

    /**
     * The same, but of Stockade's own kinds what their conditions say and since when: a new operator counts the sidecars
     * anew as they report, and publishes the count; what holds goes on to hold meanwhile. It also tries the isolation anew, at
     * first by itself, and the message says from where it was tried: that comes and goes.
     */
    public static Map<String, String> ofWhatHolds(KubernetesClient client) {
        Map<String, String> versions = new TreeMap<>();
        ours(client).forEach(one -> versions.put(key(one), conditions(one).toString()));
        others(client).forEach(one -> versions.put(key(one), one.getMetadata().getResourceVersion()));
        return versions;
    }

    private static List<Map<String, Object>> conditions(GenericKubernetesResource one) {
        List<Map<String, Object>> conditions = Objects.requireNonNull(one.get("status", "conditions"));
        return conditions.stream()
                .map(condition -> {
                    Map<String, Object> said = new TreeMap<>(condition);
                    if ("MeshOnly".equals(said.get("type"))) {
                        said.remove("message");
                    }
                    return said;
                })
                .toList();
    }

    private static List<GenericKubernetesResource> ours(KubernetesClient client) {
        List<GenericKubernetesResource> all = new ArrayList<>();
        for (String kind : List.of("SecureMcpServer", "AgentIdentity", "McpAccessPolicy")) {
            for (String namespace : List.of("e2e-tools", "e2e-agents")) {
                all.addAll(client.genericKubernetesResources(Resource.API, kind)
                        .inNamespace(namespace)
                        .list()
                        .getItems());
            }
        }
        all.addAll(client.genericKubernetesResources(Resource.API, "MeshTrust")
                .list()
                .getItems());
        return all;
    }

    private static List<HasMetadata> others(KubernetesClient client) {
        List<HasMetadata> all = new ArrayList<>();
        all.addAll(client.network()
                .v1()
                .networkPolicies()
                .inNamespace("e2e-tools")
                .list()
                .getItems());
        all.addAll(client.secrets()
                .inNamespace(Chart.NAMESPACE)
                .withField("metadata.name", "stockade-ca")
                .list()
                .getItems());
        all.addAll(client.admissionRegistration()
                .v1()
                .mutatingWebhookConfigurations()
                .list()
                .getItems());
        all.addAll(client.admissionRegistration()
                .v1()
                .validatingWebhookConfigurations()
                .list()
                .getItems());
        all.addAll(
                client.apiextensions().v1().customResourceDefinitions().list().getItems());
        return all;
    }

    private static String key(HasMetadata one) {
        return "%s %s/%s"
                .formatted(
                        one.getKind(),
                        one.getMetadata().getNamespace(),
                        one.getMetadata().getName());
    }

    public static void assertSame(Map<String, String> before, Map<String, String> now) {
        assertThat(now).containsExactlyInAnyOrderEntriesOf(before);
    }
}
