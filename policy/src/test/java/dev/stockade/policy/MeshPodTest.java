package dev.stockade.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MeshPodTest {
    private static String injected(String labels, String capture) {
        return """
                apiVersion: v1
                kind: Pod
                metadata: {namespace: agents, name: a-0, uid: u, labels: {app: later, added: "yes"}}
                spec:
                  serviceAccountName: triage
                  initContainers:
                    - name: stockade-sidecar
                      ports: [{containerPort: 15008}]
                      env:
                        - {name: STOCKADE_POD_LABELS, value: '%s'}
                        - {name: STOCKADE_CAPTURE, value: '%s'}
                  containers:
                    - name: app
                      ports: [{name: http, containerPort: 8080}, {containerPort: 53, protocol: UDP}]
                status:
                  podIPs: [{ip: 10.0.0.1}, {ip: "fd00::1"}]
                  conditions: [{type: Ready, status: "True"}]
                """.formatted(labels, capture);
    }

    @Test
    void anInjectedPodIsWhatAdmissionSaw() {
        var pod = Meshes.pod(injected("{\"app\":\"a\"}", "{\"tools/github:80\":\"127.80.0.1\",\"nonsense\":\"x\"}"));

        assertThat(pod.labels()).isEqualTo(Map.of("app", "a"));
        assertThat(pod.capture()).isEqualTo(Map.of(new ServicePort("tools", "github", 80), "127.80.0.1"));
        assertThat(pod.injected()).isTrue();
        assertThat(pod.ready()).isTrue();
        assertThat(pod.serviceAccount()).isEqualTo("triage");
        assertThat(pod.ips()).containsExactly("10.0.0.1", "fd00::1");
        assertThat(pod.ports()).isEqualTo(List.of(new MeshPod.DeclaredPort("http", 8080)));
        assertThat(pod.declares(15008)).isFalse();
        assertThat(pod.port("http")).contains(8080);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "{", "null", "{\"app\":{}}"})
    void labelsThatCannotBeReadSelectNothing(String labels) {
        assertThat(Meshes.pod(injected(labels, "{}")).labels()).isEmpty();
    }

    @Test
    void aPodThatIsBeingCreatedHasItsLiveLabels() {
        var pod = Meshes.pod("""
                apiVersion: v1
                kind: Pod
                metadata: {generateName: a-, namespace: agents, labels: {app: a}}
                spec: {containers: [{name: app}]}
                """);

        assertThat(pod.labels()).isEqualTo(Map.of("app", "a"));
        assertThat(pod.name()).isEmpty();
        assertThat(pod.uid()).isEmpty();
        assertThat(pod.ips()).isEmpty();
        assertThat(pod.serviceAccount()).isEqualTo("default");
        assertThat(pod.injected()).isFalse();
    }

    @Test
    void theClocksOfTwoApiServersMayDiffer() {
        var pod = Meshes.pod(injected("{}", "{}")
                .replace("metadata: {", "metadata: {creationTimestamp: \"2026-01-02T00:00:00Z\", "));

        assertThat(pod.orphaned()).isFalse();
        assertThat(pod.under(Optional.of(Instant.parse("2026-01-02T00:00:02Z"))).orphaned())
                .isFalse();
        assertThat(pod.under(Optional.of(Instant.parse("2026-01-02T00:00:03Z"))).orphaned())
                .isTrue();
        assertThat(pod.under(Optional.empty()).under(pod.created()).orphaned()).isFalse();
    }
}
