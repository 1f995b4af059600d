package dev.stockade.operator.reach;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.operator.status.EventReason;
import dev.stockade.policy.MeshPod;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What keeps a pod from working, seen from outside. */
class ObstacleTest {
    private static final KubernetesSerialization YAML = new KubernetesSerialization();
    private static final Instant STARTED = Instant.parse("2026-06-01T12:00:00Z");
    private static final String RUNNING = "running: {startedAt: \"2026-06-01T12:00:00Z\"}";
    private static final String DENY = policy("default-deny", "{podSelector: {}, policyTypes: [Egress]}");

    private static String policy(String name, String spec) {
        return """
                apiVersion: networking.k8s.io/v1
                kind: NetworkPolicy
                metadata: {namespace: agents, name: %s}
                spec: %s
                """.formatted(name, spec);
    }

    private static String letsOut(String ports) {
        return policy(
                "lets-out",
                "{podSelector: {matchLabels: {app: triage}}, policyTypes: [Egress], egress: [{ports: [" + ports
                        + "]}]}");
    }

    private static Pod pod(String sidecar, String application, String capture) {
        return YAML.unmarshal("""
                apiVersion: v1
                kind: Pod
                metadata: {namespace: agents, name: triage-1, uid: uid-1, labels: {app: triage}}
                spec:
                  initContainers:
                    - name: stockade-sidecar
                      env: [{name: STOCKADE_CAPTURE, value: '%3$s'}]
                  containers: [{name: app}]
                status:
                  podIPs: [{ip: 192.0.2.1}]
                  initContainerStatuses: [{name: stockade-sidecar, state: {%1$s}}]
                  containerStatuses: [{name: app, state: {%2$s}}]
                """.formatted(sidecar, application, capture), Pod.class);
    }

    private static Optional<Obstacle> of(Pod pod, boolean heard, boolean agent, Instant now, String... policies) {
        return Obstacle.of(
                new Obstacle.Seen(MeshPod.of(pod), pod, heard, agent),
                "stockade-system",
                Stream.of(policies)
                        .map(policy -> YAML.unmarshal(policy, NetworkPolicy.class))
                        .toList(),
                now);
    }

    private static Optional<EventReason> reason(boolean heard, String... policies) {
        return of(pod(RUNNING, "", "{}"), heard, true, STARTED.plusSeconds(1), policies)
                .map(Obstacle::reason);
    }

    @Test
    void defaultDenyEgressIsNamedWithThePolicyAndWhatToOpen() {
        assertThat(of(pod(RUNNING, "", "{}"), false, true, STARTED.plusSeconds(1), DENY))
                .hasValueSatisfying(obstacle -> {
                    assertThat(obstacle.reason()).isEqualTo(EventReason.EGRESS_DENIED);
                    assertThat(obstacle.sentence())
                            .contains("NetworkPolicy agents/default-deny selects it for egress")
                            .contains("TCP 15010", "namespace stockade-system", "DNS (port 53)");
                });
    }

    @Test
    void anAgentThatReachesTheOperatorAndNoServerIsTold() {
        assertThat(of(
                        pod(RUNNING, "", "{}"),
                        true,
                        true,
                        STARTED,
                        DENY,
                        letsOut("{port: 15010}, {port: 53, protocol: UDP}")))
                .hasValueSatisfying(obstacle -> assertThat(obstacle.sentence())
                        .contains("reaches no server", "NetworkPolicies agents/default-deny, agents/lets-out select it")
                        .contains("TCP 15008"));
    }

    @Test
    void aServerNeedsNoWayToOtherServers() {
        assertThat(of(pod(RUNNING, "", "{}"), true, false, STARTED, DENY, letsOut("{port: 15010}")))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{port: 15010}, {port: 15008}",
                "{port: 15000, endPort: 15020}",
                "{protocol: TCP}",
                "{port: control}",
                "{}"
            })
    void whatAPolicyLetsOutIsNoObstacle(String ports) {
        assertThat(reason(false, DENY, letsOut(ports))).isEmpty();
        assertThat(reason(true, DENY, letsOut(ports))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"{port: 15010, protocol: UDP}", "{port: 443}", "{port: 15011, endPort: 15020}"})
    void whatAPolicyLetsOutElsewhereHelpsNobody(String ports) {
        assertThat(reason(false, DENY, letsOut(ports))).contains(EventReason.EGRESS_DENIED);
    }

    @Test
    void policiesForOtherPodsOrForIngressAreNone() {
        assertThat(reason(
                        false,
                        policy("ingress", "{podSelector: {}, policyTypes: [Ingress]}"),
                        policy("other", "{podSelector: {matchLabels: {app: other}}, policyTypes: [Egress]}")))
                .isEmpty();
    }

    @Test
    void aSidecarThatIsNotHeardOfForAWhileIsTold() {
        Pod pod = pod(RUNNING, "", "{}");
        Instant late = STARTED.plus(Obstacle.PATIENCE).plusSeconds(1);

        assertThat(of(pod, false, true, late)).hasValueSatisfying(obstacle -> {
            assertThat(obstacle.reason()).isEqualTo(EventReason.OPERATOR_NOT_REACHED);
            assertThat(obstacle.sentence()).contains("TCP 15010 in namespace stockade-system", "stockade-sidecar");
        });
        assertThat(of(pod, false, true, STARTED.plusSeconds(5))).isEmpty();
        assertThat(of(pod, true, true, late)).isEmpty();
    }

    @Test
    void aSidecarThatDoesNotRunYetIsNotWhatThePodWaitsFor() {
        assertThat(of(pod("waiting: {reason: PodInitializing}", "", "{}"), false, true, STARTED.plusSeconds(600), DENY)
                        .map(Obstacle::sentence))
                .hasValueSatisfying(sentence -> assertThat(sentence).startsWith("This agent reaches no server"));
    }

    @Test
    void aProgramThatKeepsEndingBesideCapturedPortsGetsAHint() {
        String crashing = "waiting: {reason: CrashLoopBackOff}";
        String capture = "{\"tools/github:80\":\"127.77.0.1\",\"tools/jira:3000\":\"127.77.0.2\"}";

        assertThat(of(pod(RUNNING, crashing, capture), true, true, STARTED)).hasValueSatisfying(obstacle -> {
            assertThat(obstacle.reason()).isEqualTo(EventReason.CAPTURED_PORTS);
            assertThat(obstacle.sentence()).contains("Container app keeps ending", "on ports 80, 3000", "spec.capture");
        });
        assertThat(of(pod(RUNNING, crashing, "{}"), true, true, STARTED)).isEmpty();
        assertThat(of(pod(RUNNING, RUNNING, capture), true, true, STARTED)).isEmpty();
    }

    @Test
    void aSelectorThatCannotBeReadClosesNothingForSure() {
        String unread = policy(
                "odd",
                "{podSelector: {matchExpressions: [{key: app, operator: Like, values: [x]}]}, policyTypes: [Egress],"
                        + " egress: [{}]}");

        assertThat(reason(false, DENY, unread)).isEmpty();
    }
}
