package dev.stockade.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.e2e.mesh.Columns;
import dev.stockade.e2e.mesh.Mesh;
import dev.stockade.e2e.mesh.OnMesh;
import java.util.Map;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** What {@code kubectl get} tells at a glance. */
@OnMesh
@Order(13)
class ColumnsE2E {
    private final Mesh mesh;

    ColumnsE2E(Mesh mesh) {
        this.mesh = mesh;
        mesh.standing();
    }

    @Test
    void anAgentShowsItsIdentityItsPodsAndWhetherItIsSuspended() {
        Map<String, String> columns = Columns.of(mesh.client(), "namespaces/e2e-agents/agentidentities/reader");

        assertThat(columns)
                .containsEntry("Name", "reader")
                .containsEntry("Ready", "True")
                .containsEntry("SPIFFE ID", "spiffe://stockade.local/ns/e2e-agents/agent/reader")
                .containsEntry("Pods", "1")
                .containsEntry("Suspended", "False")
                .containsKey("Age");
    }

    @Test
    void theTrustShowsWhereARotationIsAndHowLongTheIssuerLives() {
        Map<String, String> columns = Columns.of(mesh.client(), "meshtrusts/default");

        assertThat(columns)
                .containsEntry("Ready", "True")
                .containsEntry("Trust Domain", "stockade.local")
                .containsEntry("Step", "Stable")
                .containsKeys("Issuer Ends", "Age");
        assertThat(columns.get("Issuer Ends")).startsWith("20");
    }
}
