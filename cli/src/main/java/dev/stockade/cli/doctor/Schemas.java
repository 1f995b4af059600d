package dev.stockade.cli.doctor;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinitionVersion;
import java.util.Map;
import java.util.Optional;

/** What one definition says of a resource and another does not. */
final class Schemas {
    private static final ObjectMapper JSON = new ObjectMapper();
    /** What people read; the API server does nothing by it. */
    private static final String DESCRIPTION = "description";

    private Schemas() {}

    /**
     * Where something of the first definition's schemas is absent from the second's, or is otherwise there.
     *
     * @return a path as people write it, {@code v1alpha1.spec.limits}, or empty
     */
    static Optional<String> firstLacking(CustomResourceDefinition of, CustomResourceDefinition in) {
        for (CustomResourceDefinitionVersion version : of.getSpec().getVersions()) {
            Optional<CustomResourceDefinitionVersion> same = in.getSpec().getVersions().stream()
                    .filter(v -> v.getName().equals(version.getName()))
                    .findFirst();
            if (same.isEmpty()) {
                return Optional.of(version.getName());
            }
            Optional<String> path = lacking(
                    JSON.valueToTree(version.getSchema().getOpenAPIV3Schema()),
                    JSON.valueToTree(same.get().getSchema().getOpenAPIV3Schema()),
                    version.getName());
            if (path.isPresent()) {
                return path;
            }
        }
        return Optional.empty();
    }

    private static Optional<String> lacking(JsonNode of, JsonNode in, String at) {
        if (!of.isObject() || !in.isObject()) {
            return of.equals(in) ? Optional.empty() : Optional.of(at);
        }
        for (Map.Entry<String, JsonNode> member : of.properties()) {
            String name = member.getKey();
            if (name.equals(DESCRIPTION) && member.getValue().isTextual()) {
                continue;
            }
            String path = name.equals("properties") || name.equals("items") ? at : at + "." + name;
            JsonNode there = in.get(name);
            Optional<String> found = there == null ? Optional.of(path) : lacking(member.getValue(), there, path);
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }
}
