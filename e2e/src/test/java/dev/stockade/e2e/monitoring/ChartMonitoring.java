package dev.stockade.e2e.monitoring;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.marcnuri.helm.Helm;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the chart brings for Prometheus and Grafana, as Helm renders it.
 *
 * @param rules a file of rules, as Prometheus reads it
 * @param dashboard JSON, as Grafana reads it
 */
public record ChartMonitoring(JsonNode rules, JsonNode dashboard) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern VALUES_OF_LABEL = Pattern.compile("label_values\\((.+), *([a-z_]+)\\)");

    /**
     * A query of the dashboard.
     *
     * @param name the panel's title
     * @param expression with the variables filled in, as Grafana does for somebody who has chosen nothing
     * @param legend as it stands there
     */
    public record Query(String name, String expression, String legend) {}

    public static ChartMonitoring render() throws IOException {
        Path root = Path.of(requireNonNull(System.getProperty("stockade.root")));
        String all = new Helm(root.resolve("charts/stockade"))
                .template()
                .withName("stockade")
                .withNamespace("stockade-system")
                .withKubeVersion("1.30.0")
                .set("metrics.prometheusRule", "true")
                .set("metrics.dashboard", "true")
                .call();
        var yaml = new KubernetesSerialization();
        Map<String, HasMetadata> objects = new LinkedHashMap<>();
        for (String document : all.split("(?m)^---.*$", -1)) {
            if (document.contains("kind: PrometheusRule") || document.contains("kind: ConfigMap")) {
                HasMetadata one = yaml.unmarshal(document);
                objects.put(one.getKind(), one);
            }
        }
        GenericKubernetesResource rules = (GenericKubernetesResource) requireNonNull(objects.get("PrometheusRule"));
        ConfigMap dashboard = (ConfigMap) requireNonNull(objects.get("ConfigMap"));
        return new ChartMonitoring(
                JSON.valueToTree(rules.getAdditionalProperties().get("spec")),
                JSON.readTree(dashboard.getData().get("stockade.json")));
    }

    /** The rules of every group. */
    public List<JsonNode> alerts() {
        List<JsonNode> alerts = new ArrayList<>();
        rules.path("groups").forEach(group -> group.path("rules").forEach(alerts::add));
        return alerts;
    }

    /** Those of the panels, and those that fill the variables' lists. */
    public List<Query> queries() {
        List<Query> queries = new ArrayList<>();
        dashboard
                .path("panels")
                .forEach(panel -> panel.path("targets")
                        .forEach(target -> queries.add(new Query(
                                panel.path("title").asText(),
                                filled(target.path("expr").asText()),
                                target.path("legendFormat").asText()))));
        dashboard.at("/templating/list").forEach(variable -> {
            if (variable.path("type").asText().equals("query")) {
                String query = variable.at("/query/query").asText();
                Matcher values = VALUES_OF_LABEL.matcher(query);
                if (!values.matches()) {
                    throw new AssertionError("not a query for the values of a label: " + query);
                }
                queries.add(new Query(
                        "variable " + variable.path("name").asText(),
                        "count by (%s) (%s)".formatted(values.group(2), values.group(1)),
                        "{{" + values.group(2) + "}}"));
            }
        });
        return queries;
    }

    private static String filled(String expression) {
        return expression.replace("$__rate_interval", "5m").replace("$namespace", ".*");
    }
}
