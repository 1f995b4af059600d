package dev.stockade.e2e;

import static dev.stockade.e2e.workload.Manifests.policy;
import static dev.stockade.e2e.workload.Manifests.secureMcpServer;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.e2e.mesh.Mesh;
import dev.stockade.e2e.mesh.OnMesh;
import dev.stockade.e2e.mesh.Standing;
import dev.stockade.e2e.mesh.Team;
import dev.stockade.e2e.workload.Program;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** A grant alone never changes an agent's pod: its owner says whose servers it uses. */
@OnMesh
@Order(21)
class ConsentE2E {
    private static final String HOSTS = "process.stdout.write(require('node:fs').readFileSync('/etc/hosts', 'utf8'))";

    private final Standing standing;
    private final Team foreign;

    ConsentE2E(Mesh mesh) {
        standing = mesh.standing();
        foreign = mesh.team("e2e-foreign");
    }

    @AfterAll
    void end() {
        foreign.disband();
    }

    @Test
    void aGrantFromAnUnnamedNamespaceChangesNothingInTheAgentsPod() {
        Program reader = standing.reader();
        String hosts = reader.output("node", "-e", HOSTS);
        JsonNode reachable = reader.fact("agent", "mcpjson");

        foreign.apply(
                foreign.manifests().server("lure", 1, true),
                secureMcpServer("lure", ""),
                policy("come", "e2e-agents", "reader", "lure", "\"*\""));
        foreign.awaitDeployment("lure").server("lure").await("Ready", "True");
        foreign.policy("come").await("Accepted", "True");

        assertThat(reader.fact("agent", "mcpjson")).isEqualTo(reachable);
        assertThat(reader.output("node", "-e", HOSTS)).isEqualTo(hosts);
        JsonNode answer = reader.call("http://127.0.0.1:15001/e2e-foreign/lure", "echo", "{\"message\":\"x\"}");
        assertThat(answer.at("/error/http").asInt()).as("%s", answer).isEqualTo(404);
    }
}
