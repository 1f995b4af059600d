package dev.stockade.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.trust.MeshTrust;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SuspendedByTest {
    private static final KubernetesSerialization YAML = new KubernetesSerialization();

    private static AgentIdentity agent(boolean suspended) {
        return YAML.unmarshal("""
                apiVersion: stockade.dev/v1alpha1
                kind: AgentIdentity
                metadata: {namespace: agents, name: triage}
                spec: {serviceAccountName: triage, suspended: %s}
                """.formatted(suspended), AgentIdentity.class);
    }

    private static Optional<MeshTrust> trust(String namespace, String reason) {
        return Optional.of(YAML.unmarshal("""
                apiVersion: stockade.dev/v1alpha1
                kind: MeshTrust
                metadata: {name: default}
                spec: {trustDomain: a.local, suspended: [{namespace: %s, name: triage, reason: "%s"}]}
                """.formatted(namespace, reason), MeshTrust.class));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "incident 42  | By MeshTrust default: incident 42.",
                "incident 42. | By MeshTrust default: incident 42.",
                "''           | By MeshTrust default."
            })
    void thePlatformIsNamedWithItsReason(String reason, String sentence) {
        assertThat(SuspendedBy.of(agent(false), trust("agents", reason))).hasValue(new SuspendedBy(true, sentence));
    }

    @Test
    void theOwnerIsNamedByTheField() {
        assertThat(SuspendedBy.of(agent(true), Optional.empty()))
                .hasValue(new SuspendedBy(false, "By spec.suspended."));
    }

    @Test
    void whereBothSayItBothAreNamed() {
        assertThat(SuspendedBy.of(agent(true), trust("agents", "incident 42")))
                .hasValue(new SuspendedBy(true, "By MeshTrust default: incident 42. Also by spec.suspended."));
    }

    @Test
    void anotherAgentsSuspensionIsNothing() {
        assertThat(SuspendedBy.of(agent(false), trust("other", "incident 42"))).isEmpty();
    }
}
