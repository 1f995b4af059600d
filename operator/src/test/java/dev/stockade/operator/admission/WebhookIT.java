package dev.stockade.operator.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.stockade.crds.Definitions;
import dev.stockade.crds.access.McpAccessPolicy;
import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.fixture.ApiServer;
import io.fabric8.kubernetes.api.model.EphemeralContainerBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.RuleWithOperationsBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The webhooks as a real API server calls them. */
class WebhookIT {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final Map<String, String> MESH = Map.of("stockade.dev/mesh", "enabled");
    private static final ServingCertificate CERTIFICATE = new ServingCertificate();

    @TempDir
    private static Path folder;

    private static ApiServer api;
    private static KubernetesClient client;
    private static WebhookServer server;
    private static WebhookTrust trust;

    @BeforeAll
    static void start() throws IOException {
        api = ApiServer.start(folder, Definitions.yaml());
        client = api.client();
        namespace("agents", MESH);
        namespace("tools", MESH);
        namespace("elsewhere", Map.of());
        server = WebhookServer.of(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                CERTIFICATE.keyManager(),
                new LiveMembership(client),
                () -> Fixtures.TEMPLATE,
                LoneReplica.OTHERS,
                client.getKubernetesSerialization(),
                new SimpleMeterRegistry());
        server.start();
        registerInjector();
        registerValidator();
        trust = new WebhookTrust(client, "stockade-injector", "stockade-validator", CERTIFICATE::pem);
        trust.start();
        await().atMost(PATIENCE)
                .ignoreExceptions()
                .until(() -> create("agents", "ready-yet", "{app: none}", "")
                        .getSpec()
                        .getInitContainers()
                        .isEmpty());
    }

    @AfterAll
    static void stop() {
        trust.close();
        server.close();
        api.close();
    }

    private static void namespace(String name, Map<String, String> labels) {
        client.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .withLabels(labels)
                        .endMetadata()
                        .build())
                .create();
    }

    private static String url(String path) {
        return "https://localhost:" + server.address().getPort() + path;
    }

    private static void registerInjector() {
        client.resource(new MutatingWebhookConfigurationBuilder()
                        .withNewMetadata()
                        .withName("stockade-injector")
                        .endMetadata()
                        .addNewWebhook()
                        .withName("inject.stockade.dev")
                        .withNewClientConfig()
                        .withUrl(url("/inject"))
                        .endClientConfig()
                        .withRules(new RuleWithOperationsBuilder()
                                .withApiGroups("")
                                .withApiVersions("v1")
                                .withOperations("CREATE")
                                .withResources("pods")
                                .build())
                        .withFailurePolicy("Fail")
                        .withReinvocationPolicy("IfNeeded")
                        .withSideEffects("None")
                        .withAdmissionReviewVersions("v1")
                        .withNewNamespaceSelector()
                        .withMatchLabels(MESH)
                        .endNamespaceSelector()
                        .endWebhook()
                        .build())
                .create();
    }

    private static void registerValidator() {
        client.resource(new ValidatingWebhookConfigurationBuilder()
                        .withNewMetadata()
                        .withName("stockade-validator")
                        .endMetadata()
                        .addNewWebhook()
                        .withName("validate-pod.stockade.dev")
                        .withNewClientConfig()
                        .withUrl(url("/validate-pod"))
                        .endClientConfig()
                        .withRules(new RuleWithOperationsBuilder()
                                .withApiGroups("")
                                .withApiVersions("v1")
                                .withOperations("CREATE", "UPDATE")
                                .withResources("pods", "pods/ephemeralcontainers")
                                .build())
                        .withFailurePolicy("Fail")
                        .withSideEffects("None")
                        .withAdmissionReviewVersions("v1")
                        .withNewNamespaceSelector()
                        .withMatchLabels(MESH)
                        .endNamespaceSelector()
                        .endWebhook()
                        .addNewWebhook()
                        .withName("validate.stockade.dev")
                        .withNewClientConfig()
                        .withUrl(url("/validate"))
                        .endClientConfig()
                        .withRules(new RuleWithOperationsBuilder()
                                .withApiGroups("stockade.dev")
                                .withApiVersions("v1alpha1")
                                .withOperations("CREATE", "UPDATE")
                                .withResources("*")
                                .build())
                        .withFailurePolicy("Fail")
                        .withSideEffects("None")
                        .withAdmissionReviewVersions("v1")
                        .endWebhook()
                        .build())
                .create();
    }

    private static <T extends HasMetadata> T apply(Class<T> type, String yaml) {
        return client.resource(client.getKubernetesSerialization().unmarshal(yaml, type))
                .create();
    }

    private static Pod pod(String namespace, String name, String labels, String spec) {
        Pod pod =
                client.getKubernetesSerialization().unmarshal("""
                apiVersion: v1
                kind: Pod
                metadata: {name: %s, namespace: %s, labels: %s}
                spec:
                  containers:
                    - name: app
                      image: app
                      ports: [{name: http, containerPort: 8080}]
                      readinessProbe: {httpGet: {path: /ready, port: http}}
                  %s
                """.formatted(name, namespace, labels, spec), Pod.class);
        if (pod.getSpec().getServiceAccountName() == null) {
            // A cluster does this before webhooks are asked; this API server runs without that plugin.
            pod.getSpec().setServiceAccountName("default");
        }
        return pod;
    }

    private static Pod create(String namespace, String name, String labels, String spec) {
        return client.resource(pod(namespace, name, labels, spec)).create();
    }

    @Test
    void aLabelledPodIsStoredWithItsSidecarFirst() {
        Pod stored = create("agents", "labelled", "{stockade.dev/inject: \"true\"}", "");

        assertThat(stored.getSpec().getInitContainers().getFirst())
                .satisfies(c -> assertThat(c.getName()).isEqualTo("stockade-sidecar"))
                .satisfies(c -> assertThat(c.getRestartPolicy()).isEqualTo("Always"));
        assertThat(stored.getMetadata().getLabels()).containsEntry("stockade.dev/sidecar", "injected");
        assertThat(stored.getSpec()
                        .getContainers()
                        .getFirst()
                        .getReadinessProbe()
                        .getHttpGet()
                        .getPath())
                .isEqualTo("/app/app/readiness");
    }

    @Test
    void anAgentThatWasAppliedAMomentBeforeHasItsServersNames() {
        apply(SecureMcpServer.class, """
                apiVersion: stockade.dev/v1alpha1
                kind: SecureMcpServer
                metadata: {name: web, namespace: tools}
                spec: {selector: {matchLabels: {app: web}}, port: 3000}
                """);
        apply(Service.class, """
                apiVersion: v1
                kind: Service
                metadata: {name: web, namespace: tools}
                spec: {selector: {app: web}, ports: [{port: 80, targetPort: 3000}]}
                """);
        apply(AgentIdentity.class, """
                apiVersion: stockade.dev/v1alpha1
                kind: AgentIdentity
                metadata: {name: triage, namespace: agents}
                spec: {serviceAccountName: triage, selector: {matchLabels: {app: triage}}, servers: [{namespace: tools}]}
                """);

        Pod stored = create("agents", "triage", "{app: triage}", "serviceAccountName: triage");

        assertThat(stored.getSpec().getHostAliases())
                .singleElement()
                .satisfies(alias -> assertThat(alias.getIp()).startsWith("127.77."))
                .satisfies(alias -> assertThat(alias.getHostnames())
                        .containsExactly("web.tools", "web.tools.svc", "web.tools.svc.cluster.local"));
    }

    @Test
    void whatCannotBeProtectedIsRefusedWithASentence() {
        assertThatThrownBy(() -> create("agents", "host", "{stockade.dev/inject: \"true\"}", "hostNetwork: true"))
                .isInstanceOf(KubernetesClientException.class)
                .hasMessageContaining("Pod agents/host: hostNetwork is set");
        assertThat(create("elsewhere", "host", "{stockade.dev/inject: \"true\"}", "hostNetwork: true")
                        .getSpec()
                        .getInitContainers())
                .isEmpty();
    }

    @Test
    void whatTheApiServerTakesWithoutASidecarItTakesWithOneOrASentenceSaysWhyNot() {
        int taken = 0;
        int refused = 0;
        for (int seed = 0; seed < 360; seed++) {
            Pod pod = PodCorpus.pod(seed);
            if (!isTaken(pod)) {
                continue;
            }
            pod.getMetadata().setNamespace("agents");
            pod.getMetadata().setLabels(labelled(pod));
            try {
                Pod stored = client.resource(pod).dryRun().create();
                assertThat(stored.getSpec().getInitContainers().getFirst().getName())
                        .isEqualTo("stockade-sidecar");
                assertThat(stored.getSpec().getContainers())
                        .hasSameSizeAs(pod.getSpec().getContainers());
                taken++;
            } catch (KubernetesClientException e) {
                assertThat(e)
                        .as("seed %d", seed)
                        .hasMessageContaining("inject.stockade.dev")
                        .hasMessageContaining("Pod agents/");
                refused++;
            }
        }
        assertThat(taken).isGreaterThan(150);
        assertThat(refused).isPositive();
    }

    private static boolean isTaken(Pod pod) {
        pod.getMetadata().setNamespace("elsewhere");
        if (pod.getSpec().getServiceAccountName() == null) {
            pod.getSpec().setServiceAccountName("default");
        }
        try {
            return client.resource(pod).dryRun().create() != null;
        } catch (KubernetesClientException e) {
            return false;
        }
    }

    private static Map<String, String> labelled(Pod pod) {
        Map<String, String> labels = new TreeMap<>();
        if (pod.getMetadata().getLabels() != null) {
            labels.putAll(pod.getMetadata().getLabels());
        }
        labels.put("stockade.dev/inject", "true");
        return labels;
    }

    @Test
    void aDryRunIsAnsweredLikeAnyOther() {
        Pod dry = client.resource(pod("agents", "dry", "{stockade.dev/inject: \"true\"}", ""))
                .dryRun()
                .create();

        assertThat(dry.getSpec().getInitContainers()).hasSize(1);
        assertThat(client.pods().inNamespace("agents").withName("dry").get()).isNull();
    }

    @Test
    void nobodyLooksIntoTheSidecarLater() {
        Pod stored = create("agents", "debugged", "{stockade.dev/inject: \"true\"}", "");

        assertThatThrownBy(() -> client.pods()
                        .inNamespace("agents")
                        .withName(stored.getMetadata().getName())
                        .ephemeralContainers()
                        .edit(p -> new PodBuilder(p)
                                .editSpec()
                                .addToEphemeralContainers(new EphemeralContainerBuilder()
                                        .withName("debug")
                                        .withImage("debug")
                                        .withTargetContainerName("stockade-sidecar")
                                        .withTerminationMessagePolicy("File")
                                        .withImagePullPolicy("Always")
                                        .build())
                                .endSpec()
                                .build()))
                .hasMessageContaining("looks into the sidecar");
        assertThatThrownBy(() -> client.resource(stored)
                        .edit(p -> new PodBuilder(p)
                                .editSpec()
                                .editFirstInitContainer()
                                .withImage("evil")
                                .endInitContainer()
                                .endSpec()
                                .build()))
                .hasMessageContaining("Stockade's to choose");
        client.resource(stored).withGracePeriod(0).delete();
    }

    @Test
    void nonsenseOfOurOwnKindsIsRefused() {
        assertThatThrownBy(() -> apply(SecureMcpServer.class, """
                        apiVersion: stockade.dev/v1alpha1
                        kind: SecureMcpServer
                        metadata: {name: nonsense, namespace: tools}
                        spec: {selector: {matchLabels: {app: web}}, port: 15008}
                        """)).hasMessageContaining("15008");
    }

    @Test
    void aConditionThatDoesNotCompileIsRefusedWithItsColumn() {
        assertThatThrownBy(() -> apply(McpAccessPolicy.class, """
                        apiVersion: stockade.dev/v1alpha1
                        kind: McpAccessPolicy
                        metadata: {name: bad, namespace: tools}
                        spec:
                          agents: [{namespace: agents, name: triage}]
                          servers: [{name: github}]
                          allow: [{tools: [a]}, {tools: [b], when: 'args.n > 1 && agent.nme == "x"'}]
                        """))
                .hasMessageContaining(
                        "McpAccessPolicy tools/bad: allow[1].when, line 1, column 20: undefined field 'nme'");
    }

    @Test
    void aConditionThatCompilesIsStoredAndItsPolicyCanBeDeleted() {
        McpAccessPolicy stored = apply(McpAccessPolicy.class, """
                        apiVersion: stockade.dev/v1alpha1
                        kind: McpAccessPolicy
                        metadata: {name: good, namespace: tools}
                        spec:
                          agents: [{namespace: agents, name: triage}]
                          servers: [{name: github}]
                          mode: Shadow
                          allow: [{tools: [b], when: 'args.repo.startsWith("acme/")'}]
                        """);

        assertThat(stored.getSpec().allow().getFirst().when()).isEqualTo("args.repo.startsWith(\"acme/\")");
        assertThat(client.resource(stored).delete()).isNotEmpty();
    }

    @Test
    void anUpgradeThatTakesTheBundleAwayIsHealed() {
        client.admissionRegistration()
                .v1()
                .mutatingWebhookConfigurations()
                .withName("stockade-injector")
                .edit(c -> c.edit()
                        .editFirstWebhook()
                        .editClientConfig()
                        .withCaBundle(null)
                        .endClientConfig()
                        .endWebhook()
                        .build());

        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(client.admissionRegistration()
                                .v1()
                                .mutatingWebhookConfigurations()
                                .withName("stockade-injector")
                                .get()
                                .getWebhooks()
                                .getFirst()
                                .getClientConfig()
                                .getCaBundle())
                        .isNotEmpty());
        await().atMost(PATIENCE)
                .ignoreExceptions()
                .until(() -> !create("agents", "healed", "{stockade.dev/inject: \"true\"}", "")
                        .getSpec()
                        .getInitContainers()
                        .isEmpty());
    }
}
