package dev.stockade.cli.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.cli.ExitCodes;
import dev.stockade.cli.Run;
import dev.stockade.crds.Definitions;
import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.fixture.ApiServer;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBuilder;
import io.fabric8.kubernetes.api.model.rbac.PolicyRule;
import io.fabric8.kubernetes.api.model.rbac.PolicyRuleBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The commands against a real API server, and as people who may not read everything. */
class LiveResourcesIT {
    private static final Path SAMPLES = Path.of("..", "samples", "policies", "mesh");
    private static final PolicyRule READS_OURS = new PolicyRuleBuilder()
            .withApiGroups("stockade.dev")
            .withResources("agentidentities", "securemcpservers", "mcpaccesspolicies", "meshtrusts")
            .withVerbs("get", "list")
            .build();
    private static final PolicyRule GETS_NAMESPACES = new PolicyRuleBuilder()
            .withApiGroups("")
            .withResources("namespaces")
            .withVerbs("get")
            .build();

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
            }
        }
        client.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName("people")
                        .endMetadata()
                        .build())
                .create();
        Files.writeString(folder.resolve("admin"), server.kubeconfig());
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    /** Somebody with exactly these rights, and a kubeconfig of that name. */
    private static void person(String name, PolicyRule... rules) throws IOException {
        client.resource(new ClusterRoleBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .endMetadata()
                        .withRules(rules)
                        .build())
                .create();
        People people = new People(server, folder);
        people.add(name, "agents");
        people.grant(name, name);
    }

    private static Run ask(String who, String... question) {
        List<String> arguments = new ArrayList<>(List.of("can-i"));
        arguments.addAll(List.of(question));
        arguments.addAll(List.of("--kubeconfig", who));
        return Run.in(folder, arguments.toArray(String[]::new));
    }

    @ParameterizedTest
    @CsvSource({
        "agents/triage, call, tools/github/get_issue, 0, yes:",
        "agents/triage, call, tools/github/delete_repo, 1, reason: policy_denied",
        "agents/intern, connect, tools/github, 1, reason: no_grant",
        "agents/triag, connect, tools/github, 2, Did you mean agents/triage?",
    })
    void theClusterAnswersAsTheManifestsDo(String agent, String verb, String target, int code, String said) {
        Run cluster = ask("admin", agent, verb, target);
        Run manifests = Run.in(
                folder,
                "can-i",
                agent,
                verb,
                target,
                "-f",
                SAMPLES.toAbsolutePath().toString());

        assertThat(cluster.code()).isEqualTo(code);
        assertThat(cluster.out() + cluster.err()).contains(said);
        assertThat(cluster).isEqualTo(manifests);
    }

    @Test
    void suspensionIsSeenAtOnce() {
        assertThat(ask("admin", "agents/triage", "connect", "tools/github").code())
                .isEqualTo(ExitCodes.YES);

        suspend(true);

        assertThat(ask("admin", "agents/triage", "connect", "tools/github").out())
                .contains("reason: suspended");
        suspend(false);
    }

    private static void suspend(boolean suspended) {
        client.resources(AgentIdentity.class)
                .inNamespace("agents")
                .withName("triage")
                .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\": {\"suspended\": " + suspended + "}}");
    }

    /** A person needs no more than the page says, and names without a namespace are those of the context. */
    @Test
    void theRightsOfThePageSuffice() throws IOException {
        person("reader", READS_OURS, GETS_NAMESPACES);

        Run run = ask("reader", "triage", "call", "github/get_issue");

        assertThat(run.err()).isEmpty();
        assertThat(run.code()).isEqualTo(ExitCodes.YES);
    }

    @Test
    void aRightThatIsMissingIsNamed() throws IOException {
        person("blind", READS_OURS);
        person("foreign", GETS_NAMESPACES);
        person(
                "halfblind",
                GETS_NAMESPACES,
                new PolicyRuleBuilder(READS_OURS)
                        .withResources("agentidentities", "securemcpservers", "meshtrusts")
                        .build());

        assertThat(ask("blind", "triage", "connect", "github").err())
                .startsWith("You may not get namespaces agents in this cluster.");
        assertThat(ask("foreign", "triage", "connect", "github").err())
                .startsWith("You may not list agentidentities.stockade.dev -n agents in this cluster.")
                .contains("stockade-viewer");
        assertThat(ask("halfblind", "triage", "connect", "github").err())
                .startsWith("You may not list mcpaccesspolicies.stockade.dev -n tools in this cluster.");
        assertThat(Stream.of("blind", "foreign", "halfblind")
                        .map(who -> ask(who, "triage", "connect", "github"))
                        .toList())
                .allSatisfy(run -> {
                    assertThat(run.code()).isEqualTo(ExitCodes.CLUSTER);
                    assertThat(run.out()).isEmpty();
                });
    }

    @Test
    void whoIsNobodyIsTold() throws IOException {
        Files.writeString(folder.resolve("nobody"), server.kubeconfig("invalid", "agents"));

        Run run = ask("nobody", "triage", "connect", "github");

        assertThat(run.err()).startsWith("The cluster does not know you");
        assertThat(run.code()).isEqualTo(ExitCodes.CLUSTER);
    }
}
