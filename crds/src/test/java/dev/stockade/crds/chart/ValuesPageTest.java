package dev.stockade.crds.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** {@code docs/values.md} has each of the chart's values, with what its schema says of it and its default, and no other. */
class ValuesPageTest {
    private static final String REFRESH = "./mvnw -pl crds -am test -Dtest=ValuesPageTest"
            + " -Dsurefire.failIfNoSpecifiedTests=false -Dstockade.values=write";
    private static final Path PAGE = Path.of("..", "docs", "values.md");
    private static final Path CHART = Path.of("..", "charts", "stockade");
    private static final ObjectMapper JSON = new ObjectMapper();
    /** Helm's own. */
    private static final Set<String> NOT_OURS = Set.of("global");

    private static final String BEGINNING = """
            # The chart's values

            `helm install ... --set NAME=VALUE`, or a file with `-f`. Helm refuses a value that is not listed here, or is not what the
            schema says. This page is generated from `charts/stockade/values.yaml` and `values.schema.json`. To refresh it:

            ```sh
            %s
            ```

            | value | type | default | meaning |
            |---|---|---|---|
            """.formatted(REFRESH);

    private record Value(String name, JsonNode schema, JsonNode byDefault) {
        String row() {
            return "| `%s` | %s | %s | %s |\n"
                    .formatted(
                            name,
                            type(),
                            byDefault.isTextual() && byDefault.asText().isEmpty()
                                    ? "empty"
                                    : "`" + (byDefault.isTextual() ? byDefault.asText() : byDefault.toString()) + "`",
                            schema.path("description").asText().replace("|", "\\|"));
        }

        private String type() {
            if (schema.has("enum")) {
                List<String> words = new ArrayList<>();
                schema.get("enum").forEach(word -> words.add("`" + word.asText() + "`"));
                return String.join(", ", words);
            }
            String type = schema.path("type").asText("object");
            return schema.has("minimum")
                    ? type + ", " + schema.get("minimum") + " to "
                            + schema.path("maximum").asText("any")
                    : type;
        }
    }

    private static List<Value> values() throws IOException {
        JsonNode schema = JSON.readTree(Files.readString(CHART.resolve("values.schema.json")));
        JsonNode defaults = JSON.valueToTree(new Load(LoadSettings.builder().build())
                .loadFromString(Files.readString(CHART.resolve("values.yaml"))));
        List<Value> values = new ArrayList<>();
        collect("", schema, defaults, values);
        return values;
    }

    /** A leaf is what has no properties of its own: what stands below it, as in a container's resources, is Kubernetes'. */
    private static void collect(String path, JsonNode schema, JsonNode defaults, List<Value> into) {
        Set<String> described = new TreeSet<>();
        schema.path("properties").properties().forEach(entry -> described.add(entry.getKey()));
        described.removeAll(NOT_OURS);
        Set<String> there = new TreeSet<>();
        defaults.properties().forEach(entry -> there.add(entry.getKey()));
        assertThat(there)
                .as("values.yaml and values.schema.json below '%s'", path)
                .isEqualTo(described);
        for (var entry : schema.path("properties").properties()) {
            if (NOT_OURS.contains(entry.getKey()) && path.isEmpty()) {
                continue;
            }
            String name = path.isEmpty() ? entry.getKey() : path + "." + entry.getKey();
            JsonNode value = defaults.path(entry.getKey());
            if (entry.getValue().has("properties")) {
                collect(name, entry.getValue(), value, into);
            } else {
                into.add(new Value(name, entry.getValue(), value));
            }
        }
    }

    @Test
    void thePageHasEveryValueAndNoOther() throws IOException {
        StringBuilder page = new StringBuilder(BEGINNING);
        values().forEach(value -> page.append(value.row()));

        if ("write".equals(System.getProperty("stockade.values"))) {
            Files.writeString(PAGE, page);
        }
        assertThat(Files.readString(PAGE))
                .as("docs/values.md is stale; run %s", REFRESH)
                .isEqualTo(page.toString());
    }

    @Test
    void everyValueIsDescribed() throws IOException {
        assertThat(values())
                .isNotEmpty()
                .allSatisfy(
                        value -> assertThat(value.schema().path("description").asText())
                                .as(value.name())
                                .isNotBlank());
    }
}
