package dev.stockade.cli.definition;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.re2j.Pattern;
import dev.stockade.crds.common.Names;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the API server wants of {@code metadata}, of whatever kind the resource is. */
public final class Metadata {
    private static final Set<String> FIELDS = Set.of(
            "name",
            "generateName",
            "namespace",
            "selfLink",
            "uid",
            "resourceVersion",
            "generation",
            "creationTimestamp",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
            "labels",
            "annotations",
            "ownerReferences",
            "finalizers",
            "managedFields");
    private static final Pattern NAME = Pattern.compile(Names.NAME);
    private static final Pattern NAMESPACE = Pattern.compile(Names.NAMESPACE);
    private static final Pattern LABEL_KEY =
            Pattern.compile("^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$");
    private static final Pattern LABEL_VALUE = Pattern.compile("^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$");

    private final JsonNode metadata;
    private final List<Problem> problems = new ArrayList<>();

    private Metadata(JsonNode metadata) {
        this.metadata = requireNonNull(metadata);
    }

    /** What is wrong with it. */
    public static List<Problem> problems(JsonNode metadata) {
        if (!metadata.isObject()) {
            return List.of(new Problem("metadata", "metadata: Required value", true));
        }
        Metadata one = new Metadata(metadata);
        one.check();
        return List.copyOf(one.problems);
    }

    private void check() {
        metadata.fieldNames().forEachRemaining(field -> {
            if (!FIELDS.contains(field)) {
                problem(field, "unknown field \"metadata." + field + "\"");
            }
        });
        String name = metadata.path("name").asText();
        if (!metadata.path("name").isTextual()) {
            problem("name", "metadata.name: Required value: name is required");
        } else if (name.length() > 253 || !NAME.matches(name)) {
            problem("name", "metadata.name: Invalid value: \"" + name + "\": a lowercase RFC 1123 subdomain is wanted");
        }
        JsonNode namespace = metadata.path("namespace");
        if (!namespace.isMissingNode()
                && (!namespace.isTextual()
                        || namespace.asText().length() > 63
                        || !NAMESPACE.matches(namespace.asText()))) {
            problem(
                    "namespace",
                    "metadata.namespace: Invalid value: " + namespace + ": a lowercase RFC 1123 label is wanted");
        }
        texts("labels");
        texts("annotations");
        if (metadata.path("labels").isObject()) {
            for (Map.Entry<String, JsonNode> label : metadata.path("labels").properties()) {
                if (!LABEL_KEY.matches(label.getKey())
                        || !LABEL_VALUE.matches(label.getValue().asText(""))) {
                    problem(
                            "labels." + label.getKey(),
                            "metadata.labels: Invalid value: \"" + label.getKey() + "="
                                    + label.getValue().asText() + "\": this is not a label");
                }
            }
        }
    }

    private void texts(String field) {
        JsonNode map = metadata.path(field);
        if (map.isMissingNode() || map.isNull()) {
            return;
        }
        if (!map.isObject()) {
            problem(field, "metadata." + field + ": Invalid value: a map of texts is wanted");
            return;
        }
        for (Map.Entry<String, JsonNode> entry : map.properties()) {
            // A null is read as an empty text.
            if (!entry.getValue().isTextual() && !entry.getValue().isNull()) {
                problem(
                        field + "." + entry.getKey(),
                        "metadata." + field + "." + entry.getKey() + ": Invalid value: " + entry.getValue()
                                + ": a text is wanted; quote it");
            }
        }
    }

    private void problem(String field, String sentence) {
        problems.add(new Problem("metadata." + field, sentence, true));
    }
}
