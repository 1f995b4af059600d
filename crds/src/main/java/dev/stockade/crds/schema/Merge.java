package dev.stockade.crds.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;

/**
 * Merges a JSON object into a schema, property by property. The generator's own merge replaces the whole map of properties,
 * and so loses those that the patch does not name.
 */
public final class Merge implements SchemaCustomizer.Customizer {
    @Override
    public JSONSchemaProps apply(JSONSchemaProps schema, String patch, KubernetesSerialization serialization) {
        JsonNode merged = serialization.convertValue(schema, JsonNode.class);
        merge((ObjectNode) merged, serialization.unmarshal(patch, ObjectNode.class));
        return serialization.convertValue(merged, JSONSchemaProps.class);
    }

    private static void merge(ObjectNode target, ObjectNode patch) {
        patch.properties().forEach(entry -> {
            if (target.get(entry.getKey()) instanceof ObjectNode inner
                    && entry.getValue() instanceof ObjectNode change) {
                merge(inner, change);
            } else {
                target.set(entry.getKey(), entry.getValue());
            }
        });
    }
}
