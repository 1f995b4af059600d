package dev.stockade.cli.definition;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeType;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.re2j.Pattern;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/**
 * A structural schema of Kubernetes (apiextensions.k8s.io/v1), applied: defaults are put in, and what does not fit is a
 * problem. Patterns are RE2's, as the API server's are.
 *
 * <p>A keyword that this class does not know ends the program: a schema must not be applied in part.
 */
final class StructuralSchema {
    private static final Set<String> KNOWN = Set.of(
            "type",
            "description",
            "default",
            "properties",
            "additionalProperties",
            "required",
            "items",
            "enum",
            "pattern",
            "minLength",
            "maxLength",
            "minimum",
            "maximum",
            "minItems",
            "maxItems",
            "minProperties",
            "maxProperties",
            "nullable",
            "x-kubernetes-list-type",
            "x-kubernetes-list-map-keys",
            "x-kubernetes-validations");

    private final Map<String, Pattern> patterns = new HashMap<>();
    private final List<Problem> problems;

    StructuralSchema(List<Problem> problems) {
        this.problems = requireNonNull(problems);
    }

    /** @param object a whole manifest: {@code apiVersion}, {@code kind} and {@code metadata} are the API server's own and pass */
    void check(JsonNode schema, ObjectNode object) {
        ObjectNode ours = object.deepCopy();
        ours.remove(List.of("apiVersion", "kind", "metadata"));
        object(schema, ours, "");
        ours.properties().forEach(entry -> object.set(entry.getKey(), entry.getValue()));
    }

    private void value(JsonNode schema, JsonNode value, String path) {
        schema.fieldNames().forEachRemaining(keyword -> {
            if (!KNOWN.contains(keyword)) {
                throw new IllegalStateException(
                        "the schema of " + path + " has the keyword " + keyword + ", which this program cannot apply");
            }
        });
        if (value.isNull() && schema.path("nullable").asBoolean()) {
            return;
        }
        String type = schema.path("type").asText();
        if (!isOf(type, value)) {
            blocking(path, "Invalid value: \"" + nameOf(value) + "\": " + path + " in body must be of type " + type);
            return;
        }
        oneOf(schema.path("enum"), value, path);
        switch (type) {
            case "object" -> object(schema, (ObjectNode) value, path);
            case "array" -> array(schema, (ArrayNode) value, path);
            case "string" -> string(schema, value.asText(), path);
            case "integer", "number" -> number(schema, value, path);
            default -> {}
        }
    }

    private static boolean isOf(String type, JsonNode value) {
        return switch (type) {
            case "object" -> value.isObject();
            case "array" -> value.isArray();
            case "string" -> value.isTextual();
            case "boolean" -> value.isBoolean();
            case "integer" ->
                value.isNumber() && value.decimalValue().stripTrailingZeros().scale() <= 0;
            case "number" -> value.isNumber();
            default -> throw new IllegalStateException("the schema has the type '" + type + "', which is not known");
        };
    }

    private static String nameOf(JsonNode value) {
        return value.getNodeType() == JsonNodeType.NUMBER
                ? (value.isIntegralNumber() ? "integer" : "number")
                : value.getNodeType().toString().toLowerCase(java.util.Locale.ROOT);
    }

    private void object(JsonNode schema, ObjectNode object, String path) {
        JsonNode properties = schema.path("properties");
        JsonNode additional = schema.path("additionalProperties");
        nulls(properties, additional, object);
        defaults(properties, object);
        for (JsonNode name : schema.path("required")) {
            if (!object.has(name.asText())) {
                blocking(under(path, name.asText()), "Required value");
            }
        }
        bounds(schema, "Properties", "properties", object.size(), path);
        for (Map.Entry<String, JsonNode> entry : object.properties()) {
            String at = under(path, entry.getKey());
            if (properties.has(entry.getKey())) {
                value(properties.get(entry.getKey()), entry.getValue(), at);
            } else if (additional.isObject()) {
                value(additional, entry.getValue(), at);
            } else {
                problems.add(new Problem(at, "unknown field \"" + at + "\"", true));
            }
        }
    }

    /** As the API server does: where a field may not be null, a null is dropped before defaults are put in. */
    private static void nulls(JsonNode properties, JsonNode additional, ObjectNode object) {
        object.properties().removeIf(entry -> {
            JsonNode schema = properties.has(entry.getKey()) ? properties.get(entry.getKey()) : additional;
            return entry.getValue().isNull()
                    && schema.isObject()
                    && !schema.path("nullable").asBoolean();
        });
    }

    private static void defaults(JsonNode properties, ObjectNode object) {
        for (Map.Entry<String, JsonNode> entry : properties.properties()) {
            if (!object.has(entry.getKey()) && entry.getValue().has("default")) {
                object.set(entry.getKey(), entry.getValue().get("default").deepCopy());
            }
        }
    }

    private void array(JsonNode schema, ArrayNode array, String path) {
        bounds(schema, "Items", "items", array.size(), path);
        for (int i = 0; i < array.size(); i++) {
            value(schema.path("items"), array.get(i), path + "[" + i + "]");
        }
        switch (schema.path("x-kubernetes-list-type").asText("atomic")) {
            case "set" -> unique(array, path, item -> item);
            case "map" -> {
                List<String> keys = new ArrayList<>();
                schema.path("x-kubernetes-list-map-keys").forEach(key -> keys.add(key.asText()));
                unique(array, path, item -> {
                    ObjectNode key = array.objectNode();
                    keys.forEach(name -> key.set(name, item.path(name)));
                    return key;
                });
            }
            default -> {}
        }
    }

    private void unique(ArrayNode array, String path, java.util.function.UnaryOperator<JsonNode> key) {
        Set<JsonNode> seen = new HashSet<>();
        for (int i = 0; i < array.size(); i++) {
            JsonNode one = key.apply(array.get(i));
            if (!seen.add(one)) {
                problem(path + "[" + i + "]", "Duplicate value: " + one);
            }
        }
    }

    private void oneOf(JsonNode allowed, JsonNode value, String path) {
        if (!allowed.isMissingNode()
                && StreamSupport.stream(allowed.spliterator(), false).noneMatch(value::equals)) {
            blocking(
                    path,
                    "Unsupported value: " + value + ": supported values: "
                            + StreamSupport.stream(allowed.spliterator(), false)
                                    .map(JsonNode::toString)
                                    .collect(Collectors.joining(", ")));
        }
    }

    private void string(JsonNode schema, String text, String path) {
        int length = text.codePointCount(0, text.length());
        if (schema.has("minLength") && length < schema.get("minLength").asInt()) {
            problem(
                    path,
                    path + " in body should be at least "
                            + schema.get("minLength").asInt() + " chars long");
        }
        if (schema.has("maxLength") && length > schema.get("maxLength").asInt()) {
            blocking(
                    path,
                    "Too long: may not be more than " + schema.get("maxLength").asInt() + " bytes");
        }
        if (schema.has("pattern")
                && !patterns.computeIfAbsent(schema.get("pattern").asText(), Pattern::compile)
                        .matcher(text)
                        .find()) {
            problem(
                    path,
                    "Invalid value: \"" + text + "\": " + path + " in body should match '"
                            + schema.get("pattern").asText() + "'");
        }
    }

    private void number(JsonNode schema, JsonNode value, String path) {
        if (schema.has("minimum")
                && value.decimalValue().compareTo(schema.get("minimum").decimalValue()) < 0) {
            problem(
                    path,
                    "Invalid value: " + value + ": " + path + " in body should be greater than or equal to "
                            + schema.get("minimum"));
        }
        if (schema.has("maximum")
                && value.decimalValue().compareTo(schema.get("maximum").decimalValue()) > 0) {
            problem(
                    path,
                    "Invalid value: " + value + ": " + path + " in body should be less than or equal to "
                            + schema.get("maximum"));
        }
    }

    private void bounds(JsonNode schema, String keyword, String what, int size, String path) {
        if (schema.has("min" + keyword) && size < schema.get("min" + keyword).asInt()) {
            problem(
                    path,
                    "Invalid value: " + size + ": " + path + " in body should have at least "
                            + schema.get("min" + keyword).asInt() + " " + what);
        }
        if (schema.has("max" + keyword) && size > schema.get("max" + keyword).asInt()) {
            blocking(
                    path,
                    "Too many: " + size + ": must have at most "
                            + schema.get("max" + keyword).asInt() + " " + what);
        }
    }

    private void problem(String path, String sentence) {
        problems.add(new Problem(path, path + ": " + sentence, false));
    }

    /** What apiextensions calls a blocking error: a missing value, a wrong type, another word, too much of it. */
    private void blocking(String path, String sentence) {
        problems.add(new Problem(path, path + ": " + sentence, true));
    }

    static String under(String path, String name) {
        return path.isEmpty() ? name : path + "." + name;
    }
}
