package dev.stockade.operator.restart;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.MutatingWebhookConfiguration;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class InjectorCheckTest {
    private static final KubernetesSerialization YAML = new KubernetesSerialization();
    /** As the chart has it. */
    private static final String CONFIGURATION = """
            apiVersion: admissionregistration.k8s.io/v1
            kind: MutatingWebhookConfiguration
            metadata: {name: stockade-injector}
            webhooks:
              - name: inject.stockade.dev
                admissionReviewVersions: [v1]
                clientConfig:
                  caBundle: AAAA
                  service: {name: stockade-operator, namespace: stockade-system, path: /inject, port: 443}
                rules:
                  - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods], scope: Namespaced}
                namespaceSelector:
                  matchLabels: {stockade.dev/mesh: enabled}
                  matchExpressions:
                    - {key: kubernetes.io/metadata.name, operator: NotIn, values: [kube-system, stockade-system]}
                failurePolicy: Fail
                sideEffects: None
            """;

    private static final Namespace TOOLS = namespace("tools", "enabled");

    private static Namespace namespace(String name, String mesh) {
        return YAML.unmarshal("""
                apiVersion: v1
                kind: Namespace
                metadata: {name: %1$s, labels: {kubernetes.io/metadata.name: %1$s, stockade.dev/mesh: %2$s}}
                """.formatted(name, mesh), Namespace.class);
    }

    private static MutatingWebhookConfiguration configuration(String from, String to) {
        assertThat(CONFIGURATION).contains(from);
        return YAML.unmarshal(CONFIGURATION.replace(from, to), MutatingWebhookConfiguration.class);
    }

    @Test
    void theChartsOwnInjectsInALabelledNamespace() {
        assertThat(InjectorCheck.objection(configuration("AAAA", "AAAA"), TOOLS))
                .isEmpty();
    }

    @Test
    void aNamespaceThatItLeavesOutIsNotRestarted() {
        assertThat(InjectorCheck.objection(configuration("AAAA", "AAAA"), namespace("tools", "disabled")))
                .isPresent();
        assertThat(InjectorCheck.objection(configuration("AAAA", "AAAA"), namespace("kube-system", "enabled")))
                .isPresent();
    }

    static Stream<Arguments> changes() {
        return Stream.of(
                Arguments.of("failurePolicy: Fail", "failurePolicy: Ignore", "failurePolicy"),
                Arguments.of("caBundle: AAAA", "caBundle: \"\"", "no CA bundle"),
                Arguments.of("path: /inject", "path: /other", "asks nobody"),
                Arguments.of("operations: [CREATE]", "operations: [UPDATE]", "asks nobody"),
                Arguments.of("resources: [pods]", "resources: [pods/status]", "asks nobody"),
                Arguments.of(
                        "sideEffects: None",
                        "sideEffects: None\n    objectSelector: {matchLabels: {a: b}}",
                        "leaves some pods out"),
                Arguments.of(
                        "sideEffects: None",
                        "sideEffects: None\n    matchConditions: [{name: x, expression: \"false\"}]",
                        "leaves some pods out"));
    }

    @ParameterizedTest
    @MethodSource("changes")
    void oneThatWasWeakenedIsNotReliedOn(String from, String to, String named) {
        assertThat(InjectorCheck.objection(configuration(from, to), TOOLS))
                .hasValueSatisfying(sentence ->
                        assertThat(sentence).contains("stockade-injector").contains(named));
    }

    @Test
    void withoutAnyNothingWouldBeInjected() {
        assertThat(InjectorCheck.objection(null, TOOLS))
                .hasValueSatisfying(sentence -> assertThat(sentence).contains("does not exist"));
    }
}
