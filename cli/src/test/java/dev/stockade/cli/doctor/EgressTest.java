package dev.stockade.cli.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodIP;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EgressTest {
    private static final KubernetesSerialization SERIALIZATION = new KubernetesSerialization();
    private static final Pod AGENT = pod("agents", "agent", "10.0.0.1");
    private static final Pod SERVER = pod("tools", "server", "10.0.1.7");
    private static final Map<String, Namespace> NAMESPACES =
            Map.of("agents", namespace("agents"), "tools", namespace("tools"));

    private static Namespace namespace(String name) {
        return new NamespaceBuilder()
                .withNewMetadata()
                .withName(name)
                .addToLabels("team", name)
                .endMetadata()
                .build();
    }

    private static Pod pod(String namespace, String app, String ip) {
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName(app)
                .addToLabels("app", app)
                .endMetadata()
                .withNewSpec()
                .addNewContainer()
                .withName("a")
                .addNewPort()
                .withName("mesh")
                .withContainerPort(15008)
                .endPort()
                .endContainer()
                .endSpec()
                .withNewStatus()
                .withPodIPs(new PodIP(ip))
                .endStatus()
                .build();
    }

    /** Of namespace agents. */
    private static Egress with(String... specs) {
        return new Egress(
                Arrays.stream(specs)
                        .map(spec -> SERIALIZATION.unmarshal(
                                "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace:"
                                        + " agents}\nspec: "
                                        + spec,
                                NetworkPolicy.class))
                        .toList(),
                NAMESPACES);
    }

    @Test
    void aPodThatNoPolicyForEgressSelectsReachesEverything() {
        List<Egress> open = List.of(
                with(),
                with("{podSelector: {matchLabels: {app: other}}, policyTypes: [Egress]}"),
                with("{podSelector: {}, policyTypes: [Ingress], ingress: []}"));

        assertThat(open).allSatisfy(egress -> {
            assertThat(egress.restricted(AGENT)).isFalse();
            assertThat(egress.reaches(AGENT, SERVER, "TCP", 15008)).isTrue();
            assertThat(egress.reachesSomewhere(AGENT, "UDP", 53)).isTrue();
        });
    }

    @Test
    void defaultDenyReachesNothing() {
        Egress egress = with("{podSelector: {}, policyTypes: [Egress]}");

        assertThat(egress.restricted(AGENT)).isTrue();
        assertThat(egress.reaches(AGENT, SERVER, "TCP", 15008)).isFalse();
        assertThat(egress.reachesSomewhere(AGENT, "UDP", 53)).isFalse();
    }

    @Test
    void whatOneOfSeveralAllowsIsAllowed() {
        Egress egress = with(
                "{podSelector: {}, policyTypes: [Egress]}",
                "{podSelector: {}, policyTypes: [Egress], egress: [{ports: [{protocol: UDP, port: 53}]}]}");

        assertThat(egress.reachesSomewhere(AGENT, "UDP", 53)).isTrue();
        assertThat(egress.reachesSomewhere(AGENT, "TCP", 53)).isFalse();
        assertThat(egress.reaches(AGENT, SERVER, "TCP", 15008)).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{}                                                                                    | true",
                "{to: []}                                                                              | true",
                "{to: [{namespaceSelector: {}}]}                                                       | true",
                "{to: [{namespaceSelector: {matchLabels: {team: tools}}}]}                             | true",
                "{to: [{namespaceSelector: {matchLabels: {team: agents}}}]}                            | false",
                "{to: [{podSelector: {matchLabels: {app: server}}}]}                                   | false",
                "{to: [{namespaceSelector: {}, podSelector: {matchLabels: {app: server}}}]}            | true",
                "{to: [{namespaceSelector: {}, podSelector: {matchLabels: {app: other}}}]}             | false",
                "{to: [{namespaceSelector: {matchExpressions: [{key: team, operator: NotIn, values: [tools]}]}}]} | false",
                "{to: [{namespaceSelector: {matchExpressions: [{key: team, operator: Exists}]}}]}      | true",
                "{to: [{ipBlock: {cidr: 10.0.1.0/24}}]}                                                | true",
                "{to: [{ipBlock: {cidr: 10.0.1.8/29}}]}                                                | false",
                "{to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.1.0/28]}}]}                          | false",
                "{to: [{ipBlock: {cidr: 'fd00::/8'}}]}                                                 | false",
                "{ports: [{port: 15008}]}                                                              | true",
                "{ports: [{port: 15000, endPort: 15010}]}                                              | true",
                "{ports: [{port: 15000, endPort: 15007}]}                                              | false",
                "{ports: [{protocol: UDP, port: 15008}]}                                               | false",
                "{ports: [{protocol: TCP}]}                                                            | true",
                "{ports: [{port: mesh}]}                                                               | true",
                "{ports: [{port: other}]}                                                              | false",
                "{ports: [{port: 443}], to: [{namespaceSelector: {}}]}                                 | false",
            })
    void aRuleReachesWhatTheApiSays(String rule, boolean reaches) {
        Egress egress = with("{podSelector: {}, policyTypes: [Egress], egress: [" + rule + "]}");

        assertThat(egress.reaches(AGENT, SERVER, "TCP", 15008)).isEqualTo(reaches);
    }
}
