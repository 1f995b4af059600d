package dev.stockade.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.stockade.e2e.mesh.Chart;
import dev.stockade.e2e.mesh.Mesh;
import dev.stockade.e2e.mesh.OnMesh;
import dev.stockade.e2e.mesh.Standing;
import dev.stockade.e2e.monitoring.ChartMonitoring;
import dev.stockade.e2e.monitoring.ChartMonitoring.Query;
import dev.stockade.e2e.monitoring.Oracle;
import dev.stockade.e2e.monitoring.Oracle.Answer;
import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** What runs on the cluster says of itself: metrics, which alerts and dashboard find, and log lines, which programs read. */
@OnMesh
@Order(15)
class MonitoringE2E {
    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    /** What has a series from the first time on that it happens, and no scenario makes happen: each value is on the page. */
    private static final Map<String, String> NOT_YET = Map.of("stockade_api_requests_total{code=\"403\"}", "403");

    private static final Duration FIRST = Duration.ZERO;
    private static final Duration SECOND = Duration.ofMinutes(5);
    private static final Duration ASKED = Duration.ofMinutes(10);
    private static final Pattern LEGEND = Pattern.compile("\\{\\{([a-z_]+)}}");
    private static final Set<String> OPERATOR_FIELDS =
            Set.of("timestamp", "level", "threadName", "loggerName", "formattedMessage", "kvpList", "throwable");

    private final Mesh mesh;
    private final Standing standing;

    MonitoringE2E(Mesh mesh) {
        this.mesh = mesh;
        standing = mesh.standing();
    }

    /** The pods that the chart's monitors select, as Prometheus labels them. */
    private List<Pod> sidecars() {
        return Stream.of(standing.tools(), standing.agents())
                .flatMap(team -> mesh
                        .client()
                        .pods()
                        .inNamespace(team.namespace())
                        .withLabel("stockade.dev/sidecar", "injected")
                        .list()
                        .getItems()
                        .stream())
                .toList();
    }

    private void scrape(Oracle oracle, Duration at) {
        mesh.operator().replicas().forEach(pod -> scrape(oracle, at, pod, 8080, "operator"));
        sidecars().forEach(pod -> scrape(oracle, at, pod, 15020, "stockade-sidecar"));
    }

    private void scrape(Oracle oracle, Duration at, Pod pod, int port, String container) {
        String namespace = pod.getMetadata().getNamespace();
        String name = pod.getMetadata().getName();
        String text =
                mesh.client().raw("/api/v1/namespaces/%s/pods/%s:%d/proxy/metrics".formatted(namespace, name, port));
        oracle.scrape(
                at,
                Map.of(
                        "namespace", namespace,
                        "pod", name,
                        "container", container,
                        "job", container,
                        "instance", pod.getStatus().getPodIP() + ":" + port),
                text);
    }

    private void callAndBeRefused(int number) {
        assertThat(standing.reader()
                        .call(Standing.LOCAL, "echo", "{\"message\":\"not-for-any-log-" + number + "\"}")
                        .has("result"))
                .isTrue();
        assertThat(standing.reader()
                        .call(Standing.LOCAL, "get-sum", "{\"a\":1,\"b\":2}")
                        .has("error"))
                .isTrue();
    }

    @Test
    void everyQueryOfAlertsAndDashboardFindsWhatItAsksFor() throws IOException {
        // Given what Prometheus would have of this mesh after ten minutes, with calls before each scrape
        ChartMonitoring chart = ChartMonitoring.render();
        Oracle oracle = new Oracle(ASKED).rules(chart.rules().toString());
        callAndBeRefused(1);
        scrape(oracle, FIRST);
        callAndBeRefused(2);
        scrape(oracle, SECOND);
        List<Query> queries = chart.queries();
        for (int i = 0; i < queries.size(); i++) {
            oracle.query(String.valueOf(i), queries.get(i).expression());
        }
        // When
        Oracle.Said said = oracle.ask();
        // Then each is understood, and asks for metrics and labels that are there
        assertThat(said.rules()).isEmpty();
        assertThat(said.alerts()).hasSize(chart.alerts().size());
        assertThat(said.queries()).hasSize(queries.size()).hasSizeGreaterThan(20);
        List<Answer> all = new ArrayList<>(said.alerts());
        said.queries().forEach(answer -> all.add(renamed(answer, queries)));
        assertThat(all).allSatisfy(answer -> {
            assertThat(answer.errors()).as(answer.name()).isEmpty();
            assertThat(answer.unknown()).as(answer.name()).isEmpty();
            assertThat(NOT_YET.keySet()).as(answer.name()).containsAll(answer.nothing());
        });
        // And a panel shows something, under a name that it has
        for (Answer answer : said.queries()) {
            Query query = queries.get(Integer.parseInt(answer.name()));
            assertThat(answer.yields()).as("%s", query).isNotEmpty();
            Set<String> legend = LEGEND.matcher(query.legend())
                    .results()
                    .map(label -> label.group(1))
                    .collect(Collectors.toCollection(TreeSet::new));
            assertThat(answer.yields())
                    .as("%s", query)
                    .allSatisfy(labels -> assertThat(labels).containsAll(legend));
        }
    }

    private static Answer renamed(Answer answer, List<Query> queries) {
        return new Answer(
                queries.get(Integer.parseInt(answer.name())).toString(),
                answer.errors(),
                answer.unknown(),
                answer.nothing(),
                answer.yields(),
                answer.fires());
    }

    @Test
    void whatHasNoSeriesBeforeItHappensIsOnThePage() throws IOException {
        List<String> rows = Files.readAllLines(Path.of("..", "docs", "metrics.md"));

        assertThat(NOT_YET)
                .allSatisfy((selector, value) -> assertThat(rows)
                        .anyMatch(row -> row.startsWith("| `" + selector.substring(0, selector.indexOf('{')) + "` |")
                                && row.contains(value)));
    }

    @Test
    void everyLogLineIsOneJsonObjectWithItsFieldsAndWithoutASecret() throws IOException {
        callAndBeRefused(3);
        Map<String, String> logs = new HashMap<>();
        mesh.operator()
                .replicas()
                .forEach(pod -> logs.put("operator " + pod.getMetadata().getName(), log(pod, "operator")));
        sidecars().forEach(pod -> logs.put("sidecar " + pod.getMetadata().getName(), log(pod, "stockade-sidecar")));
        Set<String> secrets = secrets();
        Set<String> kinds = new TreeSet<>();

        logs.forEach((whose, log) -> {
            assertThat(log).as(whose).isNotEmpty();
            log.lines().forEach(line -> kinds.add(kindOf(whose, line)));
            assertThat(secrets).as(whose).noneMatch(log::contains);
        });

        assertThat(kinds).containsExactly("audit of operator", "audit of sidecar", "log of operator", "log of sidecar");
    }

    /** What the fields of docs/troubleshooting.md make of a line. */
    private static String kindOf(String whose, String line) {
        JsonNode read;
        try {
            read = JSON.readTree(line);
        } catch (JsonProcessingException e) {
            throw new AssertionError(whose + " wrote a line that is no JSON: " + line, e);
        }
        assertThat(read.isObject()).as("%s: %s", whose, line).isTrue();
        String part = whose.substring(0, whose.indexOf(' '));
        if (read.path("log").asText().equals("audit")) {
            assertThat(read.has("time") && read.has("id") && read.has("decision"))
                    .as(line)
                    .isTrue();
            return "audit of " + part;
        }
        if (part.equals("operator")) {
            Set<String> fields = new TreeSet<>();
            read.fieldNames().forEachRemaining(fields::add);
            assertThat(OPERATOR_FIELDS).as(line).containsAll(fields);
            assertThat(read.path("timestamp").isIntegralNumber()).as(line).isTrue();
            assertThat(read.path("level").asText()).as(line).isIn("INFO", "WARN", "ERROR");
            assertThat(read.path("formattedMessage").asText()).as(line).isNotEmpty();
        } else {
            assertThat(read.path("log").asText()).as(line).isEqualTo("sidecar");
            assertThat(read.path("level").asText()).as(line).isIn("info", "warn", "error");
            assertThat(read.path("message").asText()).as(line).isNotEmpty();
            assertThat(Instant.parse(read.path("time").asText())).as(line).isNotNull();
        }
        return "log of " + part;
    }

    private String log(Pod pod, String container) {
        return mesh.client()
                .pods()
                .inNamespace(pod.getMetadata().getNamespace())
                .withName(pod.getMetadata().getName())
                .inContainer(container)
                .getLog();
    }

    /** The beginnings of keys, tokens and certificates' secrets, whatever their encoding, and what was said in calls. */
    private Set<String> secrets() {
        Set<String> secrets = new TreeSet<>(Set.of("PRIVATE KEY", "eyJhbGciOi", "not-for-any-log"));
        mesh.client()
                .secrets()
                .inNamespace(Chart.NAMESPACE)
                .withName("stockade-ca")
                .get()
                .getData()
                .forEach((key, value) -> {
                    if (key.contains("key")) {
                        secrets.add(value.substring(0, Math.min(60, value.length())));
                    }
                });
        return secrets;
    }
}
