package dev.stockade.operator.admission;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.EnvVarBuilder;
import io.fabric8.kubernetes.api.model.EphemeralContainerBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each way to cheat with what another webhook, or the pod's author, may do to an injected pod. */
class InjectedPodTest {
    private static final Pod GOOD = Fixtures.injected(Fixtures.podWith("ports: [{containerPort: 8080}]"));

    private static UnaryOperator<Pod> sidecar(UnaryOperator<ContainerBuilder> change) {
        return pod -> {
            Container changed = change.apply(new ContainerBuilder(
                            pod.getSpec().getInitContainers().getFirst()))
                    .build();
            return new PodBuilder(pod)
                    .editSpec()
                    .setToInitContainers(0, changed)
                    .endSpec()
                    .build();
        };
    }

    private static UnaryOperator<Pod> app(UnaryOperator<ContainerBuilder> change) {
        return pod -> {
            Container changed = change.apply(
                            new ContainerBuilder(pod.getSpec().getContainers().getFirst()))
                    .build();
            return new PodBuilder(pod)
                    .editSpec()
                    .setToContainers(0, changed)
                    .endSpec()
                    .build();
        };
    }

    static Stream<Arguments> cheats() {
        return Stream.of(
                cheat("another image", "(image)", sidecar(c -> c.withImage("example.test/evil:1"))),
                cheat("a command", "(command)", sidecar(c -> c.withCommand("sh"))),
                cheat("arguments", "(args)", sidecar(c -> c.withArgs("-x"))),
                cheat("no restarts", "(restartPolicy)", sidecar(c -> c.withRestartPolicy(null))),
                cheat(
                        "more rights",
                        "(securityContext)",
                        sidecar(c -> c.editSecurityContext().withRunAsUser(0L).endSecurityContext())),
                cheat(
                        "an agent in its JVM",
                        "JAVA_TOOL_OPTIONS",
                        sidecar(c -> c.addToEnv(new EnvVarBuilder()
                                .withName("JAVA_TOOL_OPTIONS")
                                .withValue("-javaagent:x")
                                .build()))),
                cheat(
                        "another operator",
                        "STOCKADE_OPERATOR",
                        sidecar(c -> c.removeMatchingFromEnv(e -> e.getName().equals("STOCKADE_OPERATOR"))
                                .addToEnv(new EnvVarBuilder()
                                        .withName("STOCKADE_OPERATOR")
                                        .withValue("evil:1")
                                        .build()))),
                cheat(
                        "a variable removed",
                        "(env)",
                        sidecar(c -> c.removeMatchingFromEnv(e -> e.getName().equals("STOCKADE_TRUST_BUNDLE")))),
                cheat(
                        "a sidecar of another release",
                        "is of release 0.1.0, and this operator is of release 0.2.0",
                        sidecar(c -> c.withImage("example.test/stockade-sidecar:0")
                                .editMatchingEnv(e -> e.getName().equals("STOCKADE_RELEASE"))
                                .withValue("0.1.0")
                                .endEnv())),
                cheat(
                        "other labels in the environment",
                        "label 'app'",
                        sidecar(c -> c.editMatchingEnv(e -> e.getName().equals("STOCKADE_POD_LABELS"))
                                .withValue("{\"app\":\"triage\"}")
                                .endEnv())),
                cheat(
                        "a mount more",
                        "(volumeMounts)",
                        sidecar(c -> c.addToVolumeMounts(new VolumeMountBuilder()
                                .withName("x")
                                .withMountPath("/opt")
                                .build()))),
                cheat(
                        "its token mounted elsewhere",
                        "mounts the sidecar's volume 'stockade-token'",
                        app(c -> c.addToVolumeMounts(new VolumeMountBuilder()
                                .withName("stockade-token")
                                .withMountPath("/t")
                                .build()))),
                cheat(
                        "its user taken",
                        "runAsUser 65532",
                        app(c ->
                                c.withNewSecurityContext().withRunAsUser(65532L).endSecurityContext())),
                cheat(
                        "an init container before it",
                        "stands before",
                        pod -> new PodBuilder(pod)
                                .editSpec()
                                .addToInitContainers(
                                        0,
                                        new ContainerBuilder().withName("early").build())
                                .endSpec()
                                .build()),
                cheat(
                        "the sidecar removed",
                        "has no container",
                        pod -> new PodBuilder(pod)
                                .editSpec()
                                .withInitContainers()
                                .endSpec()
                                .build()),
                cheat(
                        "a shared process namespace",
                        "shareProcessNamespace",
                        pod -> new PodBuilder(pod)
                                .editSpec()
                                .withShareProcessNamespace(true)
                                .endSpec()
                                .build()),
                cheat(
                        "another token for its audience",
                        "audience stockade.dev",
                        pod -> new PodBuilder(pod)
                                .editSpec()
                                .addNewVolume()
                                .withName("mine")
                                .withNewProjected()
                                .addNewSource()
                                .withNewServiceAccountToken("stockade.dev", 600L, "token")
                                .endSource()
                                .endProjected()
                                .endVolume()
                                .endSpec()
                                .build()),
                cheat(
                        "its token's volume exchanged",
                        "a volume of container",
                        pod -> new PodBuilder(pod)
                                .editSpec()
                                .removeMatchingFromVolumes(v -> v.getName().equals("stockade-token"))
                                .addNewVolume()
                                .withName("stockade-token")
                                .withNewEmptyDir()
                                .endEmptyDir()
                                .endVolume()
                                .endSpec()
                                .build()));
    }

    private static Arguments cheat(String name, String named, UnaryOperator<Pod> change) {
        return Arguments.argumentSet(name, named, change);
    }

    @ParameterizedTest
    @MethodSource("cheats")
    void aPodThatWasTamperedWithIsRefused(String named, UnaryOperator<Pod> change) {
        assertThat(Fixtures.objection(change.apply(GOOD)))
                .hasValueSatisfying(sentence -> assertThat(sentence).contains(named));
    }

    @Test
    void whatTheApiServerAddsByItselfIsAccepted() {
        Pod pod = sidecar(c -> c.addToVolumeMounts(new VolumeMountBuilder()
                                .withName("kube-api-access-x")
                                .withMountPath("/var/run/secrets/kubernetes.io/serviceaccount")
                                .build())
                        .withTerminationMessagePath("/dev/termination-log"))
                .apply(GOOD);

        assertThat(Fixtures.objection(pod)).isEmpty();
    }

    @Test
    void aPodThatIsNotOursCannotPretendToBe() {
        assertThat(InjectedPod.impostor(Fixtures.pod("""
                        apiVersion: v1
                        kind: Pod
                        metadata: {name: app, labels: {stockade.dev/sidecar: injected}}
                        spec: {containers: [{name: app, image: x}]}
                        """))).isPresent();
        assertThat(InjectedPod.impostor(Fixtures.pod("""
                        apiVersion: v1
                        kind: Pod
                        metadata: {name: app}
                        spec:
                          containers: [{name: app, image: x}]
                          volumes:
                            - {name: t, projected: {sources: [{serviceAccountToken: {audience: stockade.dev, path: t}}]}}
                        """))).isPresent();
    }

    @Test
    void theSidecarsImageCannotBeUpdated() {
        Pod changed = sidecar(c -> c.withImage("example.test/evil:1")).apply(GOOD);

        assertThat(InjectedPod.objection(GOOD, changed)).isPresent();
        assertThat(InjectedPod.objection(GOOD, GOOD)).isEmpty();
    }

    @Test
    void anEphemeralContainerMayLookAtTheAppButNotAtTheSidecar() {
        assertThat(InjectedPod.objection(GOOD, debugged("app"))).isEmpty();
        assertThat(InjectedPod.objection(GOOD, debugged("stockade-sidecar"))).isPresent();
    }

    private static Pod debugged(String target) {
        return new PodBuilder(GOOD)
                .editSpec()
                .addToEphemeralContainers(new EphemeralContainerBuilder()
                        .withName("debug")
                        .withImage("example.test/debug:1")
                        .withTargetContainerName(target)
                        .build())
                .endSpec()
                .build();
    }
}
