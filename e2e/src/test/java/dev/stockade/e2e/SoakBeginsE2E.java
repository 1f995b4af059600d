package dev.stockade.e2e;

import dev.stockade.e2e.mesh.Mesh;
import dev.stockade.e2e.mesh.OnMesh;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** The traffic of {@link SoakE2E} begins first, so that its certificates are renewed while other scenarios run. */
@OnMesh
@Order(1)
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
