package dev.stockade.e2e;

import static dev.stockade.e2e.workload.Manifests.serviceAccount;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.e2e.mesh.Chart;
import dev.stockade.e2e.mesh.Disturbing;
import dev.stockade.e2e.mesh.DryRuns;
import dev.stockade.e2e.mesh.Mesh;
import dev.stockade.e2e.mesh.Operator;
import dev.stockade.e2e.mesh.Standing;
import dev.stockade.e2e.mesh.Team;
import dev.stockade.e2e.mesh.Versions;
import dev.stockade.e2e.mesh.Waiting;
import dev.stockade.e2e.workload.Conversation;
import dev.stockade.e2e.workload.Manifests;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** The operator goes and comes back. */
@Disturbing
@Order(80)
class OperatorAbsenceE2E {
    private static final List<String> NEVER_ASKED =
            List.of("kube-system", "kube-public", "kube-node-lease", Chart.NAMESPACE);
    private static final String ECHO = "{\"message\":\"still here\"}";

    private final Mesh mesh;
    private final Operator operator;
    private final Standing standing;
    private final Team team;

    OperatorAbsenceE2E(Mesh mesh) {
        this.mesh = mesh;
        operator = mesh.operator();
        standing = mesh.standing();
        team = mesh.team("e2e-absence");
    }

    @AfterAll
    void end() {
        team.disband();
    }

    @Test
    void grantedCallsGoOnWithoutTheOperatorAndItComesBackWithTheSameCa() {
        standing.tools().server(Standing.SERVER).await("MeshOnly", "True");
        Map<String, String> held = Versions.ofWhatHolds(mesh.client());
        Map<String, String> ca = ca();
        int replicas = operator.wanted();
        try (Conversation stream = standing.reader().start("agent", "hold", Standing.LOCAL)) {
            stream.await(
                    "the open stream", 0, fact -> fact.path("stream").asText().equals("open"));

            operator.scale(0);
            operator.awaitGone();
            JsonNode without = standing.reader().call(Standing.LOCAL, "echo", ECHO);
            operator.scale(replicas);
            operator.awaitReady();

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
    void withoutTheOperatorOnlyLabelledNamespacesWaitAndNobodyCanLabelItIntoADeadlock() {
        Team outsiders = mesh.outsiders("e2e-absence-outside");
        int replicas = operator.wanted();
        try {
            NEVER_ASKED.forEach(namespace -> label(namespace, "enabled"));
            operator.scale(0);
            operator.awaitGone();

            assertThat(NEVER_ASKED)
                    .allSatisfy(namespace -> assertThat(DryRuns.refusal(mesh.client(), namespace))
                            .isEmpty());
            assertThat(DryRuns.refusal(mesh.client(), outsiders.namespace())).isEmpty();
            assertThat(DryRuns.refusal(mesh.client(), team.namespace()))
                    .hasValueSatisfying(
                            why -> assertThat(why).contains("failed calling webhook \"inject.stockade.dev\""));
            team.apply(team.manifests().server("patient", 1, true));
            String replicaSet = awaitReplicaSet();
            team.awaitEvent(
                    replicaSet,
                    event -> event.getReason().equals("FailedCreate")
                            && event.getMessage().contains("failed calling webhook \"inject.stockade.dev\""));
        } finally {
            // With its own namespace labelled it comes back all the same.
            operator.scale(replicas);
            operator.awaitReady();
            NEVER_ASKED.forEach(namespace -> label(namespace, null));
            outsiders.disband();
        }

        team.apply(Manifests.secureMcpServer("patient", ""));
        team.awaitDeployment("patient").server("patient").await("Ready", "True");
    }

    private String awaitReplicaSet() {
        AtomicReference<String> found = new AtomicReference<>("");
        Waiting.until("the Deployment has its ReplicaSet", () -> "none", () -> {
            mesh.client()
                    .apps()
                    .replicaSets()
                    .inNamespace(team.namespace())
                    .withLabel("app", "patient")
                    .list()
                    .getItems()
                    .forEach(set -> found.set(set.getMetadata().getName()));
            return !found.get().isEmpty();
        });
        return found.get();
    }

    private void label(String namespace, @Nullable String value) {
        mesh.client()
                .namespaces()
                .withName(namespace)
                .patch(
                        PatchContext.of(PatchType.JSON_MERGE),
                        "{\"metadata\":{\"labels\":{\"stockade.dev/mesh\":%s}}}"
                                .formatted(value == null ? "null" : '"' + value + '"'));
    }

    @Test
    void aDeploymentComesUpAndNoPodIsRefusedWhileTheOperatorIsRolled() {
        Set<String> before = operator.names();
        Map<String, Integer> refused;
        try (DryRuns pods = DryRuns.begin(mesh.client(), team.namespace())) {
            mesh.chart().upgrade("operator.resources.requests.cpu", "90m"); // rolls the operator's pods
            team.apply(team.manifests().server("amid", 1, true), Manifests.secureMcpServer("amid", ""));

            team.awaitDeployment("amid").server("amid").await("Ready", "True");
            operator.awaitRolled();
            int taken = pods.taken();
            Waiting.until("pods are taken by the new replicas", pods::refused, () -> pods.taken() > taken);
            refused = pods.refused();
        }

        assertThat(operator.names()).isNotEmpty().doesNotContainAnyElementsOf(before);
        assertThat(refused).isEmpty();
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
