package dev.stockade.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.stockade.crds.Definitions;
import dev.stockade.crds.trust.MeshTrust;
import dev.stockade.crds.trust.MeshTrustSpec;
import dev.stockade.crds.trust.MeshTrustStatus;
import dev.stockade.fixture.ApiServer;
import dev.stockade.fixture.MetricsPage;
import dev.stockade.operator.authority.Der;
import dev.stockade.operator.authority.Pem;
import dev.stockade.operator.metrics.ApiRequestMeters;
import dev.stockade.operator.metrics.ProcessMeters;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfigurationBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole operator against a real API server, without a kubelet. */
class AssemblyIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    static Path folder;

    static ApiServer api;

    @BeforeAll
    static void start() throws Exception {
        api = ApiServer.start(folder, Definitions.yaml());
    }

    @AfterAll
    static void stop() {
        api.close();
    }

    private static Assembly operator(KubernetesClient client, MeterRegistry meters) {
        return operator("operator-0", client, meters);
    }

    private static Assembly operator(String pod, KubernetesClient client, MeterRegistry meters) {
        Settings settings = Settings.of(Map.of(
                "STOCKADE_NAMESPACE", "default",
                "STOCKADE_POD_NAME", pod,
                "STOCKADE_POD_IP", "127.0.0.1",
                "STOCKADE_SIDECAR_IMAGE", "sidecar"));
        return new Assembly(settings, new Assembly.Ports(0, 0), client, meters, Clock.systemUTC());
    }

    private static CompletableFuture<Boolean> begin(Assembly operator) {
        CompletableFuture<Boolean> started = new CompletableFuture<>();
        Thread.ofPlatform().daemon().start(() -> {
            try {
                operator.start();
                started.complete(true);
            } catch (Exception e) {
                started.completeExceptionally(e);
            }
        });
        return started;
    }

    private static Optional<MeshTrust> trust() {
        return Optional.ofNullable(
                api.client().resources(MeshTrust.class).withName("default").get());
    }

    private static void annotate(String rotate) {
        api.client()
                .resources(MeshTrust.class)
                .withName("default")
                .patch(
                        PatchContext.of(PatchType.JSON_MERGE),
                        "{\"metadata\": {\"annotations\": {\"stockade.dev/rotate\": \"" + rotate + "\"}}}");
    }

    private static Resource<CustomResourceDefinition> trustDefinition() {
        return api.client().apiextensions().v1().customResourceDefinitions().withName("meshtrusts.stockade.dev");
    }

    private static JSONSchemaProps spec(CustomResourceDefinition definition) {
        return Objects.requireNonNull(definition
                .getSpec()
                .getVersions()
                .getFirst()
                .getSchema()
                .getOpenAPIV3Schema()
                .getProperties()
                .get("spec"));
    }

    private static int rules() {
        return spec(trustDefinition().get()).getXKubernetesValidations().size();
    }

    private static void dropRules() {
        trustDefinition().edit(definition -> {
            spec(definition).setXKubernetesValidations(new ArrayList<>());
            return definition;
        });
    }

    private static List<String> events() {
        return api.client().v1().events().inNamespace("default").list().getItems().stream()
                .map(event -> event.getReason() + " " + event.getMessage())
                .toList();
    }

    /** The chart's configuration of a webhook, as far as the operator writes it. */
    private static final class WebhookTrustProbe {
        private final Resource<ValidatingWebhookConfiguration> configuration;

        private WebhookTrustProbe(Resource<ValidatingWebhookConfiguration> configuration) {
            this.configuration = configuration;
        }

        static WebhookTrustProbe create(KubernetesClient client) {
            // It matches nothing, so that nothing in this test depends on it.
            client.resource(new ValidatingWebhookConfigurationBuilder()
                            .withNewMetadata()
                            .withName("stockade-validator")
                            .endMetadata()
                            .addNewWebhook()
                            .withName("probe.stockade.dev")
                            .withAdmissionReviewVersions("v1")
                            .withSideEffects("None")
                            .withFailurePolicy("Ignore")
                            .withNewNamespaceSelector()
                            .addToMatchLabels("never", "there")
                            .endNamespaceSelector()
                            .withNewClientConfig()
                            .withNewService()
                            .withNamespace("default")
                            .withName("stockade-operator")
                            .endService()
                            .endClientConfig()
                            .endWebhook()
                            .build())
                    .create();
            return new WebhookTrustProbe(client.admissionRegistration()
                    .v1()
                    .validatingWebhookConfigurations()
                    .withName("stockade-validator"));
        }

        List<String> roots() throws GeneralSecurityException {
            String bundle = configuration
                    .get()
                    .getWebhooks()
                    .getFirst()
                    .getClientConfig()
                    .getCaBundle();
            return Pem.certificates(new String(Base64.getDecoder().decode(bundle), StandardCharsets.UTF_8)).stream()
                    .map(Der::sha256)
                    .toList();
        }
    }

    @Test
    void itWaitsForTheMeshTrustServesRotatesAndNeverReplacesALostRoot() throws Exception {
        // Given an operator that was installed before its MeshTrust
        PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        ProcessMeters.bind(meters, "test");
        Assembly operator = operator(api.newClient(ApiRequestMeters.NAME, new ApiRequestMeters(meters)), meters);
        CompletableFuture<Boolean> started = begin(operator);
        await().atMost(PATIENCE)
                .until(() -> operator.missing().toString().contains("MeshTrust default does not exist"));
        // When
        MeshTrust trust = new MeshTrust();
        trust.setMetadata(new ObjectMetaBuilder().withName("default").build());
        trust.setSpec(MeshTrustSpec.of("test.local"));
        api.client().resource(trust).create();
        // Then it serves, and its status names the root
        await().atMost(PATIENCE).until(started::isDone);
        assertThat(operator.missing()).isEmpty();
        await().atMost(PATIENCE)
                .until(() -> trust().map(t -> t.getStatus().rootSha256())
                        .filter(root -> !root.isEmpty())
                        .isPresent());
        assertThat(trust().orElseThrow().getStatus().epoch()).isEqualTo(1);

        await().atMost(PATIENCE)
                .until(() -> meters.get("stockade.resources")
                                .tags("kind", "MeshTrust", "ready", "True")
                                .gauge()
                                .value()
                        == 1);

        // And what it says of itself is what the page lists, by name, type and labels
        System.gc();
        String scraped = meters.scrape();
        assertThat(scraped).as("a gauge whose object was collected").doesNotContain(" NaN");
        assertThat(MetricsPage.said(scraped))
                .isNotEmpty()
                .containsExactlyElementsOf(MetricsPage.documented("Operator"));
        assertThat(meters.get("stockade.leader").gauge().value()).isEqualTo(1);
        assertThat(meters.get("stockade.reconcile")
                        .tags("kind", "MeshTrust", "outcome", "done")
                        .timer()
                        .count())
                .isPositive();
        assertThat(meters.get("stockade.reconcile.waiting").gauges())
                .allSatisfy(gauge -> assertThat(gauge.value()).isZero());
        for (String request : List.of(
                "get meshtrusts 200",
                "patch meshtrusts/status 200",
                "watch meshtrusts 101",
                "create secrets 201",
                "patch customresourcedefinitions 200")) {
            String[] words = request.split(" ", -1);
            assertThat(meters.get("stockade.api.requests")
                            .tags("verb", words[0], "resource", words[1], "code", words[2])
                            .counter()
                            .count())
                    .as(request)
                    .isPositive();
        }

        // Given a webhook that believes in nothing yet
        WebhookTrustProbe webhook = WebhookTrustProbe.create(api.client());
        // When a rotation of the root is asked for
        String before = trust().orElseThrow().getStatus().rootSha256();
        annotate("root@1");
        // Then the status goes through its steps, and the webhook believed the new root before it signed
        await().atMost(PATIENCE.multipliedBy(3))
                .until(() -> trust().orElseThrow().getStatus().lastRotation() != null);
        MeshTrustStatus after = trust().orElseThrow().getStatus();
        assertThat(after.step()).isEqualTo("Stable");
        assertThat(after.rootSha256()).isNotEqualTo(before);
        assertThat(after.epoch()).isEqualTo(4);
        assertThat(after.issuers()).hasSize(1);
        assertThat(webhook.roots()).contains(after.rootSha256());
        assertThat(events())
                .anySatisfy(event -> assertThat(event).startsWith("TrustNew Rotating is True."))
                .anySatisfy(event -> assertThat(event).startsWith("SignWithNew Rotating is True."))
                .anySatisfy(event -> assertThat(event).startsWith("DropOld Rotating is True."));
        assertThat(operator.missing()).isEmpty();
        assertThat(meters.get("stockade.ca.rotation.step").gauge().value()).isZero();
        assertThat(meters.get("stockade.ca.trust.epoch").gauge().value()).isEqualTo(4);
        assertThat(meters.get("stockade.ca.issuer.remaining").gauge().value()).isPositive();

        // Given another replica, and definitions that one of a former release has left
        Assembly second = operator("operator-1", api.newClient(), new SimpleMeterRegistry());
        await().atMost(PATIENCE).until(begin(second)::isDone);
        assertThat(rules()).isPositive();
        dropRules();
        // When the first goes
        operator.close();
        assertThat(operator.missing()).containsExactly("The operator is stopping.");
        // Then the one that leads now has put them right
        await().atMost(PATIENCE).until(() -> rules() > 0);
        second.close();

        // Given that the Secret is lost meanwhile
        api.client().secrets().inNamespace("default").withName("stockade-ca").delete();
        // When another replica starts
        Assembly restarted = operator(api.newClient(), new SimpleMeterRegistry());
        CompletableFuture<Boolean> again = begin(restarted);
        // Then it says so, in its health and in the condition, and signs nothing
        await().atMost(PATIENCE)
                .until(() -> restarted.missing().toString().contains("Restore the Secret from a backup"));
        await().atMost(PATIENCE)
                .until(() -> trust().orElseThrow().getStatus().conditions().stream()
                        .anyMatch(c -> c.type().equals("Ready") && c.message().contains("is gone")));
        assertThat(again).isNotDone();
        restarted.close();
    }
}
