package dev.stockade.operator.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Whether a sidecar's container is the one that was written, field by field: also one that this release does not know. Left to others
 * are its resources, how its image is pulled and what is kept of its end; its environment is looked at elsewhere. Pure.
 */
final class InjectedContainer {
    /** Written by the API server's own admission into every container. */
    private static final String API_TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount";

    private static final List<String> OTHERS =
            List.of("env", "imagePullPolicy", "resources", "resizePolicy", "terminationMessagePolicy");

    /** What the API server writes where nothing stands: by the field's name, wherever it stands. */
    private static final Map<String, String> DEFAULTS =
            Map.of("terminationMessagePath", "/dev/termination-log", "scheme", "HTTP", "successThreshold", "1");

    private static final ObjectMapper JSON = new ObjectMapper();

    private InjectedContainer() {}

    /** The name of the first field that differs from what was written. */
    static Optional<String> difference(Container found, Container wanted) {
        JsonNode is = comparable(found);
        JsonNode was = comparable(wanted);
        TreeSet<String> fields = new TreeSet<>();
        is.fieldNames().forEachRemaining(fields::add);
        was.fieldNames().forEachRemaining(fields::add);
        return fields.stream()
                .filter(field -> !is.path(field).equals(was.path(field)))
                .findFirst();
    }

    private static JsonNode comparable(Container container) {
        ObjectNode json = JSON.valueToTree(new ContainerBuilder(container)
                .removeMatchingFromVolumeMounts(mount -> API_TOKEN_PATH.equals(mount.getMountPath()))
                .build());
        json.remove(OTHERS);
        withoutDefaults(json);
        return json;
    }

    private static void withoutDefaults(JsonNode node) {
        if (node instanceof ObjectNode object) {
            Iterator<Map.Entry<String, JsonNode>> fields = object.properties().iterator();
            while (fields.hasNext()) {
                Map.Entry<String, JsonNode> field = fields.next();
                if (field.getValue().asText().equals(DEFAULTS.get(field.getKey()))) {
                    fields.remove();
                }
            }
        }
        node.forEach(InjectedContainer::withoutDefaults);
    }
}
