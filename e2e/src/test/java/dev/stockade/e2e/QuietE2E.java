package dev.stockade.e2e;

import dev.stockade.e2e.mesh.Mesh;
import dev.stockade.e2e.mesh.OnMesh;
import dev.stockade.e2e.mesh.Standing;
import dev.stockade.e2e.mesh.Versions;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** Nothing changes, so nothing is written. */
@OnMesh
@Order(30)
class QuietE2E {
    private static final Duration A_MINUTE = Duration.ofSeconds(60);

    private final Mesh mesh;

    QuietE2E(Mesh mesh) {
        this.mesh = mesh;
        mesh.standing().tools().server(Standing.SERVER).await("MeshOnly", "True");
    }

    @Test
    void reconcilingAgainWritesNothing() {
        AtomicReference<Map<String, String>> before = new AtomicReference<>(Versions.of(mesh.client()));

        // what came before may still be written once: vantage points that went are no longer named
        Awaitility.await("no resourceVersion changes for a minute")
                .during(A_MINUTE)
                .atMost(A_MINUTE.multipliedBy(4))
                .pollInterval(Duration.ofSeconds(5))
                .untilAsserted(() -> {
                    Map<String, String> now = Versions.of(mesh.client());
                    Versions.assertSame(before.getAndSet(now), now);
                });
    }
}
