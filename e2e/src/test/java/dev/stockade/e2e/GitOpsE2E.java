package dev.stockade.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.e2e.mesh.Mesh;
import dev.stockade.e2e.mesh.OnMesh;
import dev.stockade.e2e.mesh.Tools;
import dev.stockade.e2e.mesh.Tools.Ended;
import dev.stockade.e2e.mesh.Waiting;
import dev.stockade.e2e.workload.Fleet;
import dev.stockade.fixture.GitOpsLibraries;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ManagedFieldsEntry;
import io.fabric8.kubernetes.client.readiness.Readiness;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/**
 * {@code samples/gitops} on a cluster where the operator runs: applied by Flux's library, and by kubectl as Argo CD applies, whatever
 * comes first; then what each of them sees when it looks again.
 */
@OnMesh
@Order(27)
class GitOpsE2E {
    private static final Path ROOT =
            Path.of(System.getProperty("stockade.root", "..")).toAbsolutePath();
    private static final Path SAMPLE = ROOT.resolve("samples/gitops");

    static final String AT_ONCE = "by Flux, all at once";
    static final String SHUFFLED = "as Argo CD does, one by one, in an order of chance";
    static final String MESH_LAST = "by Flux, the workloads first and the namespaces' label last";
    static final List<String> ORDERS = List.of(AT_ONCE, SHUFFLED, MESH_LAST);

    private final Mesh mesh;
    private final Tools tools;
    private final GitOpsLibraries libraries;
    private final Map<String, Fleet> fleets = new LinkedHashMap<>();

    @TempDir
    private static Path folder;

    GitOpsE2E(Mesh mesh) {
        this.mesh = mesh;
        tools = mesh.tools();
        libraries = GitOpsLibraries.find().at(mesh.kubeconfig());
    }

    /** All orders converge side by side. */
    @BeforeAll
    void apply() throws IOException {
        String rendered =
                kubectl("kustomize", SAMPLE.resolve("overlays/staging").toString());
        for (String order : ORDERS) {
            fleets.put(
                    order,
                    Fleet.of(
                            rendered,
                            "e2e-go" + fleets.size() + "-",
                            mesh.manifests().image()));
        }
        Files.writeString(
                folder.resolve("flux.yaml"),
                kubectl("kustomize", SAMPLE.resolve("flux/staging").toString()));
        Files.writeString(
                folder.resolve("argo.yaml"),
                kubectl("kustomize", SAMPLE.resolve("argocd").toString()));

        Fleet late = fleet(MESH_LAST);
        libraries.ask(String.join("---\n", late.namespacesOutsideTheMesh()), "apply");
        libraries.ask(late.only("ServiceAccount", "Deployment", "Service"), "apply");
        libraries.ask(fleet(AT_ONCE).all(), "apply");
        Fleet shuffled = fleet(SHUFFLED);
        shuffled.namespaces().forEach(this::argoApplies);
        List<String> contents = new ArrayList<>(shuffled.contents());
        long seed = System.nanoTime();
        System.out.printf("e2e: the order of chance has the seed %d%n", seed);
        Collections.shuffle(contents, new Random(seed));
        contents.forEach(this::argoApplies);
        // its pods run as they are, with no sidecar, before anything of ours is there
        Waiting.until(
                "the workloads run without a sidecar",
                () -> mesh.client().pods().inNamespace(late.tools()).list(),
                () -> deployed(late.tools(), "everything") && deployed(late.agents(), "triage"));
        libraries.ask(late.contents().stream().reduce((a, b) -> a + "---\n" + b).orElseThrow(), "apply");
        libraries.ask(late.all(), "apply");
    }

    private boolean deployed(String namespace, String name) {
        return Readiness.getInstance()
                .isReady(mesh.client()
                        .apps()
                        .deployments()
                        .inNamespace(namespace)
                        .withName(name)
                        .get());
    }

    @AfterAll
    void end() {
        for (Fleet fleet : fleets.values()) {
            mesh.client().namespaces().withName(fleet.tools()).delete();
            mesh.client().namespaces().withName(fleet.agents()).delete();
        }
    }

    @ParameterizedTest
    @FieldSource("ORDERS")
    void anyOrderConverges(String order) {
        Fleet fleet = fleet(order);

        awaitHealthy(fleet);

        String said = kubectl(
                "-n",
                fleet.agents(),
                "exec",
                "deploy/triage",
                "-c",
                "agent",
                "--",
                "agent",
                "call",
                "http://127.0.0.1:15001/%s/everything".formatted(fleet.tools()),
                "echo",
                "{\"message\":\"in order\"}");
        assertThat(said).contains("Echo: in order");
    }

    @ParameterizedTest
    @FieldSource("ORDERS")
    void nothingDriftsAfterTheOperatorHasWrittenWhatItWrites(String order) {
        Fleet fleet = fleet(order);
        awaitHealthy(fleet);
        String by = order.equals(SHUFFLED) ? "argo" : "flux";

        List<JsonNode> seen = libraries.ask(fleet.all(), "drift");

        assertThat(seen)
                .filteredOn(one -> one.path("by").asText().startsWith(by))
                .hasSizeGreaterThanOrEqualTo(fleet.documents().size())
                .allSatisfy(one ->
                        assertThat(one.path("action").asText()).as("%s", one).isEqualTo("unchanged"));
        if (by.equals("flux")) {
            assertThat(libraries.ask(fleet.all(), "apply"))
                    .hasSize(fleet.documents().size())
                    .allSatisfy(one -> assertThat(one.path("action").asText())
                            .as("%s", one)
                            .isEqualTo("unchanged"));
        }
    }

    @Test
    void aChangeByHandIsSeen() {
        Fleet fleet = fleet(SHUFFLED);
        awaitHealthy(fleet);
        kubectl("-n", fleet.tools(), "patch", "mcpap", "triage-echoes", "--type=json", "-p", """
            [{"op": "replace", "path": "/spec/allow/0/tools", "value": ["*"]}]\
            """);

        List<JsonNode> seen = libraries.ask(fleet.only("McpAccessPolicy"), "drift");

        assertThat(seen)
                .hasSize(4)
                .allSatisfy(one ->
                        assertThat(one.path("action").asText()).as("%s", one).isEqualTo("configured"));
        fleet.contents().stream()
                .filter(one -> one.contains("kind: McpAccessPolicy"))
                .forEach(this::argoApplies);
    }

    @Test
    void theChartDoesNotDriftFromWhatTheOperatorWritesIntoItsObjects() throws IOException {
        StringBuilder chart = new StringBuilder(helm("get", "manifest", "stockade", "-n", "stockade-system"));
        try (var definitions = Files.list(ROOT.resolve("charts/stockade/crds"))) {
            for (Path definition : definitions.toList()) {
                chart.append("\n---\n").append(Files.readString(definition));
            }
        }
        assertThat(kubectl(
                        "get",
                        "mutatingwebhookconfiguration",
                        "stockade-injector",
                        "-o",
                        "jsonpath={.webhooks[*].clientConfig.caBundle}"))
                .as("what the operator has written")
                .isNotEmpty();
        // The platform's kill switch, thrown by hand
        kubectl("patch", "meshtrust", "default", "--type=merge", "-p", """
            {"spec": {"suspended": [{"namespace": "e2e-nobody", "name": "nobody", "reason": "incident"}]}}\
            """);
        try {
            List<JsonNode> seen = libraries.ask(chart.toString(), "drift", "-manager", "helm-controller");

            assertThat(seen)
                    .hasSizeGreaterThan(4 * 15)
                    .allSatisfy(one -> assertThat(one.path("action").asText())
                            .as("%s", one)
                            .isEqualTo("unchanged"));
        } finally {
            kubectl("patch", "meshtrust", "default", "--type=merge", "-p", "{\"spec\": {\"suspended\": null}}");
        }
    }

    @Test
    void theOperatorOwnsWhatItWritesAndNoMore() {
        Fleet fleet = fleet(AT_ONCE);
        awaitHealthy(fleet);

        for (String kind : List.of("SecureMcpServer", "McpAccessPolicy", "AgentIdentity")) {
            String namespace = kind.equals("AgentIdentity") ? fleet.agents() : fleet.tools();
            for (HasMetadata one : mesh.client()
                    .genericKubernetesResources("stockade.dev/v1alpha1", kind)
                    .inNamespace(namespace)
                    .list()
                    .getItems()) {
                assertThat(ours(one))
                        .isNotEmpty()
                        .allSatisfy(entry -> assertThat(entry.getSubresource())
                                .as("%s", entry)
                                .isEqualTo("status"));
            }
        }
        Set<String> fields = new HashSet<>();
        for (HasMetadata one : List.of(
                mesh.client()
                        .admissionRegistration()
                        .v1()
                        .mutatingWebhookConfigurations()
                        .withName("stockade-injector")
                        .get(),
                mesh.client()
                        .admissionRegistration()
                        .v1()
                        .validatingWebhookConfigurations()
                        .withName("stockade-validator")
                        .get())) {
            assertThat(ours(one)).as("%s", one.getMetadata().getManagedFields()).isNotEmpty();
            ours(one).forEach(entry -> leaves(entry.getFieldsV1().getAdditionalProperties(), fields));
        }
        assertThat(fields).containsExactly("f:caBundle");
    }

    @Test
    void fluxTakesBackWhatKubectlHasWrittenUnlessItIsToldToMerge() {
        Fleet fleet = fleet(AT_ONCE);
        awaitHealthy(fleet);
        String agent = fleet.only("AgentIdentity");
        suspendByHand(fleet);

        List<JsonNode> applied = libraries.ask(agent, "apply");

        assertThat(applied)
                .singleElement()
                .satisfies(one -> assertThat(one.path("action").asText()).isEqualTo("configured"));
        assertThat(suspended(fleet)).isEqualTo("false");
        // With the annotation what is not in Git stays as people have set it.
        String merged =
                agent.replace("metadata:\n", "metadata:\n  annotations: {kustomize.toolkit.fluxcd.io/ssa: Merge}\n");
        libraries.ask(merged, "apply");
        suspendByHand(fleet);
        libraries.ask(merged, "apply");
        assertThat(suspended(fleet)).isEqualTo("true");
        libraries.ask(agent.replace("spec:\n", "spec:\n  suspended: false\n"), "apply");
        libraries.ask(agent, "apply");
        assertThat(suspended(fleet)).isEqualTo("false");
    }

    private void suspendByHand(Fleet fleet) {
        kubectl(
                "-n",
                fleet.agents(),
                "patch",
                "agid",
                "triage",
                "--type=merge",
                "-p",
                "{\"spec\":{\"suspended\":true}}");
    }

    private String suspended(Fleet fleet) {
        return kubectl("-n", fleet.agents(), "get", "agid", "triage", "-o", "jsonpath={.spec.suspended}");
    }

    @Test
    void healthIsTheSameForAllWhoJudgeIt() {
        Fleet fleet = fleet(AT_ONCE);
        awaitHealthy(fleet);
        // Given one that the operator has not seen, as the API server would store it
        String unseen = kubectl(
                "apply",
                "--server-side",
                "--dry-run=server",
                "-o",
                "yaml",
                "-f",
                file(policy(fleet, "unseen", "triage")));
        // And one that waits for an agent, and a server that is refused, since its pods are another's
        kubectl("apply", "--server-side", "-f", file(policy(fleet, "waits", "nobody-yet")));
        kubectl(
                "apply",
                "--server-side",
                "-f",
                file(fleet.only("SecureMcpServer")
                        .replace("name: everything\n  namespace", "name: second\n  namespace")));
        try {
            Waiting.until(
                    "the operator has judged both",
                    () -> kubectl("-n", fleet.tools(), "get", "mcps,mcpap"),
                    () -> !condition(fleet, "mcps/second", "Ready").isEmpty()
                            && condition(fleet, "mcps/second", "Stalled").equals("True")
                            && condition(fleet, "mcpap/waits", "Ready").equals("False"));

            assertThat(health(unseen)).containsExactly("InProgress InProgress Progressing");
            assertThat(health(read(fleet, "mcpap/waits"))).containsExactly("InProgress InProgress Progressing");
            assertThat(health(read(fleet, "mcps/second"))).containsExactly("Failed Failed Degraded");
            assertThat(health(read(fleet, "mcps/everything"))).containsExactly("Current Current Healthy");
            assertThat(health(kubectl("get", "meshtrust", "default", "-o", "yaml")))
                    .containsExactly("Current Current Healthy");
        } finally {
            kubectl("-n", fleet.tools(), "delete", "--wait=false", "mcpap/waits", "mcps/second");
        }
    }

    @Test
    void aTeamsDeployerAppliesItsOwnFolderAndNothingElse() {
        Fleet fleet = fleet(SHUFFLED);
        String deployer = "system:serviceaccount:%s:deployer".formatted(fleet.tools());
        String its = fleet.contents().stream()
                .filter(one ->
                        one.contains("\n  namespace: " + fleet.tools() + "\n") && !one.contains("kind: RoleBinding"))
                .reduce((a, b) -> a + "---\n" + b)
                .orElseThrow();

        assertThat(as(deployer, its).status()).as(as(deployer, its).said()).isZero();
        for (String foreign : List.of(
                fleet.only("AgentIdentity"),
                fleet.only("Namespace"),
                fleet.only("RoleBinding"),
                "{apiVersion: stockade.dev/v1alpha1, kind: MeshTrust, metadata: {name: default}, spec: {trustDomain:"
                        + " stockade.local}}")) {
            Ended refused = as(deployer, foreign);
            assertThat(refused.said()).contains("forbidden");
            assertThat(refused.status()).isNotZero();
        }
    }

    private Ended as(String user, String manifests) {
        return tools.kubectl(
                "apply",
                "--server-side",
                "--force-conflicts",
                "--dry-run=server",
                "--field-manager=argocd-controller",
                "--as",
                user,
                "-f",
                file(manifests));
    }

    private static String policy(Fleet fleet, String name, String agent) {
        return """
            apiVersion: stockade.dev/v1alpha1
            kind: McpAccessPolicy
            metadata: {name: %s, namespace: %s}
            spec:
              agents: [{namespace: %s, name: %s}]
              servers: [{name: everything}]
              allow: [{tools: [echo]}]
            """.formatted(name, fleet.tools(), fleet.agents(), agent);
    }

    private String condition(Fleet fleet, String what, String type) {
        return kubectl(
                "-n",
                fleet.tools(),
                "get",
                what,
                "-o",
                "jsonpath={.status.conditions[?(@.type==\"%s\")].status}".formatted(type));
    }

    private String read(Fleet fleet, String what) {
        return kubectl("-n", fleet.tools(), "get", what, "-o", "yaml");
    }

    /** What kstatus, Flux's expressions and Argo CD's script say of each. */
    private List<String> health(String objects) {
        return libraries
                .ask(
                        objects,
                        "health",
                        "-exprs",
                        folder.resolve("flux.yaml").toString(),
                        "-argo",
                        folder.resolve("argo.yaml").toString())
                .stream()
                .map(one -> "%s %s %s"
                        .formatted(
                                one.path("kstatus").asText(),
                                one.path("flux").asText(),
                                one.path("argo").asText()))
                .toList();
    }

    /** As Flux waits, again and again: a Kustomization whose health check has failed is reconciled anew. */
    private void awaitHealthy(Fleet fleet) {
        String exprs = folder.resolve("flux.yaml").toString();
        List<JsonNode> answers = new ArrayList<>();
        Waiting.until("all of %s* is healthy".formatted(fleet.prefix()), () -> answers, () -> {
            answers.clear();
            answers.addAll(libraries.ask(fleet.all(), "wait", "-exprs", exprs, "-timeout", "60s"));
            return answers.getFirst().path("ready").asBoolean();
        });
        assertThat(health(read(fleet, "mcps,mcpap"))).isNotEmpty().containsOnly("Current Current Healthy");
    }

    private static List<ManagedFieldsEntry> ours(HasMetadata one) {
        return one.getMetadata().getManagedFields().stream()
                .filter(entry -> entry.getManager().startsWith("stockade"))
                .toList();
    }

    private static void leaves(Map<?, ?> fields, Set<String> found) {
        fields.forEach((name, below) -> {
            if (below instanceof Map<?, ?> map
                    && !map.isEmpty()
                    && !map.keySet().equals(Set.of("."))) {
                leaves(map, found);
            } else if (name.toString().startsWith("f:") && !isKey(name.toString())) {
                found.add(name.toString());
            }
        });
    }

    /** What names an entry of a list stands beside what is owned of it. */
    private static boolean isKey(String name) {
        return name.equals("f:name");
    }

    /** What Argo CD runs for a sync with ServerSideApply=true. */
    private void argoApplies(String document) {
        kubectl(
                "apply",
                "--server-side",
                "--force-conflicts",
                "--field-manager=argocd-controller",
                "-f",
                file(document));
    }

    private String file(String manifests) {
        try {
            return Files.writeString(Files.createTempFile(folder, "manifests", ".yaml"), manifests)
                    .toString();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private Fleet fleet(String order) {
        return Objects.requireNonNull(fleets.get(order));
    }

    private String kubectl(String... arguments) {
        return said(tools.kubectl(arguments), arguments);
    }

    private String helm(String... arguments) {
        return said(tools.helm(arguments), arguments);
    }

    private static String said(Ended ended, String... arguments) {
        assertThat(ended.status())
                .as("%s: %s", String.join(" ", arguments), ended.said())
                .isZero();
        return ended.said();
    }
}
