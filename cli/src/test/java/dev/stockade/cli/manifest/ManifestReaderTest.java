package dev.stockade.cli.manifest;

import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.stockade.cli.UnusableException;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

class ManifestReaderTest {
    @Test
    void aPatternThatCanNeverMatchIsRefusedWhereItStands() {
        Map<String, String> manifests = Map.of("stdin", """
                apiVersion: stockade.dev/v1alpha1
                kind: McpAccessPolicy
                metadata: {name: reads, namespace: tools}
                spec:
                  agents: [{namespace: agents, name: triage}]
                  servers: [{name: github}]
                  allow:
                    - resources:
                        - repo://acme/*
                        - repo://acme/../other
                """);

        assertThatThrownBy(() -> ManifestReader.read(manifests, Optional.empty()))
                .isInstanceOfSatisfying(
                        UnusableException.class,
                        refused -> assertThat(refused.sentences())
                                .singleElement(as(InstanceOfAssertFactories.STRING))
                                .startsWith("stdin:10:")
                                .contains("McpAccessPolicy tools/reads")
                                .contains("'repo://acme/../other' can never match, because URIs with dot segments"));
    }
}
