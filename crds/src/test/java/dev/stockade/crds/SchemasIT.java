package dev.stockade.crds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.common.Condition;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.crds.server.SecureMcpServerStatus;
import dev.stockade.crds.trust.MeshTrust;
import dev.stockade.fixture.ApiServer;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a real kube-apiserver accepts and refuses, and what it says when it refuses. */
class SchemasIT {
    @TempDir
    private static Path folder;

    private static ApiServer server;
    private static KubernetesClient client;

    @BeforeAll
    static void start() throws IOException {
        server = ApiServer.start(folder, Definitions.yaml());
        client = server.client();
        for (String name : List.of("tools", "agents")) {
            client.resource(new NamespaceBuilder()
                            .withNewMetadata()
                            .withName(name)
                            .endMetadata()
                            .build())
                    .create();
        }
    }

    @AfterEach
    void clean() {
        client.resources(MeshTrust.class).delete();
        client.resources(SecureMcpServer.class).inAnyNamespace().delete();
        client.resources(AgentIdentity.class).inAnyNamespace().delete();
    }

    @AfterAll
    static void stop() throws IOException {
        if (server != null) {
            server.close();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"api.yaml", "minimal.yaml", "wide.yaml"})
    void goodManifestsAreAccepted(String file) throws IOException {
        for (String document : documents("good/" + file)) {
            assertThat(dryRun(document).getMetadata().getUid()).isNotEmpty();
        }
    }

    /**
     * A manifest and the sentence that it is refused with: documents of a file, each with comment lines that begin with
     * {@code # refused:}.
     */
    static Stream<Refusal> nonsense() throws IOException {
        List<Refusal> refusals = new ArrayList<>();
        for (String file : List.of("server.yaml", "agent.yaml", "policy.yaml", "trust.yaml")) {
            for (String document : documents("nonsense/" + file)) {
                List<String> sentences = document.lines()
                        .filter(l -> l.startsWith("# refused: "))
                        .map(l -> l.substring("# refused: ".length()))
                        .toList();
                refusals.add(new Refusal(file, sentences, document));
            }
        }
        return refusals.stream();
    }

    record Refusal(String file, List<String> sentences, String manifest) {
        @Override
        public String toString() {
            return file + ": " + String.join("; ", sentences);
        }
    }

    @ParameterizedTest
    @MethodSource("nonsense")
    void nonsenseIsRefusedWithASentence(Refusal refusal) {
        assertThat(refusal.sentences()).isNotEmpty();

        assertThatThrownBy(() -> dryRun(refusal.manifest()))
                .isInstanceOfSatisfying(KubernetesClientException.class, e -> {
                    assertThat(e.getCode()).isEqualTo(422);
                    assertThat(e.getMessage()).contains(refusal.sentences());
                });
    }

    @Test
    void defaultsAreVisibleInWhatIsStored() throws IOException {
        GenericKubernetesResource stored = dryRun(documents("good/minimal.yaml").getFirst());

        assertThat(client.getKubernetesSerialization().asYaml(stored.get("spec")))
                .contains(
                        "serviceAccountName", "/mcp", "Enforce", "Managed", "Manual", "4Mi", "32Mi", "Digest", "Deny");
        assertThat(stored.<Object>get("status", "observedGeneration")).isEqualTo(-1);
    }

    @Test
    void aPartOfTheLimitsLeavesTheOthersAtTheirDefaults() {
        GenericKubernetesResource stored = dryRun("""
                apiVersion: stockade.dev/v1alpha1
                kind: SecureMcpServer
                metadata: {name: part, namespace: tools}
                spec:
                  selector: {matchLabels: {app: part}}
                  port: 8080
                  limits: {requestBytes: 1Mi}
                """);

        assertThat(stored.<Object>get("spec", "limits", "requestBytes")).isEqualTo("1Mi");
        assertThat(stored.<Object>get("spec", "limits", "staleAfter")).isEqualTo("1h");
    }

    @Test
    void theTrustDomainNeverChanges() throws IOException {
        MeshTrust trust = client.getKubernetesSerialization()
                .unmarshal(documents("good/minimal.yaml").get(3), MeshTrust.class);
        client.resource(trust).create();

        assertThatThrownBy(() -> client.resources(MeshTrust.class)
                        .withName("default")
                        .patch(
                                PatchContext.of(PatchType.JSON_MERGE),
                                "{\"spec\": {\"trustDomain\": \"other.example\"}}"))
                .hasMessageContaining("spec.trustDomain is immutable");
        client.resources(MeshTrust.class)
                .withName("default")
                .patch(
                        PatchContext.of(PatchType.JSON_MERGE),
                        "{\"spec\": {\"suspended\": [{\"namespace\": \"agents\", \"name\": \"triage\"}]}}");
        assertThat(client.resources(MeshTrust.class)
                        .withName("default")
                        .get()
                        .getSpec()
                        .suspended())
                .hasSize(1);
    }

    @Test
    void aStatusIsWrittenAndReadBack() {
        SecureMcpServer created = client.resource(
                        client.getKubernetesSerialization().unmarshal("""
                        apiVersion: stockade.dev/v1alpha1
                        kind: SecureMcpServer
                        metadata: {name: with-status, namespace: tools}
                        spec: {selector: {matchLabels: {app: x}}, port: 8080}
                        """, SecureMcpServer.class))
                .create();
        assertThat(created.getStatus().observedGeneration()).isEqualTo(-1);
        var ready = new Condition("Ready", Condition.Status.TRUE, 1, "2026-01-01T00:00:00Z", "Ready", "2 of 2");
        created.setStatus(new SecureMcpServerStatus(1L, List.of(ready), 2, "2/2", List.of(9090)));

        client.resource(created).updateStatus();

        SecureMcpServer read = client.resources(SecureMcpServer.class)
                .inNamespace("tools")
                .withName("with-status")
                .get();
        assertThat(read.getStatus()).isEqualTo(created.getStatus());
    }

    @Test
    void anAgentCanBeSuspendedWithOnePatch() {
        client.resource(client.getKubernetesSerialization().unmarshal("""
                        apiVersion: stockade.dev/v1alpha1
                        kind: AgentIdentity
                        metadata: {name: patched, namespace: agents}
                        spec: {serviceAccountName: patched}
                        """, AgentIdentity.class))
                .create();

        AgentIdentity patched = client.resources(AgentIdentity.class)
                .inNamespace("agents")
                .withName("patched")
                .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\": {\"suspended\": true}}");

        assertThat(patched.getSpec().suspended()).isTrue();
        assertThat(patched.getMetadata().getGeneration()).isEqualTo(2);
    }

    private static GenericKubernetesResource dryRun(String manifest) {
        return client.resource(client.getKubernetesSerialization().unmarshal(manifest, GenericKubernetesResource.class))
                .dryRun()
                .create();
    }

    private static List<String> documents(String file) throws IOException {
        try (InputStream in = Objects.requireNonNull(SchemasIT.class.getResourceAsStream("/manifests/" + file), file)) {
            return List.of(new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n---\n", -1));
        }
    }
}
