package dev.stockade.operator.isolation;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What NetworkPolicies open, as networking.k8s.io/v1 has it. */
class IngressUnionTest {
    private static final KubernetesSerialization YAML = new KubernetesSerialization();
    private static final Set<Integer> ADMITTED = Set.of(15008, 15020, 9090);
    private static final ProtectedPod POD = ProtectedPod.of(YAML.unmarshal("""
            apiVersion: v1
            kind: Pod
            metadata: {namespace: tools, name: web-0, uid: uid-web-0, labels: {app: web, tier: back}}
            spec:
              nodeName: node0
              containers:
                - name: app
                  ports:
                    - {name: mcp, containerPort: 3000}
                    - {name: metrics, containerPort: 9090}
                    - {name: trace, containerPort: 3000, protocol: UDP}
            status: {podIPs: [{ip: 192.0.2.9}]}
            """, Pod.class));

    private static final String OWN = policy("stockade-web", """
            {podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress],
             ingress: [{ports: [{port: 15008, protocol: TCP}, {port: 15020, protocol: TCP}, {port: 9090, protocol: TCP}]}]}
            """);

    private static String policy(String name, String spec) {
        return """
                apiVersion: networking.k8s.io/v1
                kind: NetworkPolicy
                metadata: {namespace: tools, name: %s}
                spec: %s
                """.formatted(name, spec);
    }

    private static IngressUnion union(String... policies) {
        return IngressUnion.of(
                POD,
                Stream.of(policies)
                        .map(policy -> YAML.unmarshal(policy, NetworkPolicy.class))
                        .toList(),
                ADMITTED);
    }

    @Test
    void theOperatorsOwnPolicyOpensNothingMore() {
        assertThat(union(OWN)).isEqualTo(new IngressUnion(true, List.of()));
        assertThat(union(OWN).closed()).isTrue();
    }

    @Test
    void aPodThatNoPolicySelectsIsOpen() {
        assertThat(union().isolated()).isFalse();
        assertThat(union().closed()).isFalse();
        assertThat(union(OWN.replace("app: web}}", "app: other}}")).isolated()).isFalse();
        assertThat(union(OWN.replace("namespace: tools", "namespace: other")).isolated())
                .isFalse();
    }

    static Stream<Arguments> openings() {
        return Stream.of(
                Arguments.of("{podSelector: {}, ingress: [{}]}", "every port from everywhere"),
                Arguments.of("{podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}", "every port from some"),
                Arguments.of("{podSelector: {}, ingress: [{ports: [{port: 3000}]}]}", "port 3000 from everywhere"),
                Arguments.of("{podSelector: {}, ingress: [{ports: [{port: mcp}]}]}", "port mcp (3000) from everywhere"),
                Arguments.of(
                        "{podSelector: {}, ingress: [{ports: [{port: 15008, endPort: 15020}]}]}",
                        "ports 15008 to 15020 from everywhere"),
                Arguments.of(
                        "{podSelector: {}, ingress: [{ports: [{port: 9090, protocol: UDP}]}]}",
                        "port 9090 of UDP from everywhere"),
                Arguments.of(
                        "{podSelector: {}, ingress: [{ports: [{protocol: TCP}]}]}",
                        "every port of TCP from everywhere"),
                Arguments.of(
                        "{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 192.0.2.0/24}}], ports: [{port: 22}]}]}",
                        "port 22 from some"),
                Arguments.of(
                        "{podSelector: {matchExpressions: [{key: tier, operator: NotIn, values: [front]}]}, ingress: [{}]}",
                        "every port from everywhere"),
                Arguments.of(
                        "{podSelector: {}, ingress: [{ports: [{port: 1}, {port: 2}]}, {ports: [{port: 9090}]}, {ports: [{port: 3}]}]}",
                        "port 1, port 2 from everywhere; port 3 from everywhere"));
    }

    @ParameterizedTest
    @MethodSource("openings")
    void whatAnotherPolicyOpensIsNamed(String spec, String what) {
        IngressUnion union = union(OWN, policy("more", spec));

        assertThat(union.openings()).containsExactly("NetworkPolicy tools/more admits " + what);
        assertThat(union.closed()).isFalse();
    }

    static Stream<String> harmless() {
        return Stream.of(
                // What is admitted anyway.
                "{podSelector: {}, ingress: [{ports: [{port: 15008}, {port: metrics}]}]}",
                // It isolates, and admits nobody.
                "{podSelector: {}}",
                "{podSelector: {}, policyTypes: [Ingress], ingress: []}",
                // A port by a name that no container of the pod has matches nothing, nor does one of another protocol.
                "{podSelector: {}, ingress: [{ports: [{port: unheard}, {port: mcp, protocol: SCTP}]}]}",
                // It is not for ingress.
                "{podSelector: {}, policyTypes: [Egress], ingress: [{}]}",
                // It does not select the pod.
                "{podSelector: {matchLabels: {app: web, tier: front}}, ingress: [{}]}",
                "{podSelector: {matchExpressions: [{key: tier, operator: In, values: [front]}]}, ingress: [{}]}",
                "{podSelector: {matchExpressions: [{key: tier, operator: DoesNotExist}]}, ingress: [{}]}",
                "{podSelector: {matchExpressions: [{key: zone, operator: Exists}]}, ingress: [{}]}");
    }

    @ParameterizedTest
    @MethodSource("harmless")
    void whatOpensNothingMoreIsNotNamed(String spec) {
        assertThat(union(OWN, policy("more", spec)).closed()).isTrue();
    }

    @Test
    void aPolicyForEgressDoesNotIsolate() {
        assertThat(union(policy("more", "{podSelector: {}, policyTypes: [Egress]}"))
                        .isolated())
                .isFalse();
    }

    @Test
    void whatCannotBeReadCountsAsOpeningAndNotAsIsolating() {
        String strange = policy(
                "strange",
                "{podSelector: {matchExpressions: [{key: tier, operator: Like, values: [b]}]}, ingress: []}");

        assertThat(union(strange).isolated()).isFalse();
        assertThat(union(OWN, strange).openings())
                .containsExactly("NetworkPolicy tools/strange has a selector that this release cannot read");
    }
}
