package dev.stockade.e2e;

import dev.stockade.e2e.mesh.Disturbing;
import dev.stockade.e2e.mesh.Mesh;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/**
 * The traffic of {@link SoakE2E} begins before the scenarios that hardly use the machine. Beside those that start many pods it
 * would fail where nothing is wrong: on two cores probes run out of time then, and a server that has no ready replica is refused.
 */
@Disturbing
@Order(29)
class SoakBeginsE2E {
    private final Mesh mesh;

    SoakBeginsE2E(Mesh mesh) {
        this.mesh = mesh;
    }

    @Test
    void callsAreAnsweredAndEventsArrive() {
        mesh.soak().assertUnharmed("the beginning");
    }
}
