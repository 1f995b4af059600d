package dev.stockade.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.stockade.e2e.monitoring.ChartMonitoring;
import dev.stockade.e2e.monitoring.Oracle;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The chart's alerts on series that were made up, as Prometheus evaluates them, and its dashboard, as Grafana's schema has it. On real
 * metrics they are tried by {@link MonitoringE2E}.
 */
class MonitoringIT {
    private static final Pattern LABEL = Pattern.compile("\\$labels\\.([a-z_]+)");

    private static ChartMonitoring chart;

    @BeforeAll
    static void render() throws IOException {
        chart = ChartMonitoring.render();
    }

    /**
     * An alert.
     *
     * @param minutes after which it is asked
     * @param fires series at which it fires then, alone
     * @param quiet series at which nothing does: near to it, not for long enough, over, or of another label
     */
    record Case(String alert, int minutes, List<String> fires, List<String> quiet) {
        @Override
        public String toString() {
            return alert;
        }
    }

    static List<Case> cases() {
        return List.of(
                new Case(
                        "StockadeOperatorAbsent",
                        30,
                        List.of("up{job=\"operator\"} 0x60", "stockade_leader{pod=\"a\"} 1x10"),
                        List.of("stockade_leader{pod=\"a\"} 1x10 _x12 1x37")),
                new Case(
                        "StockadeNoLeader",
                        20,
                        List.of("stockade_leader{pod=\"a\"} 0x40", "stockade_leader{pod=\"b\"} 0x40"),
                        List.of("stockade_leader{pod=\"a\"} 1x40", "stockade_leader{pod=\"b\"} 0x31 1x2 0x6")),
                new Case(
                        "StockadeNoLeader",
                        20,
                        List.of("stockade_leader{pod=\"a\"} 1x40", "stockade_leader{pod=\"b\"} 1x40"),
                        List.of("stockade_leader{pod=\"a\"} 1x30 0x9", "stockade_leader{pod=\"b\"} 0x30 1x9")),
                new Case(
                        "StockadeCaUnusable",
                        10,
                        List.of("stockade_ca_usable{pod=\"a\"} 1x20", "stockade_ca_usable{pod=\"b\"} 0x20"),
                        List.of("stockade_ca_usable{pod=\"a\"} 1x20", "stockade_ca_usable{pod=\"b\"} 0x10 1x9")),
                new Case(
                        "StockadeCaRotationOverdue",
                        120,
                        List.of("stockade_ca_rotation_overdue{pod=\"a\"} 1x240"),
                        List.of("stockade_ca_rotation_overdue{pod=\"a\"} 0x140 1x99")),
                new Case(
                        "StockadeCaRotationStuck",
                        1500,
                        List.of("stockade_ca_rotation_step{pod=\"a\"} 1x1500 2x1499"),
                        List.of("stockade_ca_rotation_step{pod=\"a\"} 1x1500 0x1 1x1498")),
                new Case(
                        "StockadeMeshBypassed",
                        10,
                        List.of("stockade_mesh_bypassed_pods{pod=\"a\"} 0x19 1"),
                        List.of("stockade_mesh_bypassed_pods{pod=\"a\"} 1x15 0x4")),
                new Case(
                        "StockadeCertificateMisuse",
                        20,
                        List.of("stockade_sign_refused_total{reason=\"second_holder\"} 0x30 1x9"),
                        List.of(
                                "stockade_sign_refused_total{reason=\"second_holder\"} 3x40",
                                "stockade_sign_refused_total{reason=\"suspended\"} 0+1x40")),
                new Case(
                        "StockadeSigningAuditLost",
                        20,
                        List.of("stockade_sign_audit_lost_total{pod=\"a\"} 0x30 2x9"),
                        List.of("stockade_sign_audit_lost_total{pod=\"a\"} 0x10 2x29")),
                new Case(
                        "StockadeSnapshotRefused",
                        20,
                        List.of("stockade_sidecars_acknowledged{state=\"refusing\"} 1x40"),
                        List.of(
                                "stockade_sidecars_acknowledged{state=\"refusing\"} 0x35 1x4",
                                "stockade_sidecars_acknowledged{state=\"behind\"} 4x40")),
                new Case(
                        "StockadeCacheStale",
                        10,
                        List.of(
                                "stockade_cache_confirmed_age_seconds{pod=\"a\"} 0+30x20",
                                "stockade_cache_confirmed_age_seconds{pod=\"b\"} 1x20"),
                        List.of(
                                "stockade_cache_confirmed_age_seconds{pod=\"a\"} 0x17 61x2",
                                "stockade_cache_confirmed_age_seconds{pod=\"b\"} 55x20")),
                new Case(
                        "StockadeResourceNotReady",
                        30,
                        List.of("stockade_resources{kind=\"MeshTrust\",ready=\"False\"} 1x60"),
                        List.of(
                                "stockade_resources{kind=\"MeshTrust\",ready=\"False\"} 0x40 1x19",
                                "stockade_resources{kind=\"MeshTrust\",ready=\"True\"} 1x60")),
                new Case(
                        "StockadeReconcileFailing",
                        40,
                        List.of("stockade_reconcile_seconds_count{kind=\"MeshTrust\",outcome=\"failed\"} 0+1x80"),
                        List.of(
                                "stockade_reconcile_seconds_count{kind=\"MeshTrust\",outcome=\"failed\"} 0x50 1x29",
                                "stockade_reconcile_seconds_count{kind=\"MeshTrust\",outcome=\"done\"} 0+1x80")),
                new Case(
                        "StockadeWebhookFailing",
                        20,
                        List.of("stockade_webhook_seconds_count{webhook=\"inject\",answer=\"failed\"} 0x30 1x9"),
                        List.of(
                                "stockade_webhook_seconds_count{webhook=\"inject\",answer=\"failed\"} 1x40",
                                "stockade_webhook_seconds_count{webhook=\"inject\",answer=\"denied\"} 0+1x40")),
                new Case(
                        "StockadeWebhookSlow",
                        40,
                        List.of(
                                "stockade_webhook_seconds_bucket{webhook=\"inject\",answer=\"patched\",le=\"1.0\"} 0+90x80",
                                "stockade_webhook_seconds_bucket{webhook=\"inject\",answer=\"patched\",le=\"5.0\"} 0+100x80",
                                "stockade_webhook_seconds_bucket{webhook=\"inject\",answer=\"patched\",le=\"+Inf\"} 0+100x80"),
                        List.of(
                                "stockade_webhook_seconds_bucket{webhook=\"inject\",answer=\"patched\",le=\"1.0\"} 0+999x80",
                                "stockade_webhook_seconds_bucket{webhook=\"inject\",answer=\"patched\",le=\"5.0\"} 0+1000x80",
                                "stockade_webhook_seconds_bucket{webhook=\"inject\",answer=\"patched\",le=\"+Inf\"} 0+1000x80")),
                new Case(
                        "StockadeForbidden",
                        20,
                        List.of("stockade_api_requests_total{verb=\"patch\",resource=\"events\",code=\"403\"} 0+1x40"),
                        List.of(
                                "stockade_api_requests_total{verb=\"patch\",resource=\"events\",code=\"403\"} 4x40",
                                "stockade_api_requests_total{verb=\"patch\",resource=\"events\",code=\"409\"} 0+1x40")),
                new Case(
                        "StockadeAuditLost",
                        20,
                        List.of("stockade_sidecar_audit_lines_lost_total{namespace=\"tools\",pod=\"a\"} 0x30 1x9"),
                        List.of("stockade_sidecar_audit_lines_lost_total{namespace=\"tools\",pod=\"a\"} 1x40")),
                new Case(
                        "StockadeRenewalOverdue",
                        20,
                        List.of("stockade_sidecar_renewal_overdue{namespace=\"tools\",pod=\"a\"} 1x40"),
                        List.of("stockade_sidecar_renewal_overdue{namespace=\"tools\",pod=\"a\"} 0x35 1x4")),
                new Case(
                        "StockadeSidecarDisconnected",
                        20,
                        List.of("stockade_sidecar_operator_connected{namespace=\"tools\",pod=\"a\"} 0x40"),
                        List.of(
                                "stockade_sidecar_operator_connected{namespace=\"tools\",pod=\"a\"} 0x15 1x1 0x14 1x8")),
                new Case(
                        "StockadePolicyUnconfirmed",
                        40,
                        List.of("stockade_sidecar_snapshot_unconfirmed_seconds{namespace=\"tools\",pod=\"a\"} 0+30x80"),
                        List.of(
                                "stockade_sidecar_snapshot_unconfirmed_seconds{namespace=\"tools\",pod=\"a\"} 1790x80")),
                new Case(
                        "StockadeBufferFull",
                        20,
                        List.of(
                                "stockade_sidecar_buffer_used_bytes{namespace=\"tools\",pod=\"a\"} 30x40",
                                "stockade_sidecar_buffer_bytes{namespace=\"tools\",pod=\"a\"} 32x40"),
                        List.of(
                                "stockade_sidecar_buffer_used_bytes{namespace=\"tools\",pod=\"a\"} 20x40",
                                "stockade_sidecar_buffer_bytes{namespace=\"tools\",pod=\"a\"} 32x40",
                                "stockade_sidecar_buffer_used_bytes{namespace=\"tools\",pod=\"agent\"} 0x40",
                                "stockade_sidecar_buffer_bytes{namespace=\"tools\",pod=\"agent\"} 0x40")),
                new Case(
                        "StockadeLimited",
                        40,
                        List.of(
                                "stockade_sidecar_decisions_total{namespace=\"tools\",pod=\"a\",decision=\"deny\",reason=\"limit\"} 0+10x80"),
                        List.of(
                                "stockade_sidecar_decisions_total{namespace=\"tools\",pod=\"a\",decision=\"deny\",reason=\"limit\"} 0+1x80",
                                "stockade_sidecar_decisions_total{namespace=\"tools\",pod=\"a\",decision=\"deny\",reason=\"policy_denied\"} 0+100x80")),
                new Case(
                        "StockadeCallsBroken",
                        40,
                        List.of(
                                "stockade_sidecar_calls_total{namespace=\"tools\",pod=\"a\",outcome=\"broken\"} 0+1x80",
                                "stockade_sidecar_calls_total{namespace=\"tools\",pod=\"a\",outcome=\"ok\"} 0+9x80"),
                        List.of(
                                "stockade_sidecar_calls_total{namespace=\"tools\",pod=\"a\",outcome=\"broken\"} 0+1x80",
                                "stockade_sidecar_calls_total{namespace=\"tools\",pod=\"a\",outcome=\"ok\"} 0+99x80")),
                new Case(
                        "StockadeStrangers",
                        40,
                        List.of(
                                "stockade_sidecar_inbound_handshakes_refused_total{namespace=\"tools\",pod=\"a\"} 0+60x80"),
                        List.of(
                                "stockade_sidecar_inbound_handshakes_refused_total{namespace=\"tools\",pod=\"a\"} 0+15x80")));
    }

    private static List<Oracle.Answer> firing(Case of, List<String> series) {
        Oracle oracle =
                new Oracle(Duration.ofMinutes(of.minutes())).rules(chart.rules().toString());
        series.forEach(oracle::series);
        if (series.stream().noneMatch(one -> one.startsWith("stockade_leader"))) {
            oracle.series("stockade_leader{pod=\"a\"} 1x" + 2 * of.minutes());
        }
        Oracle.Said said = oracle.ask();
        assertThat(said.rules()).isEmpty();
        return said.alerts().stream().filter(alert -> !alert.fires().isEmpty()).toList();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void anAlertFiresWhereItShouldAndNoOtherWithIt(Case one) {
        List<Oracle.Answer> firing = firing(one, one.fires());

        assertThat(firing).extracting(Oracle.Answer::name).containsExactly(one.alert());
        JsonNode rule = chart.alerts().stream()
                .filter(alert -> alert.path("alert").asText().equals(one.alert()))
                .findFirst()
                .orElseThrow();
        Set<String> named = LABEL.matcher(rule.at("/annotations/summary").asText())
                .results()
                .map(label -> label.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(firing.getFirst().fires())
                .as("labels that the summary has, of those that the expression leaves")
                .allSatisfy(labels -> assertThat(labels).containsAll(named));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void nothingFiresBeforeThat(Case one) {
        assertThat(firing(one, one.quiet())).extracting(Oracle.Answer::name).isEmpty();
    }

    @Test
    void everyAlertHasItsCase() {
        assertThat(cases().stream().map(Case::alert).distinct())
                .containsExactlyInAnyOrderElementsOf(chart.alerts().stream()
                        .map(alert -> alert.path("alert").asText())
                        .toList());
    }

    @Test
    void theDashboardIsAsGrafanasSchemaHasIt() {
        assertThat(new Oracle(Duration.ZERO)
                        .dashboard(chart.dashboard().toString())
                        .ask()
                        .dashboard())
                .isEmpty();
    }

    /** Or the schema would let everything pass. */
    @Test
    void aDashboardWithAFieldOrAUnitThatGrafanaDoesNotKnowIsRefused() {
        ObjectNode field = chart.dashboard().deepCopy();
        ((ObjectNode) field.at("/panels/1/options")).put("colourMode", "value");
        ObjectNode unit = chart.dashboard().deepCopy();
        ((ObjectNode) unit.at("/panels/1/fieldConfig/defaults")).put("unit", "furlongs");

        assertThat(new Oracle(Duration.ZERO).dashboard(field.toString()).ask().dashboard())
                .anyMatch(said -> said.contains("colourMode"));
        assertThat(new Oracle(Duration.ZERO).dashboard(unit.toString()).ask().dashboard())
                .anyMatch(said -> said.contains("no unit of Grafana's"));
    }

    @Test
    void everyPanelTakesTheDataSourceThatIsChosenAndHasAnIdOfItsOwn() {
        JsonNode panels = chart.dashboard().path("panels");
        Set<Integer> ids = new TreeSet<>();

        assertThat(panels).hasSizeGreaterThan(10).allSatisfy(panel -> {
            assertThat(ids.add(panel.path("id").asInt())).isTrue();
            if (!panel.path("type").asText().equals("row")) {
                assertThat(panel.at("/datasource/uid").asText()).isEqualTo("${datasource}");
                assertThat(panel.path("targets"))
                        .isNotEmpty()
                        .allSatisfy(target -> assertThat(
                                        target.at("/datasource/uid").asText())
                                .isEqualTo("${datasource}"));
            }
        });
    }
}
