package dev.stockade.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.e2e.mesh.ConditionWatch;
import dev.stockade.e2e.mesh.Disturbing;
import dev.stockade.e2e.mesh.Mesh;
import dev.stockade.e2e.mesh.Operator;
import dev.stockade.e2e.mesh.Soak;
import dev.stockade.e2e.mesh.Waiting;
import io.fabric8.kubernetes.api.model.events.v1.Event;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** Nothing changes in the mesh while its operators do, so no status says that it had. */
@Disturbing
@Order(47)
class StatusStaysE2E {
    /** A new leader leaves what was published for thirty seconds; what it makes of it itself shows after that. */
    private static final Duration BEYOND_SETTLING = Duration.ofSeconds(40);

    private final Mesh mesh;

    StatusStaysE2E(Mesh mesh) {
        this.mesh = mesh;
    }

    @Test
    void noConditionChangesAndNoEventIsWrittenWhileTheOperatorIsRolledAndLosesItsLeader() {
        mesh.soak();
        mesh.soak().team().server("soaked").await("MeshOnly", "True");
        Operator operator = mesh.operator();
        Set<String> events = events(mesh.client());
        try (ConditionWatch watch = ConditionWatch.of(mesh.client(), Soak.NAMESPACE)) {
            Waiting.until("the watches have begun", watch::seen, () -> watch.seen() >= 3);

            operator.restart();
            operator.kill(operator.leader());
            operator.awaitReady();

            Awaitility.await("nothing changes")
                    .during(BEYOND_SETTLING)
                    .atMost(BEYOND_SETTLING.multipliedBy(2))
                    .pollInterval(Duration.ofSeconds(2))
                    .untilAsserted(() -> assertThat(watch.changes()).isEmpty());
        }
        assertThat(events(mesh.client())).isEqualTo(events);
    }

    /** About resources of Stockade's. */
    private static Set<String> events(KubernetesClient client) {
        return client.events().v1().events().inNamespace(Soak.NAMESPACE).list().getItems().stream()
                .filter(event -> event.getRegarding().getApiVersion().startsWith("stockade.dev/"))
                .map(StatusStaysE2E::told)
                .collect(Collectors.toSet());
    }

    private static String told(Event event) {
        return event.getMetadata().getName() + ": " + event.getReason() + ": " + event.getNote();
    }
}
