package dev.stockade.cli.definition;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.stockade.cli.UnusableException;
import dev.stockade.cli.manifest.YamlReader;
import dev.stockade.crds.Definitions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One of our kinds, as its CustomResourceDefinition has it.
 *
 * @param schema {@code openAPIV3Schema} of the one version
 */
public record Definition(String kind, String version, boolean namespaced, JsonNode schema) {
    /** The API group of every one of them. */
    public static final String GROUP = "stockade.dev";

    public Definition {
        requireNonNull(kind);
        requireNonNull(version);
        requireNonNull(schema);
    }

    /** The four, by their kind. */
    public static Map<String, Definition> all() {
        Map<String, Definition> all = new LinkedHashMap<>();
        for (String yaml : Definitions.yaml()) {
            try {
                JsonNode spec =
                        YamlReader.read("definition", yaml).getFirst().root().path("spec");
                JsonNode version = spec.path("versions").path(0);
                Definition definition = new Definition(
                        spec.at("/names/kind").asText(),
                        version.path("name").asText(),
                        spec.path("scope").asText().equals("Namespaced"),
                        version.at("/schema/openAPIV3Schema"));
                all.put(definition.kind(), definition);
            } catch (UnusableException e) {
                throw new IllegalStateException("a definition that this program brings along cannot be read", e);
            }
        }
        return all;
    }

    /** What the API server would keep of a manifest. */
    public sealed interface Outcome {
        /** @param object as it would be stored, with every default */
        record Accepted(ObjectNode object) implements Outcome {
            public Accepted {
                requireNonNull(object);
            }
        }

        /** It would refuse it. */
        record Refused(List<Problem> problems) implements Outcome {
            public Refused {
                problems = List.copyOf(problems);
            }
        }
    }

    /**
     * Judges a manifest of this kind as the API server judges one that is created, with kubectl's strict validation: fields
     * that the schema does not know are refused. The status is left out of it, as the API server drops it.
     *
     * @param manifest is not changed
     * @param rules evaluates {@code x-kubernetes-validations}
     */
    public Outcome judge(ObjectNode manifest, SchemaRules rules) {
        ObjectNode object = manifest.deepCopy();
        object.remove("status");
        List<Problem> problems = new ArrayList<>();
        new StructuralSchema(problems).check(schema, object);
        if (problems.stream().noneMatch(Problem::blocking)) {
            rules.check(schema, object, problems);
        }
        return problems.isEmpty() ? new Outcome.Accepted(object) : new Outcome.Refused(problems);
    }
}
