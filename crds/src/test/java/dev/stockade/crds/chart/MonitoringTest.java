package dev.stockade.crds.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The chart's alerts, dashboard and monitors, as far as they can be judged without Prometheus and Grafana. */
class MonitoringTest {
    private static final Path DOCS = Path.of("..", "docs");
    private static final Pattern METRIC = Pattern.compile("stockade_[a-z_]+|jvm_[a-z_]+|process_[a-z_]+");
    private static final int COLUMNS = 24;

    @Test
    void everyAlertHasItsSectionInTheRunbookAndEverySectionItsAlert() throws IOException {
        Set<String> sections = Files.readAllLines(DOCS.resolve("runbook.md")).stream()
                .filter(line -> line.startsWith("## "))
                .map(line -> line.substring(3))
                .collect(Collectors.toCollection(TreeSet::new));

        Set<String> alerts = alerts().stream()
                .map(alert -> alert.path("alert").asText())
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(alerts).isNotEmpty().containsExactlyElementsOf(sections);
        assertThat(alerts()).allSatisfy(alert -> {
            assertThat(alert.at("/annotations/runbook_url").asText())
                    .isEqualTo("docs/runbook.md#" + alert.path("alert").asText().toLowerCase(Locale.ROOT));
            assertThat(alert.at("/annotations/summary").asText()).endsWith(".");
            assertThat(alert.at("/labels/severity").asText()).isIn("critical", "warning");
        });
    }

    @Test
    void theRunbookMayBeElsewhere() {
        JsonNode rule = Rendered.with(
                        "metrics.prometheusRule", "true", "metrics.runbook", "https://wiki.example/stockade")
                .get("PrometheusRule/stockade");

        assertThat(rule.at("/spec/groups/0/rules/0/annotations/runbook_url").asText())
                .isEqualTo("https://wiki.example/stockade#stockadeoperatorabsent");
    }

    @Test
    void everyMetricThatAnAlertOrAPanelAsksForIsOnThePage() throws IOException {
        String page = Files.readString(DOCS.resolve("metrics.md"));
        List<String> queries = new ArrayList<>();
        alerts().forEach(alert -> queries.add(alert.path("expr").asText()));
        panels().forEach(panel -> panel.path("targets")
                .forEach(target -> queries.add(target.path("expr").asText())));

        assertThat(queries)
                .hasSizeGreaterThan(40)
                .allSatisfy(query -> assertThat(METRIC.matcher(query).results())
                        .isNotEmpty()
                        .allSatisfy(metric -> assertThat(page)
                                .containsPattern("`" + metric.group().replaceFirst("_(bucket|sum|count)$", "")
                                        + "(_[a-z]+)?`")));
    }

    @Test
    void thePanelsOfTheDashboardLieInTheirGridWithoutTouchingEachOther() throws IOException {
        Set<Integer> ids = new TreeSet<>();
        Set<String> cells = new TreeSet<>();
        for (JsonNode panel : panels()) {
            JsonNode at = panel.path("gridPos");
            assertThat(ids.add(panel.path("id").asInt()))
                    .as("the id of %s", panel.path("title"))
                    .isTrue();
            assertThat(at.path("x").asInt() + at.path("w").asInt()).isLessThanOrEqualTo(COLUMNS);
            for (int x = 0; x < at.path("w").asInt(); x++) {
                for (int y = 0; y < at.path("h").asInt(); y++) {
                    assertThat(cells.add((at.path("x").asInt() + x) + "/"
                                    + (at.path("y").asInt() + y)))
                            .as("the place of %s", panel.path("title"))
                            .isTrue();
                }
            }
            assertThat(panel.path("type").asText()).isIn("row", "stat", "timeseries");
            if (!panel.path("type").asText().equals("row")) {
                assertThat(panel.path("targets")).as("%s", panel.path("title")).isNotEmpty();
                assertThat(panel.path("targets"))
                        .allSatisfy(target -> assertThat(
                                        target.at("/datasource/uid").asText())
                                .isEqualTo("${datasource}"));
            }
        }
    }

    @Test
    void eachPartIsThereWhenItsValueAsksForIt() throws IOException {
        assertThat(Rendered.with().keySet())
                .noneMatch(name -> name.startsWith("PrometheusRule/")
                        || name.startsWith("PodMonitor/")
                        || name.startsWith("ServiceMonitor/")
                        || name.startsWith("ConfigMap/"));
        Map<String, JsonNode> objects = Rendered.with(
                "metrics.serviceMonitor", "true",
                "metrics.podMonitor", "true",
                "metrics.prometheusRule", "true",
                "metrics.dashboard", "true");
        assertThat(objects.keySet())
                .contains(
                        "ServiceMonitor/stockade-operator",
                        "PodMonitor/stockade-sidecar",
                        "PrometheusRule/stockade",
                        "ConfigMap/stockade-dashboard");
        JsonNode pods = objects.get("PodMonitor/stockade-sidecar").path("spec");
        assertThat(pods.at("/selector/matchLabels/stockade.dev~1sidecar").asText())
                .isEqualTo("injected");
        assertThat(pods.at("/podMetricsEndpoints/0/portNumber").asInt()).isEqualTo(15020);
        JsonNode shipped = Rendered.JSON.readTree(objects.get("ConfigMap/stockade-dashboard")
                .at("/data/stockade.json")
                .asText());
        assertThat(shipped).isEqualTo(dashboard());
    }

    private static List<JsonNode> alerts() {
        return Rendered.stream(Rendered.with("metrics.prometheusRule", "true")
                        .get("PrometheusRule/stockade")
                        .at("/spec/groups"))
                .flatMap(group -> Rendered.stream(group.path("rules")))
                .toList();
    }

    private static JsonNode dashboard() throws IOException {
        return Rendered.JSON.readTree(
                Rendered.CHART.resolve("dashboards/stockade.json").toFile());
    }

    private static List<JsonNode> panels() throws IOException {
        return Rendered.stream(dashboard().path("panels")).toList();
    }
}
