package dev.stockade.operator.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PodObjectionsTest {
    static Stream<Arguments> refusals() {
        return Stream.of(
                Arguments.of("hostNetwork: true", "hostNetwork"),
                Arguments.of("hostPID: true", "hostPID"),
                Arguments.of("shareProcessNamespace: true", "shareProcessNamespace"),
                Arguments.of("securityContext: {runAsUser: 65532}", "runAsUser 65532"),
                Arguments.of("volumes: [{name: stockade-token, emptyDir: {}}]", "volume 'stockade-token'"),
                Arguments.of("volumes: [{name: stockade-trust, emptyDir: {}}]", "volume 'stockade-trust'"),
                Arguments.of(
                        "initContainers: [{name: stockade-sidecar, image: other, restartPolicy: Always}]",
                        "container 'stockade-sidecar'"),
                Arguments.of(
                        "initContainers: [{name: first, image: x, securityContext: {runAsUser: 65532}}]",
                        "container 'first' has runAsUser 65532"));
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void aPodThatCannotBeProtectedIsRefused(String spec, String named) {
        Pod pod = Fixtures.pod("""
                apiVersion: v1
                kind: Pod
                metadata: {name: app}
                spec:
                  %s
                  containers: [{name: app, image: "example.test/app:1"}]
                """.formatted(spec));

        assertThat(PodMutator.inject(pod, Fixtures.plan()))
                .isInstanceOfSatisfying(
                        PodMutator.Outcome.Refused.class,
                        refused ->
                                assertThat(refused.sentence()).contains(named).endsWith("."));
    }

    static Stream<Arguments> containers() {
        return Stream.of(
                Arguments.of("ports: [{containerPort: 15001}]", "port 15001"),
                Arguments.of("ports: [{containerPort: 15008}]", "port 15008"),
                Arguments.of("ports: [{containerPort: 15020}]", "port 15020"),
                Arguments.of("securityContext: {runAsUser: 65532}", "runAsUser 65532"),
                Arguments.of("securityContext: {capabilities: {add: [SYS_PTRACE]}}", "SYS_PTRACE"));
    }

    @ParameterizedTest
    @MethodSource("containers")
    void aContainerThatTakesWhatIsTheSidecarsIsRefused(String field, String named) {
        assertThat(PodMutator.inject(Fixtures.podWith(field), Fixtures.plan()))
                .isInstanceOfSatisfying(
                        PodMutator.Outcome.Refused.class,
                        refused -> assertThat(refused.sentence())
                                .contains("container 'app'")
                                .contains(named));
    }

    @Test
    void aSidecarAmongTheAppsContainersIsRefused() {
        Pod pod = Fixtures.pod("""
                apiVersion: v1
                kind: Pod
                metadata: {name: app}
                spec:
                  containers: [{name: stockade-sidecar, image: "example.test/stockade-sidecar:1"}]
                """);

        assertThat(PodMutator.inject(pod, Fixtures.plan())).isInstanceOf(PodMutator.Outcome.Refused.class);
    }
}
