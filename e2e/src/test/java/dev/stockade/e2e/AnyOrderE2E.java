package dev.stockade.e2e;

import static dev.stockade.e2e.workload.Manifests.agentIdentity;
import static dev.stockade.e2e.workload.Manifests.policy;
import static dev.stockade.e2e.workload.Manifests.secureMcpServer;
import static dev.stockade.e2e.workload.Manifests.serviceAccount;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.e2e.mesh.Mesh;
import dev.stockade.e2e.mesh.OnMesh;
import dev.stockade.e2e.mesh.Team;
import dev.stockade.e2e.mesh.Waiting;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** A chart's objects come in any order; with the label on the pods they converge, and no pod restarts. */
@OnMesh
@Order(22)
class AnyOrderE2E {
    static final List<String> ORDERS = List.of(
            "agent pod, server pod, policy, server, identity",
            "policy, identity, agent pod, server, server pod",
            "server pod, server, agent pod, identity, policy");

    private final Map<String, Team> teams = new HashMap<>();

    AnyOrderE2E(Mesh mesh) {
        for (int i = 0; i < ORDERS.size(); i++) {
            teams.put(ORDERS.get(i), mesh.team("e2e-order-" + i));
        }
    }

    /** All orders converge side by side. */
    @BeforeAll
    void apply() {
        teams.forEach((order, team) -> {
            team.apply(serviceAccount("agent"));
            for (String part : order.split(", ", -1)) {
                team.apply(manifest(team, part));
            }
        });
    }

    @AfterAll
    void end() {
        teams.values().forEach(Team::disband);
    }

    @ParameterizedTest
    @FieldSource("ORDERS")
    void convergesWithoutARestart(String order) {
        Team team = team(order);
        team.awaitReady("agent").awaitDeployment("server");
        team.server("server").await("Ready", "True");
        team.agentIdentity("agent").await("Ready", "True");
        team.policy("policy").await("Ready", "True");

        JsonNode answer = team.program("agent")
                .call(
                        "http://127.0.0.1:15001/%s/server".formatted(team.namespace()),
                        "echo",
                        "{\"message\":\"in order\"}");

        assertThat(answer.at("/result/content/0/text").asText())
                .as("%s", answer)
                .isEqualTo("Echo: in order");
        assertThat(team.client().pods().inNamespace(team.namespace()).list().getItems())
                .hasSize(2)
                .allSatisfy(pod -> assertThat(restarts(pod)).isZero());
    }

    @ParameterizedTest
    @FieldSource("ORDERS")
    void namesThatCouldNotBeCapturedAreListed(String order) {
        Team team = team(order);
        team.agentIdentity("agent").await("Ready", "True");

        boolean captured = team.pod("agent").getSpec().getHostAliases().stream()
                .anyMatch(alias -> alias.getHostnames().contains("server." + team.namespace()));

        Waiting.until(
                "the status lists the name exactly if the pod does not have it; it has it: " + captured,
                () -> team.agentIdentity("agent").status("notCaptured"),
                () -> captured != listed(team).contains("server:80"));
    }

    private static String listed(Team team) {
        return Objects.toString(team.agentIdentity("agent").status("notCaptured"), "");
    }

    private Team team(String order) {
        return Objects.requireNonNull(teams.get(order));
    }

    private static String manifest(Team team, String part) {
        return switch (part) {
            case "agent pod" -> team.manifests().agent("agent", "agent", true);
            case "server pod" -> team.manifests().server("server", 1, true);
            case "policy" -> policy("policy", team.namespace(), "agent", "server", "echo");
            case "server" -> secureMcpServer("server", "");
            case "identity" -> agentIdentity("agent", "");
            default -> throw new IllegalArgumentException(part);
        };
    }

    private static int restarts(Pod pod) {
        return pod.getStatus().getContainerStatuses().stream()
                        .mapToInt(one -> one.getRestartCount())
                        .sum()
                + pod.getStatus().getInitContainerStatuses().stream()
                        .mapToInt(one -> one.getRestartCount())
                        .sum();
    }
}
