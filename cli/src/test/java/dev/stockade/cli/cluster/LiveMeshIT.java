package dev.stockade.cli.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cli.ExitCodes;
import dev.stockade.cli.Run;
import dev.stockade.crds.Definitions;
import dev.stockade.fixture.ApiServer;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRuleBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code status} against a real API server, as people with the rights that the chart and Kubernetes give them. */
class LiveMeshIT {
    private static final Path SAMPLES = Path.of("..", "samples", "policies", "mesh");
    /** What the aggregated role view is made of; nothing aggregates here. */
    private static final String VIEW = "system:aggregate-to-view";

    private static final String VIEWER = "stockade-viewer";
    private static final List<String> KINDS =
            List.of("meshtrusts", "securemcpservers", "agentidentities", "mcpaccesspolicies");

    @TempDir
    private static Path folder;

    private static ApiServer server;
    private static KubernetesClient client;

    @BeforeAll
    static void start() throws IOException {
        server = ApiServer.start(Files.createDirectory(folder.resolve("server")), Definitions.yaml());
        client = server.client();
        for (String file : List.of("platform.yaml", "tools.yaml", "agents.yaml")) {
            for (HasMetadata one :
                    client.load(Files.newInputStream(SAMPLES.resolve(file))).items()) {
                client.resource(one).create();
                operatorSaysReady(one);
            }
        }
        client.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName("people")
                        .endMetadata()
                        .build())
                .create();
        client.resource(new ClusterRoleBuilder()
                        .withNewMetadata()
                        .withName(VIEWER)
                        .endMetadata()
                        .withRules(new PolicyRuleBuilder()
                                .withApiGroups("stockade.dev")
                                .withResources(KINDS)
                                .withVerbs("get", "list", "watch")
                                .build())
                        .build())
                .create();
        Files.writeString(folder.resolve("admin"), server.kubeconfig());
    }

    /** There is no operator here. */
    private static void operatorSaysReady(HasMetadata resource) {
        if (resource.getApiVersion().startsWith("stockade.dev/")) {
            ready(resource, "True", "Ready", "");
        }
    }

    private static void ready(HasMetadata resource, String status, String reason, String message) {
        client.resource(resource).subresource("status").patch(PatchContext.of(PatchType.JSON_MERGE), """
                        {"status": {"observedGeneration": 1, "conditions": [{"type": "Ready", "status": "%s",
                          "observedGeneration": 1, "lastTransitionTime": "2026-01-01T00:00:00Z", "reason": "%s",
                          "message": "%s"}]}}
                        """.formatted(
                        status, reason, message));
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    /** A kubeconfig of that name, of somebody who has the roles in the whole cluster, or in one namespace. */
    private static void person(String name, String namespace, String... roles) throws IOException {
        People people = new People(server, folder);
        people.add(name, "tools");
        for (String role : roles) {
            if (namespace.isEmpty()) {
                people.grant(name, role);
            } else {
                people.grantIn(namespace, name, role);
            }
        }
    }

    private static Run status(String who, String... options) {
        List<String> arguments = new ArrayList<>(List.of("status", "--kubeconfig", who));
        arguments.addAll(List.of(options));
        return Run.in(folder, arguments.toArray(String[]::new));
    }

    @Test
    void theRightsOfAViewerSuffice() throws IOException {
        person("viewer", "", VIEWER, VIEW);

        Run run = status("viewer");

        assertThat(run.err()).isEmpty();
        assertThat(run.out())
                .startsWith("Nothing is wrong.\n")
                .contains("agents/triage -> tools/github: tools get_issue");
        assertThat(run.code()).isEqualTo(ExitCodes.YES);
        assertThat(run).isEqualTo(status("admin"));
    }

    @Test
    void whoMayReadOneNamespaceSeesItAndIsToldOfTheRest() throws IOException {
        person("member", "tools", VIEWER, VIEW);

        Run run = status("member", "-n", "tools");

        assertThat(run.out())
                .startsWith("Nothing is wrong in what could be read.\n")
                .contains("You may not list agentidentities.stockade.dev -A in this cluster.")
                .contains("You may not get meshtrusts.stockade.dev default in this cluster.")
                .contains("tools/github");
        assertThat(run.code()).isEqualTo(ExitCodes.CLUSTER);
    }

    @Test
    void podsThatMayNotBeReadAreNotCounted() throws IOException {
        person("blind", "", VIEWER);

        Run run = status("blind");

        assertThat(run.out()).contains("You may not list pods -n ").contains("?/0");
        assertThat(run.code()).isEqualTo(ExitCodes.CLUSTER);
    }

    @Test
    void whatTheOperatorCallsNotReadyIsWrongAndComesFirst() {
        HasMetadata github = client.genericKubernetesResources("stockade.dev/v1alpha1", "SecureMcpServer")
                .inNamespace("tools")
                .withName("github")
                .get();
        ready(github, "False", "NotInjected", "Pod tools/github-1 has no sidecar; delete it.");

        Run text = status("admin");
        Run json = status("admin", "-n", "tools", "-o", "json");

        ready(github, "True", "Ready", "");
        assertThat(text.out())
                .startsWith(
                        "WRONG: 1\n  ! SecureMcpServer tools/github NotInjected: Pod tools/github-1 has no sidecar");
        assertThat(text.code()).isEqualTo(ExitCodes.NO);
        assertThat(json.out()).contains("\"wrong\" : true").contains("\"level\" : \"wrong\"");
        assertThat(json.code()).isEqualTo(ExitCodes.NO);
    }

    @Test
    void whatTheOperatorHasNotSeenIsWrong() {
        GenericKubernetesResource late = new GenericKubernetesResource();
        late.setApiVersion("stockade.dev/v1alpha1");
        late.setKind("AgentIdentity");
        late.setMetadata(
                new ObjectMetaBuilder().withName("late").withNamespace("people").build());
        late.setAdditionalProperty("spec", Map.of("serviceAccountName", "late"));
        client.resource(late).create();

        Run run = status("admin", "-n", "people");

        client.resource(late).delete();
        assertThat(run.out()).contains("! AgentIdentity people/late is not seen by the operator yet.");
        assertThat(run.code()).isEqualTo(ExitCodes.NO);
    }
}
