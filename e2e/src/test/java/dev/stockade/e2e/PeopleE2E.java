package dev.stockade.e2e;

import static dev.stockade.e2e.workload.Manifests.agentIdentity;
import static dev.stockade.e2e.workload.Manifests.policy;
import static dev.stockade.e2e.workload.Manifests.secureMcpServer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.e2e.mesh.Mesh;
import dev.stockade.e2e.mesh.OnMesh;
import dev.stockade.e2e.mesh.Team;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The ClusterRoles for people, as a real cluster takes them: the viewer's is aggregated by the controller manager. Each user has one
 * role in one namespace; {@code watcher} has {@code view} in the whole cluster.
 */
@OnMesh
@Order(25)
class PeopleE2E {
    private static final String NAMESPACE = "e2e-people";

    private final KubernetesClient admin;
    private final Team team;

    PeopleE2E(Mesh mesh) {
        admin = mesh.client();
        team = mesh.team(NAMESPACE);
        team.apply(
                secureMcpServer("there", ""),
                agentIdentity("there", ""),
                policy("there", NAMESPACE, "there", "there", "echo"),
                binding("server-owner", "stockade-server-owner"),
                binding("agent-owner", "stockade-agent-owner"),
                binding("editor", "edit"),
                binding("reader", "view"),
                """
                apiVersion: rbac.authorization.k8s.io/v1
                kind: ClusterRoleBinding
                metadata: {name: e2e-people-watcher}
                roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
                subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: watcher}]
                """);
    }

    private static String binding(String user, String role) {
        return """
                apiVersion: rbac.authorization.k8s.io/v1
                kind: RoleBinding
                metadata: {name: %s}
                roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: %s}
                subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: %s}]
                """.formatted(user, role, user);
    }

    @AfterAll
    void end() {
        admin.rbac().clusterRoleBindings().withName("e2e-people-watcher").delete();
        team.disband();
    }

    private boolean may(String user, String verb, String group, String resource, String namespace) {
        String[] parts = resource.split("/", -1);
        return admin.resource(new SubjectAccessReviewBuilder()
                        .withNewSpec()
                        .withUser(user)
                        .withNewResourceAttributes()
                        .withGroup(group)
                        .withResource(parts[0])
                        .withSubresource(parts.length > 1 ? parts[1] : "")
                        .withVerb(verb)
                        .withNamespace(namespace)
                        .endResourceAttributes()
                        .endSpec()
                        .build())
                .create()
                .getStatus()
                .getAllowed();
    }

    @ParameterizedTest
    @CsvSource({
        // user, verbs, resources of stockade.dev, whether
        "server-owner, create update patch delete get list watch, securemcpservers mcpaccesspolicies, true",
        "server-owner, create update patch delete, agentidentities, false",
        "server-owner, patch update, securemcpservers/status mcpaccesspolicies/status, false",
        "agent-owner, create update patch delete get list watch, agentidentities, true",
        "agent-owner, create update patch delete, securemcpservers mcpaccesspolicies, false",
        "agent-owner, patch update, agentidentities/status, false",
        "reader, get list watch, securemcpservers mcpaccesspolicies agentidentities, true",
        "reader, create update patch delete, securemcpservers mcpaccesspolicies agentidentities, false",
        "editor, get list watch, securemcpservers mcpaccesspolicies agentidentities, true",
        "editor, create update patch delete deletecollection, securemcpservers mcpaccesspolicies agentidentities, false",
        "editor, patch update, securemcpservers/status agentidentities/status mcpaccesspolicies/status, false",
        "nobody, get list, securemcpservers agentidentities mcpaccesspolicies, false"
    })
    void whoMayDoWhatInTheirNamespace(String user, String verbs, String resources, boolean allowed) {
        for (String resource : words(resources)) {
            for (String verb : words(verbs)) {
                assertThat(may(user, verb, "stockade.dev", resource, NAMESPACE))
                        .as("%s may %s %s", user, verb, resource)
                        .isEqualTo(allowed);
                assertThat(may(user, verb, "stockade.dev", resource, "default"))
                        .as("%s may %s %s elsewhere", user, verb, resource)
                        .isFalse();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"server-owner", "agent-owner", "editor", "reader", "watcher", "nobody"})
    void nobodyButThePlatformWritesTheTrustOrTheLabelOfANamespace(String user) {
        for (String verb : List.of("create", "update", "patch", "delete")) {
            assertThat(may(user, verb, "stockade.dev", "meshtrusts", ""))
                    .as("%s meshtrusts", verb)
                    .isFalse();
            assertThat(may(user, verb, "stockade.dev", "meshtrusts/status", "")).isFalse();
            assertThat(may(user, verb, "", "namespaces", NAMESPACE))
                    .as("%s namespaces", verb)
                    .isFalse();
        }
        assertThat(may(user, "get", "stockade.dev", "meshtrusts", "")).isEqualTo(user.equals("watcher"));
    }

    @Test
    void theApiServerHoldsThemToIt() {
        try (KubernetesClient owner = as("server-owner");
                KubernetesClient agentOwner = as("agent-owner");
                KubernetesClient editor = as("editor")) {
            new Team(owner, team.manifests(), NAMESPACE).apply(secureMcpServer("mine", ""));
            new Team(agentOwner, team.manifests(), NAMESPACE).apply(agentIdentity("mine", ""));

            team.server("mine").awaitReason("Ready", "NoPods");
            refused(() -> new Team(owner, team.manifests(), NAMESPACE).apply(agentIdentity("other", "")));
            refused(() -> new Team(agentOwner, team.manifests(), NAMESPACE)
                    .apply(policy("mine", NAMESPACE, "mine", "mine", "echo")));
            refused(() -> new Team(editor, team.manifests(), NAMESPACE).apply(secureMcpServer("theirs", "")));
            refused(() -> owner.genericKubernetesResources("stockade.dev/v1alpha1", "SecureMcpServer")
                    .inNamespace(NAMESPACE)
                    .withName("mine")
                    .subresource("status")
                    .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"status\":{\"pods\":7}}"));
            refused(() -> owner.namespaces()
                    .withName(NAMESPACE)
                    .patch(
                            PatchContext.of(PatchType.JSON_MERGE),
                            "{\"metadata\":{\"labels\":{\"stockade.dev/mesh\":\"disabled\"}}}"));
        }
    }

    private static void refused(Runnable action) {
        assertThatThrownBy(action::run)
                .isInstanceOfSatisfying(
                        KubernetesClientException.class,
                        refusal -> assertThat(refusal.getCode()).isEqualTo(403));
    }

    private KubernetesClient as(String user) {
        Config config = new ConfigBuilder(admin.getConfiguration())
                .withImpersonateUsername(user)
                .build();
        return new KubernetesClientBuilder().withConfig(config).build();
    }

    private static List<String> words(String text) {
        return Arrays.asList(text.split(" ", -1));
    }
}
