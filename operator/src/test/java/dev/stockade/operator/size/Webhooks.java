package dev.stockade.operator.size;

import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingWebhookConfiguration;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import org.awaitility.Awaitility;

/** The chart's webhooks, at the operator's Service: one that leads to this machine, for here is no network of Services. */
final class Webhooks {
    private static final String CONFIGURATION = """
        apiVersion: admissionregistration.k8s.io/v1
        kind: %s
        metadata: {name: %s}
        webhooks:
          - name: %s
            admissionReviewVersions: [v1]
            clientConfig: {service: {name: stockade-operator, namespace: default, path: %s, port: %d}}
            rules: [{apiGroups: %s, apiVersions: %s, operations: [CREATE, UPDATE], resources: %s, scope: Namespaced}]
            namespaceSelector: {matchLabels: {stockade.dev/mesh: enabled}}
            %s
            failurePolicy: Fail
            sideEffects: None
            timeoutSeconds: 30
        """;
    private static final String SPEC_CHANGES =
            "matchConditions: [{name: the-spec-changes, expression: \"request.operation =="
                    + " 'CREATE' || object.spec != oldObject.spec\"}]";

    private Webhooks() {}

    /** Returns once the operator has written its bundle into both. */
    static void register(KubernetesClient client, int port) {
        client.resource(new ServiceBuilder()
                        .withNewMetadata()
                        .withNamespace("default")
                        .withName("stockade-operator")
                        .endMetadata()
                        .withNewSpec()
                        .withType("ExternalName")
                        .withExternalName("localhost")
                        .endSpec()
                        .build())
                .create();
        var injector = client.resource(client.getKubernetesSerialization()
                .unmarshal(
                        CONFIGURATION
                                .formatted(
                                        "MutatingWebhookConfiguration",
                                        "stockade-injector",
                                        "inject.stockade.dev",
                                        "/inject",
                                        port,
                                        "['']",
                                        "[v1]",
                                        "[pods]",
                                        "reinvocationPolicy: IfNeeded")
                                .replace("CREATE, UPDATE", "CREATE"),
                        MutatingWebhookConfiguration.class));
        injector.create();
        var validator = client.resource(client.getKubernetesSerialization()
                .unmarshal(
                        CONFIGURATION.formatted(
                                "ValidatingWebhookConfiguration",
                                "stockade-validator",
                                "resources.stockade.dev",
                                "/validate",
                                port,
                                "[stockade.dev]",
                                "[v1alpha1]",
                                "[securemcpservers, agentidentities, mcpaccesspolicies]",
                                SPEC_CHANGES),
                        ValidatingWebhookConfiguration.class));
        validator.create();
        Awaitility.await()
                .atMost(Duration.ofMinutes(1))
                .until(() -> injector.get()
                                        .getWebhooks()
                                        .getFirst()
                                        .getClientConfig()
                                        .getCaBundle()
                                != null
                        && validator
                                        .get()
                                        .getWebhooks()
                                        .getFirst()
                                        .getClientConfig()
                                        .getCaBundle()
                                != null);
    }
}
