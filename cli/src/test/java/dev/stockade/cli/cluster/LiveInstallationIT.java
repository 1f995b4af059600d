package dev.stockade.cli.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.stockade.cli.ExitCodes;
import dev.stockade.cli.Run;
import dev.stockade.crds.Definitions;
import dev.stockade.fixture.ApiServer;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code doctor} against a real API server on which nothing of Stockade runs: as people with several rights. */
class LiveInstallationIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String SECRET_KEY = "never-to-be-read";

    @TempDir
    private static Path folder;

    private static ApiServer server;
    private static KubernetesClient client;

    @BeforeAll
    static void start() throws IOException {
        server = ApiServer.start(Files.createDirectory(folder.resolve("server")), Definitions.yaml());
        client = server.client();
        apply("""
                apiVersion: v1
                kind: Namespace
                metadata: {name: stockade-system}
                ---
                apiVersion: v1
                kind: Namespace
                metadata: {name: people}
                ---
                apiVersion: v1
                kind: Namespace
                metadata: {name: tools, labels: {stockade.dev/mesh: enabled}}
                ---
                apiVersion: v1
                kind: ServiceAccount
                metadata: {name: default, namespace: tools}
                ---
                apiVersion: v1
                kind: Secret
                metadata: {name: stockade-ca, namespace: stockade-system}
                stringData: {tls.key: %s}
                ---
                apiVersion: stockade.dev/v1alpha1
                kind: SecureMcpServer
                metadata: {name: github, namespace: tools}
                spec: {selector: {matchLabels: {app: github}}, port: 3000}
                ---
                apiVersion: rbac.authorization.k8s.io/v1
                kind: ClusterRole
                metadata: {name: stockade-viewer}
                rules:
                  - apiGroups: [stockade.dev]
                    resources: [securemcpservers, mcpaccesspolicies, agentidentities, meshtrusts]
                    verbs: [get, list, watch]
                """.formatted(SECRET_KEY));
        Files.writeString(folder.resolve("admin"), server.kubeconfig());
        person("viewer", "stockade-viewer", "system:aggregate-to-view");
        person("nobody");
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    private static void apply(String yaml) {
        for (HasMetadata one :
                client.load(new ByteArrayInputStream(yaml.getBytes(UTF_8))).items()) {
            client.resource(one).create();
        }
    }

    /** A kubeconfig of that name, of somebody who has the roles in the whole cluster. */
    private static void person(String name, String... roles) throws IOException {
        People people = new People(server, folder);
        people.add(name, "tools");
        for (String role : roles) {
            people.grant(name, role);
        }
    }

    private static Run doctor(String who, String... options) {
        List<String> arguments = new ArrayList<>(List.of("doctor", "--kubeconfig", who));
        arguments.addAll(List.of(options));
        return Run.in(folder, arguments.toArray(String[]::new));
    }

    private static List<String> checks(Run run, String level) throws IOException {
        List<String> checks = new ArrayList<>();
        for (JsonNode check : JSON.readTree(run.out()).path("checks")) {
            if (check.path("level").asText().equals(level)) {
                checks.add(check.path("check").asText());
            }
        }
        return checks;
    }

    @Test
    void anAdministratorSeesAllThatIsNotThere() throws IOException {
        Run run = doctor("admin", "-o", "json");

        assertThat(run.err()).isEmpty();
        assertThat(checks(run, "fail"))
                .containsExactlyInAnyOrder("operator", "operator-leader", "webhooks-there", "webhooks-answer", "trust");
        assertThat(checks(run, "unknown")).containsExactly("sidecar-version");
        assertThat(checks(run, "ok"))
                .contains("kubernetes-version", "definitions", "ca-secret", "clock", "namespaces", "egress");
        assertThat(run.out())
                .contains("A pod that was created in a dry run got no sidecar")
                .contains("Install the chart, or name its namespace with --operator-namespace.")
                .doesNotContain(SECRET_KEY);
        assertThat(run.code()).isEqualTo(ExitCodes.NO);
        assertThat(client.pods().inAnyNamespace().list().getItems()).isEmpty();
    }

    @Test
    void aViewerIsToldWhichChecksNeedMoreRights() throws IOException {
        Run run = doctor("viewer", "-o", "json");

        assertThat(checks(run, "fail")).contains("operator", "trust");
        assertThat(checks(run, "unknown"))
                .containsExactlyInAnyOrder(
                        "native-sidecars",
                        "definitions",
                        "operator-leader",
                        "webhooks-there",
                        "webhooks-trust",
                        "webhooks-answer",
                        "other-webhooks",
                        "ca-secret",
                        "sidecar-version");
        assertThat(run.out())
                .contains("You may not list nodes in this cluster.")
                .contains("You may not get customresourcedefinitions in this cluster.")
                .contains("You may not get secrets -n stockade-system in this cluster.")
                .contains("You may not create pods -n tools in this cluster. A dry run needs that right, too.");
        assertThat(run.code()).isEqualTo(ExitCodes.NO);
    }

    @Test
    void whoMayReadNothingIsToldNothingWrongAndNothingInOrder() throws IOException {
        Run run = doctor("nobody");
        Run json = doctor("nobody", "-o", "json");

        assertThat(run.out())
                .startsWith("Nothing is wrong in what could be checked.\n")
                .contains("You may not list");
        assertThat(checks(json, "ok")).containsExactlyInAnyOrder("kubernetes-version", "clock");
        assertThat(run.code()).isEqualTo(ExitCodes.CLUSTER);
    }

    @Test
    void aDefinitionThatLacksAFieldIsNamed() throws IOException {
        String name = "agentidentities.stockade.dev";
        var definition = client.apiextensions().v1().customResourceDefinitions().withName(name);
        var before = definition.get();
        definition.patch(
                PatchContext.of(PatchType.JSON),
                "[{\"op\": \"remove\", \"path\": \"/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/suspended\"}]");

        Run run = doctor("admin");

        before.getMetadata().setResourceVersion(null);
        definition.patch(before);
        assertThat(run.out().replaceAll("\\s+", " "))
                .contains("! definitions")
                .contains(name + " at v1alpha1.spec.suspended")
                .contains("Restart the operator");
        assertThat(doctor("admin", "-o", "json").out()).contains("All four are there");
    }

    @Test
    void whomTheClusterDoesNotKnowIsToldSo() throws IOException {
        Files.writeString(folder.resolve("stranger"), server.kubeconfig("not-a-token", "tools"));

        Run run = doctor("stranger");

        assertThat(run.code()).isEqualTo(ExitCodes.CLUSTER);
        assertThat(run.err()).contains("The cluster does not know you");
        assertThat(run.out()).isEmpty();
    }
}
