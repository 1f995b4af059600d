package dev.stockade.e2e;

import static dev.stockade.e2e.workload.Manifests.policy;
import static dev.stockade.e2e.workload.Manifests.secureMcpServer;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.e2e.mesh.Definitions;
import dev.stockade.e2e.mesh.Disturbing;
import dev.stockade.e2e.mesh.Mesh;
import dev.stockade.e2e.mesh.Resource;
import dev.stockade.e2e.mesh.Team;
import dev.stockade.e2e.mesh.Waiting;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** Whatever goes first, nothing hangs. */
@Disturbing
@Order(90)
class RemovalE2E {
    private static final List<String> KINDS = List.of("McpAccessPolicy", "AgentIdentity", "SecureMcpServer");

    private final Mesh mesh;

    RemovalE2E(Mesh mesh) {
        this.mesh = mesh;
    }

    @Test
    void theChartGoesLast() {
        Team resourcesFirst = raise("e2e-gone-1");
        Team namespaceFirst = raise("e2e-gone-2");
        awaitReady(resourcesFirst, namespaceFirst);

        namespaceFirst.disband();
        deleteResources(resourcesFirst);
        awaitNoResources(resourcesFirst);
        resourcesFirst.awaitReady("agent"); // pods that ran stay up
        resourcesFirst.disband();
        namespaceFirst.awaitDisbanded();
        resourcesFirst.awaitDisbanded();
        mesh.chart().uninstall();

        mesh.operator().awaitGone();
        mesh.chart().install();
    }

    @Test
    void theChartGoesBeforeTheNamespaces() {
        Team betweenResourcesAndNamespace = raise("e2e-gone-3");
        Team beforeResources = raise("e2e-gone-4");
        Team beforeNamespaceAlone = raise("e2e-gone-5");
        awaitReady(betweenResourcesAndNamespace, beforeResources, beforeNamespaceAlone);

        deleteResources(betweenResourcesAndNamespace);
        awaitNoResources(betweenResourcesAndNamespace);
        mesh.chart().uninstall();
        mesh.operator().awaitGone();
        assertThat(webhooks()).isEmpty();
        assertThat(echo(beforeResources).has("result"))
                .as("what sidecars had, they keep")
                .isTrue();
        deleteResources(beforeResources);
        awaitNoResources(beforeResources);
        List.of(betweenResourcesAndNamespace, beforeResources, beforeNamespaceAlone)
                .forEach(Team::disband);

        betweenResourcesAndNamespace.awaitDisbanded();
        beforeResources.awaitDisbanded();
        beforeNamespaceAlone.awaitDisbanded();
        // What was installed once can be installed again, and finds its CA.
        mesh.chart().install();
        mesh.trust().await("Ready", "True");
    }

    @Test
    void theDefinitionsGoWhileNoOperatorIsThere() {
        Team team = raise("e2e-gone-6");
        awaitReady(team);
        Definitions definitions = new Definitions(mesh.client());
        String root = String.valueOf(mesh.rotation().roots());

        mesh.chart().uninstall();
        mesh.operator().awaitGone();
        definitions.delete();

        definitions.awaitGone(); // and with them every resource, and what belongs to one
        Waiting.until(
                "the NetworkPolicies of the servers are gone",
                () -> networkPolicies(team),
                () -> networkPolicies(team).isEmpty());
        assertThat(echo(team).has("result")).as("what sidecars had, they keep").isTrue();
        // Nothing injects, and nothing refuses.
        team.apply(team.manifests().agent("bare", "default", true)).awaitReady("bare");
        assertThat(team.pod("bare").getSpec().getInitContainers()).isEmpty();
        team.disband();
        team.awaitDisbanded();
        mesh.chart().install();
        mesh.trust().await("Ready", "True");
        assertThat(String.valueOf(mesh.rotation().roots()))
                .as("the CA's Secret outlives MeshTrust")
                .isEqualTo(root);
    }

    private List<String> networkPolicies(Team team) {
        return mesh.client().network().v1().networkPolicies().inNamespace(team.namespace()).list().getItems().stream()
                .map(policy -> policy.getMetadata().getName())
                .toList();
    }

    /** Whatever of Stockade may still be asked when something is created. */
    private List<String> webhooks() {
        List<String> names = new ArrayList<>();
        var registration = mesh.client().admissionRegistration().v1();
        registration
                .mutatingWebhookConfigurations()
                .list()
                .getItems()
                .forEach(one -> names.add(one.getMetadata().getName()));
        registration
                .validatingWebhookConfigurations()
                .list()
                .getItems()
                .forEach(one -> names.add(one.getMetadata().getName()));
        names.removeIf(name -> !name.startsWith("stockade-"));
        return names;
    }

    private static JsonNode echo(Team team) {
        return team.program("agent")
                .call("http://127.0.0.1:15001/%s/server".formatted(team.namespace()), "echo", "{\"message\":\"on\"}");
    }

    private Team raise(String namespace) {
        Team team = mesh.team(namespace);
        return team.apply(
                        team.manifests().server("server", 1, true),
                        secureMcpServer("server", ""),
                        policy("policy", namespace, "agent", "server", "echo"))
                .agent("agent", "");
    }

    private static void awaitReady(Team... teams) {
        for (Team team : teams) {
            team.awaitDeployment("server").awaitReady("agent");
            team.policy("policy").await("Ready", "True");
        }
    }

    private void deleteResources(Team team) {
        for (String kind : KINDS) {
            mesh.client()
                    .genericKubernetesResources(Resource.API, kind)
                    .inNamespace(team.namespace())
                    .delete();
        }
    }

    private void awaitNoResources(Team team) {
        Waiting.until(
                "no resource is left in " + team.namespace(),
                () -> remaining(team),
                () -> remaining(team).values().stream().allMatch(List::isEmpty));
        assertThat(team.client().pods().inNamespace(team.namespace()).list().getItems())
                .isNotEmpty();
    }

    private Map<String, List<String>> remaining(Team team) {
        Map<String, List<String>> remaining = new LinkedHashMap<>();
        for (String kind : KINDS) {
            List<String> names = new ArrayList<>();
            mesh.client()
                    .genericKubernetesResources(Resource.API, kind)
                    .inNamespace(team.namespace())
                    .list()
                    .getItems()
                    .forEach(one -> names.add(one.getMetadata().getName()));
            remaining.put(kind, names);
        }
        return remaining;
    }
}
