package dev.stockade.e2e;

import static dev.stockade.e2e.workload.Manifests.agentIdentity;
import static dev.stockade.e2e.workload.Manifests.policy;
import static dev.stockade.e2e.workload.Manifests.secureMcpServer;
import static dev.stockade.e2e.workload.Manifests.serviceAccount;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.e2e.mesh.Mesh;
import dev.stockade.e2e.mesh.OnMesh;
import dev.stockade.e2e.mesh.Team;
import dev.stockade.e2e.mesh.Tools;
import dev.stockade.e2e.mesh.Tools.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tools that wait for resources of all kinds, and know nothing of ours, wait for ours: by the conditions, as kstatus reads them. */
@OnMesh
@Order(16)
class WaitE2E {
    private final Mesh mesh;
    private final Tools tools;
    private final Team team;

    @TempDir
    private Path chart;

    WaitE2E(Mesh mesh) {
        this.mesh = mesh;
        tools = mesh.tools();
        team = mesh.team("e2e-wait");
    }

    @AfterAll
    void end() {
        team.disband();
    }

    @Test
    void kubectlWaitsUntilAResourceIsReadyAndNoLonger() {
        mesh.standing();

        Ended ready = tools.kubectl(
                "-n",
                "e2e-tools",
                "wait",
                "--for=condition=Ready",
                "--timeout=60s",
                "securemcpserver/everything",
                "mcpaccesspolicy/readers",
                "agentidentity/neighbour");

        assertThat(ready.status()).as(ready.said()).isZero();
        assertThat(tools.kubectl("wait", "--for=condition=Ready", "--timeout=60s", "meshtrust/default")
                        .status())
                .isZero();
        // And a policy that names nobody is not ready.
        team.apply(policy("lost", "e2e-wait", "nobody", "nothing", "echo"));
        team.policy("lost").awaitReason("Ready", "Unresolved");
        Ended never = tools.kubectl("-n", "e2e-wait", "wait", "--for=condition=Ready", "--timeout=3s", "mcpap/lost");
        assertThat(never.status()).as(never.said()).isNotZero();
        assertThat(never.said()).contains("timed out");
    }

    @Test
    void helmWaitsForWhatAChartContains() throws IOException {
        chart(
                serviceAccount("caller"),
                agentIdentity("caller", ""),
                secureMcpServer("called", ""),
                policy("calls", "e2e-wait", "caller", "called", "echo"));

        Ended good = helm("install", "ours", "60s");

        assertThat(good.status()).as(good.said()).isZero();
        team.server("called").await("Ready", "True");
        team.agentIdentity("caller").await("Ready", "True");
        team.policy("calls").await("Ready", "True");
        // When an upgrade contains a policy that names nobody
        chart(
                serviceAccount("caller"),
                agentIdentity("caller", ""),
                secureMcpServer("called", ""),
                policy("calls", "e2e-wait", "mistyped", "called", "echo"));
        Ended bad = helm("upgrade", "ours", "8s");
        // Then it does not call it done, and says which it is
        assertThat(bad.status()).as(bad.said()).isNotZero();
        assertThat(bad.said()).contains("calls");
    }

    private Ended helm(String verb, String release, String patience) {
        return tools.helm(verb, release, chart.toString(), "-n", team.namespace(), "--wait", "--timeout", patience);
    }

    private void chart(String... manifests) throws IOException {
        Files.createDirectories(chart.resolve("templates"));
        Files.writeString(chart.resolve("Chart.yaml"), "apiVersion: v2\nname: ours\nversion: 1.0.0\n");
        Files.writeString(chart.resolve("templates/all.yaml"), String.join("\n---\n", manifests));
    }
}
