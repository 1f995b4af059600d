package dev.stockade.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.e2e.mesh.Mesh;
import dev.stockade.e2e.mesh.OnMesh;
import dev.stockade.e2e.mesh.Team;
import dev.stockade.e2e.mesh.Waiting;
import dev.stockade.e2e.workload.Manifests;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.readiness.Readiness;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** A Deployment that was there before its resource, with a budget of its own, becomes wholly injected by itself. */
@OnMesh
@Order(24)
class EvictE2E {
    private static final String BUDGET = """
            apiVersion: policy/v1
            kind: PodDisruptionBudget
            metadata: {name: early}
            spec: {minAvailable: 2, selector: {matchLabels: {app: early}}}
            """;

    private final Team team;

    EvictE2E(Mesh mesh) {
        team = mesh.team("e2e-evict");
    }

    @AfterAll
    void end() {
        team.disband();
    }

    @Test
    void podsFromBeforeAreRestartedOneAtATimeUntilEachHasItsSidecar() {
        // Given three pods without a sidecar, of which two must always be Ready
        team.apply(team.manifests().server("early", 3, false), BUDGET);
        team.awaitDeployment("early");
        Set<String> before = uids(team.pods("early"));
        assertThat(team.pods("early")).noneMatch(EvictE2E::injected);

        // When their resource asks for a restart
        team.apply(Manifests.secureMcpServer("early", "restart: Evict"));
        int[] fewest = {3};
        Waiting.until(
                Duration.ofMinutes(5),
                "each pod has its sidecar",
                () -> team.server("early").status("conditions"),
                () -> {
                    List<Pod> now = team.pods("early");
                    fewest[0] = Math.min(fewest[0], (int)
                            now.stream().filter(Readiness::isPodReady).count());
                    return now.size() == 3 && now.stream().allMatch(pod -> injected(pod) && Readiness.isPodReady(pod));
                });

        // Then every one of them was exchanged, never two at once, and it was said
        assertThat(uids(team.pods("early"))).doesNotContainAnyElementsOf(before);
        assertThat(fewest[0]).isGreaterThanOrEqualTo(2);
        team.server("early").await("Injected", "True");
        assertThat(evictions())
                .hasSize(3)
                .allSatisfy(event -> assertThat(event.getMessage())
                        .startsWith("Evicted pod e2e-evict/early-")
                        .contains("ReplicaSet early-"));
    }

    private List<Event> evictions() {
        return team.client().v1().events().inNamespace(team.namespace()).list().getItems().stream()
                .filter(event -> "Evicted".equals(event.getReason()))
                .filter(event ->
                        "SecureMcpServer".equals(event.getInvolvedObject().getKind()))
                .toList();
    }

    private static boolean injected(Pod pod) {
        return pod.getSpec().getInitContainers().stream()
                .anyMatch(container -> container.getName().equals("stockade-sidecar"));
    }

    private static Set<String> uids(List<Pod> pods) {
        return pods.stream().map(pod -> pod.getMetadata().getUid()).collect(Collectors.toSet());
    }
}
