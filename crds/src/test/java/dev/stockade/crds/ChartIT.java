package dev.stockade.crds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.marcnuri.helm.Helm;
import dev.stockade.crds.trust.MeshTrust;
import dev.stockade.fixture.ApiServer;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReview;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a kube-apiserver makes of the chart; no controller runs there, so nothing becomes ready. */
class ChartIT {
    private static final String NAMESPACE = "stockade-system";
    private static final Path CHART = Path.of("..", "charts", "stockade");

    @TempDir
    private static Path folder;

    private static ApiServer server;
    private static KubernetesClient client;
    private static Path kubeconfig;

    @BeforeAll
    static void install() throws IOException {
        server = ApiServer.start(folder, Definitions.yaml());
        client = server.client();
        kubeconfig = folder.resolve("kubeconfig");
        Files.writeString(kubeconfig, server.kubeconfig());
        client.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(NAMESPACE)
                        .endMetadata()
                        .build())
                .create();
        upgrade("image.tag", "first");
    }

    @AfterAll
    static void stop() throws IOException {
        if (server != null) {
            server.close();
        }
    }

    private static void upgrade(String value, String text) {
        new Helm(CHART)
                .upgrade()
                .install()
                .withName("stockade")
                .withNamespace(NAMESPACE)
                .withKubeConfig(kubeconfig)
                .set(value, text)
                .call();
    }

    @Test
    void anUpgradeLeavesTheBundleThatTheOperatorWrote() throws IOException {
        var configuration = client.admissionRegistration()
                .v1()
                .mutatingWebhookConfigurations()
                .withName("stockade-injector");
        String bundle = Base64.getEncoder().encodeToString(Files.readAllBytes(folder.resolve("client.crt")));
        configuration.patch(
                PatchContext.of(PatchType.JSON),
                "[{\"op\": \"add\", \"path\": \"/webhooks/0/clientConfig/caBundle\", \"value\": \"" + bundle + "\"}]");

        upgrade("image.tag", "second");

        assertThat(configuration
                        .get()
                        .getWebhooks()
                        .getFirst()
                        .getClientConfig()
                        .getCaBundle())
                .isEqualTo(bundle);
    }

    @Test
    void anotherTrustDomainIsRefusedWithASentence() {
        assertThatThrownBy(() -> upgrade("trustDomain", "other.example"))
                .hasMessageContaining("spec.trustDomain is immutable");
    }

    @Test
    void anUpgradeLeavesTheKillSwitchAsItIs() {
        client.resources(MeshTrust.class)
                .withName("default")
                .patch(
                        PatchContext.of(PatchType.JSON_MERGE),
                        "{\"spec\": {\"suspended\": [{\"namespace\": \"agents\", \"name\": \"triage\"}]}}");

        upgrade("operator.replicas", "3");

        assertThat(client.resources(MeshTrust.class)
                        .withName("default")
                        .get()
                        .getSpec()
                        .suspended())
                .hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                // group, resource, subresource, verb, namespace, name, allowed
                "stockade.dev, securemcpservers, -, watch, -, -, true",
                "stockade.dev, securemcpservers, status, patch, tools, github, true",
                "stockade.dev, securemcpservers, -, update, tools, github, false",
                "stockade.dev, mcpaccesspolicies, -, create, tools, -, false",
                "stockade.dev, meshtrusts, -, patch, -, default, false",
                "'', pods, -, list, -, -, true",
                "'', pods, -, create, tools, -, false",
                "'', pods, exec, create, tools, -, false",
                "'', pods, ephemeralcontainers, patch, tools, -, false",
                "'', pods, -, delete, tools, -, false",
                "apps, deployments, -, create, tools, -, false",
                "'', serviceaccounts, token, create, tools, triage, false",
                "'', serviceaccounts, -, impersonate, tools, triage, false",
                "'', nodes, -, list, -, -, false",
                "'', configmaps, -, get, tools, -, false",
                "'', events, -, create, tools, -, true",
                "'', secrets, -, list, -, -, false",
                "'', secrets, -, list, stockade-system, -, false",
                "'', secrets, -, create, stockade-system, -, true",
                "'', secrets, -, get, stockade-system, stockade-ca, true",
                "'', secrets, -, watch, stockade-system, stockade-ca, true",
                "'', secrets, -, watch, stockade-system, -, false",
                "'', secrets, -, get, stockade-system, other, false",
                "'', secrets, -, delete, stockade-system, stockade-ca, false",
                "'', secrets, -, get, tools, stockade-ca, false",
                "coordination.k8s.io, leases, -, patch, stockade-system, stockade-operator, true",
                "coordination.k8s.io, leases, -, update, kube-system, stockade-operator, false",
                "networking.k8s.io, networkpolicies, -, patch, tools, stockade-github, true",
                "authentication.k8s.io, tokenreviews, -, create, -, -, true",
                "admissionregistration.k8s.io, mutatingwebhookconfigurations, -, patch, -, stockade-injector, true",
                "admissionregistration.k8s.io, mutatingwebhookconfigurations, -, patch, -, other, false",
                "apiextensions.k8s.io, customresourcedefinitions, -, patch, -, meshtrusts.stockade.dev, true",
                "apiextensions.k8s.io, customresourcedefinitions, -, patch, -, others.example, false",
                "rbac.authorization.k8s.io, clusterroles, -, bind, -, -, false",
                "rbac.authorization.k8s.io, clusterroles, -, escalate, -, -, false",
                "rbac.authorization.k8s.io, clusterrolebindings, -, create, -, -, false",
                "rbac.authorization.k8s.io, rolebindings, -, create, stockade-system, -, false"
            })
    void theOperatorMayDoWhatItNeedsAndNoMore(
            String group,
            String resource,
            String subresource,
            String verb,
            String namespace,
            String name,
            boolean allowed) {
        assertThat(may(group, resource, subresource, verb, namespace, name)).isEqualTo(allowed);
    }

    @Test
    void theOperatorMayReadTheExistingCaThatTheChartNames() {
        assertThat(may("", "secrets", null, "get", NAMESPACE, "my-ca")).isFalse();

        upgrade("caSecretName", "my-ca");

        // The API server's authorizer follows the Role by a watch of its own.
        await().atMost(Duration.ofSeconds(60)).until(() -> may("", "secrets", null, "get", NAMESPACE, "my-ca"));
        assertThat(may("", "secrets", null, "update", NAMESPACE, "my-ca")).isFalse();
        assertThat(may("", "secrets", null, "get", NAMESPACE, "other")).isFalse();
        assertThat(Objects.requireNonNull(client.resources(MeshTrust.class)
                                .withName("default")
                                .get()
                                .getSpec()
                                .caSecretRef())
                        .name())
                .isEqualTo("my-ca");

        upgrade("caSecretName", "");

        await().atMost(Duration.ofSeconds(60)).until(() -> !may("", "secrets", null, "get", NAMESPACE, "my-ca"));
        assertThat(client.resources(MeshTrust.class)
                        .withName("default")
                        .get()
                        .getSpec()
                        .caSecretRef())
                .isNull();
    }

    private static boolean may(
            String group,
            String resource,
            @Nullable String subresource,
            String verb,
            @Nullable String namespace,
            @Nullable String name) {
        SubjectAccessReview review = new SubjectAccessReviewBuilder()
                .withNewSpec()
                .withUser("system:serviceaccount:" + NAMESPACE + ":stockade-operator")
                .withNewResourceAttributes()
                .withGroup(group)
                .withResource(resource)
                .withSubresource(subresource)
                .withVerb(verb)
                .withNamespace(namespace)
                .withName(name)
                .endResourceAttributes()
                .endSpec()
                .build();

        return client.resource(review).create().getStatus().getAllowed();
    }
}
