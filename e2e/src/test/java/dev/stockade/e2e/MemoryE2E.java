package dev.stockade.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.e2e.evidence.Measurements.Row;
import dev.stockade.e2e.mesh.Chart;
import dev.stockade.e2e.mesh.Mesh;
import dev.stockade.e2e.mesh.Nodes.Running;
import dev.stockade.e2e.mesh.OnMesh;
import java.util.List;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** What Stockade's processes hold after the traffic of the scenarios before. */
@OnMesh
@Order(40)
class MemoryE2E {
    private final Mesh mesh;

    MemoryE2E(Mesh mesh) {
        this.mesh = mesh;
        mesh.standing();
    }

    @Test
    void everyProcessIsFoundAndItsMemoryPrinted() {
        List<Running> processes = mesh.nodes().processes();

        record(processes, Row.OPERATOR_MEMORY, Chart.NAMESPACE);
        record(processes, Row.SERVER_SIDECAR_MEMORY, "e2e-tools");
        record(processes, Row.AGENT_SIDECAR_MEMORY, "e2e-agents");
        assertThat(processes).extracting(Running::namespace).contains(Chart.NAMESPACE, "e2e-tools", "e2e-agents");
    }

    private void record(List<Running> processes, Row row, String namespace) {
        processes.stream()
                .filter(one -> one.namespace().equals(namespace) && !one.pod().equals("neighbour"))
                .forEach(one -> mesh.measurements().record(row, one.pssKiB() / 1024 + " MiB"));
    }
}
