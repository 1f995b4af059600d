package dev.stockade.operator.attestation;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.operator.MovingClock;
import dev.stockade.operator.attestation.Refusal.Reason;
import dev.stockade.operator.health.HealthServer;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SigningRecordTest {
    private static final InetAddress STRANGER = InetAddress.ofLiteral("10.0.0.9");

    private final MovingClock clock = new MovingClock();
    private final ByteArrayOutputStream lines = new ByteArrayOutputStream();
    private final PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

    /** Never called: events are written of pods, and here are none. */
    private final KubernetesClient client = new KubernetesClientBuilder()
            .withConfig(new ConfigBuilder().withMasterUrl("http://127.0.0.1:1").build())
            .build();

    private final SigningRecord record = new SigningRecord(client, meters, "operator-0", clock, lines);

    @AfterEach
    void close() {
        record.close();
        client.close();
    }

    @Test
    void everyReasonHasACounterAtTheMetricsEndpointBeforeItsFirstRefusal() throws Exception {
        // When
        record.refused(new Refusal(Reason.NO_TOKEN, "No token was sent."), Optional.empty(), STRANGER, false);
        // Then
        try (HealthServer health = new HealthServer(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), List::of, meters::scrape);
                InputStream page = URI.create(
                                "http://127.0.0.1:" + health.address().getPort() + "/metrics")
                        .toURL()
                        .openStream()) {
            List<String> metrics =
                    new String(page.readAllBytes(), UTF_8).lines().toList();
            assertThat(metrics)
                    .contains("stockade_sign_issued_total 0.0")
                    .contains("stockade_sign_refused_total{reason=\"no_token\"} 1.0")
                    .contains("stockade_sign_audit_lost_total 0.0")
                    .containsAll(Arrays.stream(Reason.values())
                            .filter(reason -> reason != Reason.NO_TOKEN)
                            .map(reason -> "stockade_sign_refused_total{reason=\"" + reason.word() + "\"} 0.0")
                            .toList());
        }
    }

    @Test
    void whatASidecarOnlyWaitsForHasOneLineAMinute() {
        // When
        for (int i = 0; i < 10; i++) {
            record.refused(new Refusal(Reason.API_SERVER, "Ask again."), Optional.empty(), STRANGER, false);
        }
        clock.advance(Duration.ofSeconds(61));
        record.refused(new Refusal(Reason.API_SERVER, "Ask again."), Optional.empty(), STRANGER, false);
        record.close();
        // Then
        assertThat(lines.toString(UTF_8).lines()).hasSize(2);
        assertThat(meters.scrape()).contains("stockade_sign_refused_total{reason=\"api_server\"} 11.0");
    }
}
