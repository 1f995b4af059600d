package dev.stockade.e2e;

import static dev.stockade.e2e.workload.Manifests.agentIdentity;
import static dev.stockade.e2e.workload.Manifests.policy;
import static dev.stockade.e2e.workload.Manifests.secureMcpServer;
import static dev.stockade.e2e.workload.Manifests.serviceAccount;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.e2e.mesh.Mesh;
import dev.stockade.e2e.mesh.OnMesh;
import dev.stockade.e2e.mesh.Standing;
import dev.stockade.e2e.mesh.Team;
import dev.stockade.e2e.mesh.Waiting;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** Workloads as they come: Jobs, pods that nothing selects. */
@OnMesh
@Order(23)
class WorkloadE2E {
    private final Standing standing;
    private final Team team;

    WorkloadE2E(Mesh mesh) {
        standing = mesh.standing();
        team = mesh.team("e2e-batch");
    }

    @AfterAll
    void end() {
        team.disband();
    }

    @Test
    void aJobWithAnAgentsIdentityFinishes() {
        team.apply(
                team.manifests().server("worked", 1, true),
                secureMcpServer("worked", ""),
                serviceAccount("worker"),
                agentIdentity("worker", ""),
                policy("workers", "e2e-batch", "worker", "worked", "echo"));
        team.awaitDeployment("worked").policy("workers").await("Ready", "True");

        team.apply(team.manifests()
                .job("errand", "worker", "http://127.0.0.1:15001/e2e-batch/worked", "echo", "{\"message\":\"done\"}"));

        Waiting.until(
                "the Job is complete",
                () -> team.pods("errand").stream().map(Pod::getStatus).toList(),
                () -> team.client()
                                .batch()
                                .v1()
                                .jobs()
                                .inNamespace(team.namespace())
                                .withName("errand")
                                .get()
                                .getStatus()
                                .getSucceeded()
                        == 1);
        Pod pod = team.pods("errand").getFirst();
        assertThat(sidecars(pod)).containsExactly("stockade-sidecar");
        assertThat(team.client()
                        .pods()
                        .inNamespace(team.namespace())
                        .withName(pod.getMetadata().getName())
                        .inContainer("agent")
                        .getLog())
                .contains("Echo: done");
    }

    @Test
    void aPodThatNothingSelectsHasNoSidecar() {
        Pod pod = standing.agents().pod("nobody");

        assertThat(sidecars(pod)).isEmpty();
        assertThat(pod.getSpec().getContainers()).hasSize(1);
        assertThat(pod.getMetadata().getLabels()).doesNotContainKey("stockade.dev/sidecar");
    }

    private static List<String> sidecars(Pod pod) {
        return pod.getSpec().getInitContainers().stream()
                .map(Container::getName)
                .toList();
    }
}
