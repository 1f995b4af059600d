package dev.stockade.crds;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * {@code docs/reference.md} says of each field of each kind what the definitions say, and nothing else. The definitions are what
 * the records say ({@link CheckedInDefinitionsTest}).
 */
class ReferencePageTest {
    private static final String REFRESH = "./mvnw -pl crds -am test -Dtest=ReferencePageTest"
            + " -Dsurefire.failIfNoSpecifiedTests=false -Dstockade.reference=write";
    private static final Path PAGE = Path.of("..", "docs", "reference.md");
    private static final List<String> ORDER =
            List.of("securemcpservers", "agentidentities", "mcpaccesspolicies", "meshtrusts");
    private static final String BEGINNING = """
            # Every field of every kind

            API `stockade.dev/v1alpha1`. This page is generated from the definitions, which are generated from the records in
            `crds/src/main/java`; what is wrong here is mended there. To refresh it:

            ```sh
            %s
            ```

            `kubectl explain securemcpserver.spec` says the same on the command line. An unknown field is refused by `kubectl apply`
            and pruned by the API server; a field that is not enforced yet is refused unless it has its default ([limits](limits.md)).
            What conditions mean is in [troubleshooting](troubleshooting.md), what rules match in [conditions](conditions.md).
            Required fields are **bold**.

            Durations are written `30s`, `5m`, `1h30m`; sizes `4Mi`, `1Gi`; patterns of names take `*` for any run of characters.

            """.formatted(REFRESH);
    private static final String END = """
            ## Label selector

            `matchLabels` and `matchExpressions`, as everywhere in Kubernetes; all of it has to hold. It is never empty.

            | field | type | meaning |
            |---|---|---|
            | `matchLabels` | map of strings, at most 32 | Labels that have to be there with exactly these values. |
            | `matchExpressions[].key` | string | The label's key. |
            | `matchExpressions[].operator` | `In`, `NotIn`, `Exists`, `DoesNotExist` | How the label relates to the values. |
            | `matchExpressions[].values` | list of strings, at most 32 | Needed for In and NotIn; not allowed for Exists and DoesNotExist. |

            ## Conditions

            | field | meaning |
            |---|---|
            | `type` | What this condition is about, in CamelCase. |
            | `status` | True, False or Unknown. |
            | `reason` | One word for machines: why the status is what it is. |
            | `message` | A sentence for people. |
            | `observedGeneration` | The generation of the resource that this was said of. |
            | `lastTransitionTime` | When the status last changed (RFC 3339). |
            """;

    @Test
    void thePageSaysWhatTheDefinitionsSay() throws IOException {
        StringBuilder page = new StringBuilder(BEGINNING);
        for (String plural : ORDER) {
            page.append(new Kind(definition(plural)).section());
        }
        String expected = page.append(END).toString();

        if ("write".equals(System.getProperty("stockade.reference"))) {
            Files.writeString(PAGE, expected);
        }
        assertThat(Files.readString(PAGE))
                .as("docs/reference.md is stale; run %s", REFRESH)
                .isEqualTo(expected);
        assertThat(ORDER).hasSameSizeAs(Definitions.NAMES);
    }

    @Test
    void everyFieldHasADescription() throws IOException {
        for (String plural : ORDER) {
            assertThat(new Kind(definition(plural)).undescribed()).as(plural).isEmpty();
        }
    }

    private static Map<String, Object> definition(String plural) throws IOException {
        return map(new Load(LoadSettings.builder().build())
                .loadFromString(Files.readString(Path.of(plural + ".stockade.dev.yaml"))));
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> map(@Nullable Object node) {
        return node instanceof Map<?, ?> map ? (Map<String, Object>) map : Map.of();
    }

    private static List<?> list(@Nullable Object node) {
        return node instanceof List<?> list ? list : List.of();
    }

    /** One kind, walked through once. */
    private static final class Kind {
        private record Field(String path, Map<String, Object> schema, boolean required) {}

        private record Rule(String path, String message) {}

        private final Map<String, Object> spec;
        private final Map<String, Object> version;
        private final Map<String, Object> schema;
        private final List<Field> fields = new ArrayList<>();
        private final List<Rule> rules = new ArrayList<>();

        Kind(Map<String, Object> definition) {
            spec = map(definition.get("spec"));
            version = map(list(spec.get("versions")).getFirst());
            schema = map(map(version.get("schema")).get("openAPIV3Schema"));
            walk("", schema);
        }

        private void walk(String path, Map<String, Object> node) {
            for (Object one : list(node.get("x-kubernetes-validations"))) {
                Map<String, Object> rule = map(one);
                String below = Objects.toString(rule.get("fieldPath"), "");
                rules.add(new Rule((path + below).replaceFirst("^\\.", ""), String.valueOf(rule.get("message"))));
            }
            List<?> required = list(node.get("required"));
            map(node.get("properties")).forEach((name, value) -> {
                Map<String, Object> field = map(value);
                String at = path.isEmpty() ? name : path + "." + name;
                fields.add(new Field(at, field, required.contains(name)));
                if (shared(field).isEmpty()) {
                    walk(at, field);
                    walk(at + "[]", map(field.get("items")));
                }
            });
        }

        /** The section of this page that describes the whole of it. */
        private static Optional<String> shared(Map<String, Object> field) {
            if (map(field.get("properties")).containsKey("matchExpressions")) {
                return Optional.of("[label selector](#label-selector)");
            }
            return map(map(field.get("items")).get("properties")).containsKey("lastTransitionTime")
                    ? Optional.of("[conditions](#conditions)")
                    : Optional.empty();
        }

        List<String> undescribed() {
            return fields.stream()
                    .filter(field -> Objects.toString(field.schema().get("description"), "")
                            .isBlank())
                    .map(Field::path)
                    .toList();
        }

        String section() {
            Map<String, Object> names = map(spec.get("names"));
            StringBuilder text =
                    new StringBuilder("## ").append(names.get("kind")).append("\n\n");
            text.append(schema.get("description")).append('\n');
            text.append("Short name `")
                    .append(
                            list(names.get("shortNames")).isEmpty()
                                    ? names.get("singular")
                                    : list(names.get("shortNames")).getFirst())
                    .append("`, ")
                    .append(String.valueOf(spec.get("scope")).equals("Cluster") ? "cluster-scoped" : "namespaced")
                    .append(".\n\n");
            text.append("| field | type | default | meaning |\n|---|---|---|---|\n");
            fields.stream().filter(field -> field.path().startsWith("spec.")).forEach(field -> text.append(row(field)));
            if (!rules.isEmpty()) {
                text.append("\nThe API server refuses, with these words:\n\n");
                rules.forEach(rule -> text.append("- ")
                        .append(rule.path().isEmpty() ? "" : "`" + rule.path() + "`: ")
                        .append(cell(rule.message()))
                        .append('\n'));
            }
            text.append("\n| status | type | meaning |\n|---|---|---|\n");
            fields.stream()
                    .filter(field -> field.path().startsWith("status."))
                    .forEach(field -> text.append("| `")
                            .append(field.path().substring("status.".length()))
                            .append("` | ")
                            .append(type(field.schema()))
                            .append(" | ")
                            .append(description(field))
                            .append(" |\n"));
            text.append("\n`kubectl get` shows: ");
            List<String> columns = new ArrayList<>();
            for (Object one : list(version.get("additionalPrinterColumns"))) {
                Map<String, Object> column = map(one);
                boolean wide = Integer.valueOf(1).equals(column.get("priority"));
                columns.add(column.get("name") + (wide ? " (with `-o wide`)" : ""));
            }
            return text.append(String.join(", ", columns)).append(".\n\n").toString();
        }

        private static String row(Field field) {
            String name = "`" + field.path().substring("spec.".length()) + "`";
            return "| " + (field.required() ? "**" + name + "**" : name) + " | " + type(field.schema()) + " | "
                    + defaultValue(field.schema()) + " | " + description(field) + " |\n";
        }

        private static String description(Field field) {
            return cell(Objects.toString(field.schema().get("description"), ""));
        }

        /** Of an object the defaults stand at its fields. */
        private static String defaultValue(Map<String, Object> schema) {
            Object value = schema.get("default");
            return value == null || value instanceof Map
                    ? ""
                    : value instanceof List<?> list && list.isEmpty() ? "none" : "`" + value + "`";
        }

        private static String type(Map<String, Object> schema) {
            Optional<String> shared = shared(schema);
            if (shared.isPresent()) {
                return shared.get();
            }
            if (!list(schema.get("enum")).isEmpty()) {
                return String.join(
                        ", ",
                        list(schema.get("enum")).stream()
                                .map(value -> "`" + value + "`")
                                .toList());
            }
            return switch (String.valueOf(schema.get("type"))) {
                case "array" -> "list of " + plural(map(schema.get("items"))) + most(schema, "minItems", "maxItems");
                case "object" ->
                    schema.containsKey("additionalProperties")
                            ? "map" + most(schema, "minProperties", "maxProperties")
                            : "object";
                case "integer" -> "integer" + range(schema.get("minimum"), schema.get("maximum"));
                case "string" ->
                    "string"
                            + (schema.get("maxLength") == null
                                    ? ""
                                    : ", at most " + schema.get("maxLength") + " characters");
                default -> String.valueOf(schema.get("type"));
            };
        }

        private static String plural(Map<String, Object> items) {
            String one = type(items);
            return one.startsWith("object")
                    ? "objects"
                    : one.startsWith("string") || one.startsWith("integer")
                            ? one.replaceFirst("^(string|integer)", "$1s")
                            : one;
        }

        private static String most(Map<String, Object> schema, String least, String most) {
            String text = schema.get(least) == null ? "" : "; at least " + schema.get(least);
            return schema.get(most) == null ? text : text + "; at most " + schema.get(most);
        }

        private static String range(@Nullable Object least, @Nullable Object most) {
            return least == null && most == null
                    ? ""
                    : least == null
                            ? ", at most " + most
                            : most == null ? ", at least " + least : ", " + least + " to " + most;
        }

        private static String cell(String text) {
            return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ");
        }
    }
}
