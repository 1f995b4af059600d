package dev.stockade.crds.chart;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.marcnuri.helm.Helm;
import com.marcnuri.helm.TemplateCommand;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** What Helm makes of the chart. */
final class Rendered {
    static final Path CHART = Path.of("..", "charts", "stockade");
    static final ObjectMapper JSON = new ObjectMapper();

    private Rendered() {}

    /**
     * The objects by {@code Kind/name}.
     *
     * @param values in pairs: a value's path, then its text
     */
    static Map<String, JsonNode> with(String... values) {
        TemplateCommand command = new Helm(CHART)
                .template()
                .withName("stockade")
                .withNamespace("stockade-system")
                .withKubeVersion("1.30.0");
        for (int i = 0; i < values.length; i += 2) {
            command.set(values[i], values[i + 1]);
        }
        Map<String, JsonNode> objects = new TreeMap<>();
        for (Object document : new Load(LoadSettings.builder().build()).loadAllFromString(command.call())) {
            if (document != null) {
                JsonNode object = JSON.valueToTree(document);
                objects.put(
                        object.path("kind").asText() + "/"
                                + object.at("/metadata/name").asText(),
                        object);
            }
        }
        return objects;
    }

    static Stream<JsonNode> stream(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false);
    }

    static Stream<String> texts(JsonNode list) {
        return stream(list).map(JsonNode::asText);
    }
}
