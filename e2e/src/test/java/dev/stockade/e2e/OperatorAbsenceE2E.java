package dev.stockade.e2e;

import static dev.stockade.e2e.workload.Manifests.serviceAccount;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.e2e.mesh.Chart;
import dev.stockade.e2e.mesh.Mesh;
import dev.stockade.e2e.mesh.OnMesh;
import dev.stockade.e2e.mesh.Standing;
import dev.stockade.e2e.mesh.Team;
import dev.stockade.e2e.mesh.Versions;
import dev.stockade.e2e.mesh.Waiting;
import dev.stockade.e2e.workload.Conversation;
import dev.stockade.e2e.workload.Manifests;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.client.dsl.RollableScalableResource;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** The operator goes and comes back. */
@OnMesh
@Order(80)
class OperatorAbsenceE2E {
    private static final String OPERATOR = "stockade-operator";
    private static final String ECHO = "{\"message\":\"still here\"}";

    private final Mesh mesh;
    private final Standing standing;
    private final Team team;

    OperatorAbsenceE2E(Mesh mesh) {
        this.mesh = mesh;
        standing = mesh.standing();
        team = mesh.team("e2e-absence");
    }

    @AfterAll
    void end() {
        team.disband();
    }

    @Test
    void grantedCallsGoOnWithoutTheOperatorAndItComesBackWithTheSameCa() {
        Map<String, String> held = Versions.ofWhatHolds(mesh.client());
        Map<String, String> ca = ca();
        int replicas = operator().get().getSpec().getReplicas();
        try (Conversation stream = standing.reader().start("agent", "hold", Standing.LOCAL)) {
            stream.await(
                    "the open stream", 0, fact -> fact.path("stream").asText().equals("open"));

            operator().scale(0);
            Waiting.until(
                    "the operator is gone",
                    () -> operator().get().getStatus(),
                    () -> mesh.client()
                            .pods()
                            .inNamespace(Chart.NAMESPACE)
                            .list()
                            .getItems()
                            .isEmpty());
            JsonNode without = standing.reader().call(Standing.LOCAL, "echo", ECHO);
            operator().scale(replicas);
            awaitOperator();

            assertThat(without.at("/result/content/0/text").asText())
                    .as("%s", without)
                    .isEqualTo("Echo: still here");
            assertThat(stream.told())
                    .noneMatch(told -> told.fact().path("stream").asText().equals("end"));
        }
        assertThat(ca()).isEqualTo(ca);
        // A sidecar that starts now is signed by that CA, and is understood by those that started before.
        standing.agents()
                .apply(serviceAccount("late"), Manifests.agentIdentity("late", "servers: [{namespace: e2e-tools}]"));
        standing.agents().apply(standing.agents().manifests().agent("late", "late", true));
        standing.tools().apply(Manifests.policy("late", "e2e-agents", "late", Standing.SERVER, "echo"));
        standing.agents().awaitReady("late");
        standing.tools().policy("late").await("Enforced", "True");
        assertThat(standing.agents()
                        .program("late")
                        .call(Standing.LOCAL, "echo", ECHO)
                        .has("result"))
                .isTrue();
        Map<String, String> now = Versions.ofWhatHolds(mesh.client());
        now.keySet().retainAll(held.keySet());
        Versions.assertSame(held, now);
    }

    @Test
    void aDeploymentComesUpWhileTheOperatorIsUpgraded() {
        Set<String> before = operatorPods();

        mesh.chart().upgrade("operator.resources.requests.cpu", "90m"); // rolls the operator's pods
        team.apply(team.manifests().server("amid", 1, true), Manifests.secureMcpServer("amid", ""));

        team.awaitDeployment("amid").server("amid").await("Ready", "True");
        awaitOperator();
        assertThat(operatorPods()).isNotEmpty().doesNotContainAnyElementsOf(before);
    }

    private Set<String> operatorPods() {
        return mesh.client().pods().inNamespace(Chart.NAMESPACE).list().getItems().stream()
                .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
                .map(pod -> pod.getMetadata().getName())
                .collect(Collectors.toSet());
    }

    private RollableScalableResource<Deployment> operator() {
        return mesh.client().apps().deployments().inNamespace(Chart.NAMESPACE).withName(OPERATOR);
    }

    private void awaitOperator() {
        Waiting.until("the operator is back", () -> operator().get().getStatus(), () -> {
            Deployment now = operator().get();
            return now.getStatus().getObservedGeneration() >= now.getMetadata().getGeneration()
                    && now.getSpec().getReplicas().equals(now.getStatus().getUpdatedReplicas())
                    && now.getSpec().getReplicas().equals(now.getStatus().getReadyReplicas())
                    && now.getSpec().getReplicas().equals(now.getStatus().getReplicas());
        });
    }

    private Map<String, String> ca() {
        return mesh.client()
                .secrets()
                .inNamespace(Chart.NAMESPACE)
                .withName("stockade-ca")
                .get()
                .getData();
    }
}
