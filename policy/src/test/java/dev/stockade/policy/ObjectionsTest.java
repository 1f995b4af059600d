package dev.stockade.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.crds.access.McpAccessPolicySpec;
import dev.stockade.crds.server.SecureMcpServerSpec;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ObjectionsTest {
    private static final KubernetesSerialization YAML = new KubernetesSerialization();

    private static SecureMcpServerSpec server(String more) {
        return YAML.unmarshal("---\nselector: {matchLabels: {app: web}}\n" + more, SecureMcpServerSpec.class);
    }

    private static McpAccessPolicySpec policy(String pattern) {
        return YAML.unmarshal("""
                agents: [{namespace: agents, name: triage}]
                servers: [{name: github}]
                allow: [{resources: ["repo://acme/*"]}, {resources: ['%s']}]
                """.formatted(pattern), McpAccessPolicySpec.class);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "port: 15008 | spec.port",
                "{port: 3000, openPorts: [3000]} | spec.openPorts",
                "{port: 3000, openPorts: [15020]} | spec.openPorts",
                "{port: 3000, limits: {requestBytes: 64Mi}} | spec.limits.requestBytes"
            })
    void aServerThatWouldBeOpenOrUnusableIsNamedWithThePlace(String fields, String path) {
        String block = fields.startsWith("{") ? fields.substring(1, fields.length() - 1) : fields;

        assertThat(Objections.to(
                        server(block.replace(", openPorts", "\nopenPorts").replace(", limits", "\nlimits"))))
                .singleElement()
                .satisfies(objection -> assertThat(objection.path()).isEqualTo(path))
                .satisfies(objection -> assertThat(objection.sentence()).endsWith("."));
    }

    @ParameterizedTest
    @CsvSource({"repo://a/../b", "repo://a/.", "repo://a%2fb", "repo://a%2Eb", "repo://me@acme/*", "'repo:\\a'"})
    void aPatternThatNoUriMatchesIsNamedWithThePlace(String pattern) {
        assertThat(Objections.to(policy(pattern)))
                .singleElement()
                .satisfies(objection -> assertThat(objection.path()).isEqualTo("spec.allow[1].resources[0]"));
    }

    @ParameterizedTest
    @CsvSource({"repo://acme/*", "file:///a/.hidden", "mail:me@acme", "*"})
    void aPatternThatCanMatchIsFine(String pattern) {
        assertThat(Objections.to(policy(pattern))).isEmpty();
    }

    @Test
    void aServerAsItShouldBeIsFine() {
        assertThat(Objections.to(server("port: 3000\nopenPorts: [9090]"))).isEqualTo(List.of());
    }
}
