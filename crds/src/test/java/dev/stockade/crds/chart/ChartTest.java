package dev.stockade.crds.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.marcnuri.helm.Helm;
import com.marcnuri.helm.LintResult;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the chart renders, by Helm itself. */
class ChartTest {
    private static final Path CHART = Path.of("..", "charts", "stockade");
    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void theChartIsClean() {
        LintResult result = new Helm(CHART).lint().strict().call();

        assertThat(result.isFailed())
                .as(String.join("\n", result.getMessages()))
                .isFalse();
    }

    @Test
    void theDefaultsGiveWhatAnInstallationNeeds() {
        assertThat(render().keySet())
                .containsExactlyInAnyOrder(
                        "ClusterRole/stockade-agent-owner",
                        "ClusterRole/stockade-operator",
                        "ClusterRole/stockade-server-owner",
                        "ClusterRole/stockade-viewer",
                        "ClusterRoleBinding/stockade-operator",
                        "Deployment/stockade-operator",
                        "MeshTrust/default",
                        "MutatingWebhookConfiguration/stockade-injector",
                        "NetworkPolicy/stockade-operator",
                        "PodDisruptionBudget/stockade-operator",
                        "Role/stockade-operator",
                        "RoleBinding/stockade-operator",
                        "Service/stockade-operator",
                        "ServiceAccount/stockade-operator",
                        "ValidatingWebhookConfiguration/stockade-validator");
    }

    @Test
    void whatCanBeLeftOutIsLeftOut() {
        assertThat(render("networkPolicy", "false", "operator.replicas", "1").keySet())
                .doesNotContain("NetworkPolicy/stockade-operator", "PodDisruptionBudget/stockade-operator");
        assertThat(render("metrics.serviceMonitor", "true").keySet()).contains("ServiceMonitor/stockade-operator");
    }

    @Test
    void onlySidecarsAndReplicasReachTheControlChannelAndEgressIsOpenUnlessTheApiServerIsTold() throws Exception {
        JsonNode policy = render().get("NetworkPolicy/stockade-operator").path("spec");

        assertThat(policy.path("policyTypes")).isEqualTo(JSON.readTree("[\"Ingress\"]"));
        assertThat(policy.has("egress")).isFalse();
        JsonNode control = rule(policy.path("ingress"), 15010);
        assertThat(control.path("from")).isEqualTo(JSON.readTree("""
                [{"namespaceSelector": {"matchLabels": {"stockade.dev/mesh": "enabled"}},
                  "podSelector": {"matchLabels": {"stockade.dev/sidecar": "injected"}}},
                 {"podSelector": {"matchLabels":
                  {"app.kubernetes.io/name": "stockade", "app.kubernetes.io/component": "operator"}}}]"""));
        assertThat(rule(policy.path("ingress"), 9443).has("from")).isFalse();
        assertThat(rule(policy.path("ingress"), 8080).has("from")).isFalse();
    }

    @Test
    void whoReadsMetricsIsNarrowed() throws Exception {
        JsonNode policy = render(
                        "metrics.from[0].namespaceSelector.matchLabels.team", "observability",
                        "metrics.from[1].ipBlock.cidr", "192.0.2.0/24")
                .get("NetworkPolicy/stockade-operator")
                .path("spec");

        assertThat(rule(policy.path("ingress"), 8080).path("from")).isEqualTo(JSON.readTree("""
                [{"namespaceSelector": {"matchLabels": {"team": "observability"}}}, {"ipBlock": {"cidr": "192.0.2.0/24"}}]"""));
        assertThat(rule(policy.path("ingress"), 9443).has("from")).isFalse();
    }

    @Test
    void egressIsClosedButForWhatTheOperatorNeeds() throws Exception {
        JsonNode policy = render("operator.egress.apiServer[0]", "10.96.0.1/32")
                .get("NetworkPolicy/stockade-operator")
                .path("spec");

        assertThat(policy.path("policyTypes")).isEqualTo(JSON.readTree("[\"Ingress\", \"Egress\"]"));
        assertThat(policy.path("egress")).isEqualTo(JSON.readTree("""
                [{"to": [{"ipBlock": {"cidr": "10.96.0.1/32"}}],
                  "ports": [{"port": 443, "protocol": "TCP"}, {"port": 6443, "protocol": "TCP"}]},
                 {"to": [{"namespaceSelector": {"matchLabels": {"stockade.dev/mesh": "enabled"}},
                          "podSelector": {"matchLabels": {"stockade.dev/sidecar": "injected"}}}],
                  "ports": [{"port": 1, "endPort": 65535, "protocol": "TCP"}]},
                 {"to": [{"podSelector": {"matchLabels":
                  {"app.kubernetes.io/name": "stockade", "app.kubernetes.io/component": "operator"}}}],
                  "ports": [{"port": 15010, "protocol": "TCP"}, {"port": 9443, "protocol": "TCP"}]}]"""));
    }

    @ParameterizedTest
    @CsvSource({
        "'', '', stockade-operator:0.2.0, stockade-sidecar:0.2.0",
        "'', e2e, stockade-operator:e2e, stockade-sidecar:e2e",
        "registry.example/team, '1.2', registry.example/team/stockade-operator:1.2,"
                + " registry.example/team/stockade-sidecar:1.2"
    })
    void imagesAreNamedByRegistryAndTag(String registry, String tag, String operator, String sidecar) {
        JsonNode container = container(render("image.registry", registry, "image.tag", tag));

        assertThat(container.path("image").asText()).isEqualTo(operator);
        assertThat(variables(container)).containsEntry("STOCKADE_SIDECAR_IMAGE", sidecar);
    }

    @Test
    void theOperatorIsToldWhatItNeeds() throws Exception {
        JsonNode container = container(render("image.pullPolicy", "Never", "clusterDomain", "corp.example"));

        assertThat(variables(container))
                .containsEntry("STOCKADE_NAMESPACE", "metadata.namespace")
                .containsEntry("STOCKADE_POD_NAME", "metadata.name")
                .containsEntry("STOCKADE_POD_IP", "status.podIP")
                .containsEntry("STOCKADE_SERVICE", "stockade-operator")
                .containsEntry("STOCKADE_CLUSTER_DOMAIN", "corp.example")
                .containsEntry("STOCKADE_SIDECAR_PULL_POLICY", "Never")
                .containsEntry("STOCKADE_RELEASE", "0.2.0");
        JsonNode resources = JSON.readTree(variables(container).get("STOCKADE_SIDECAR_RESOURCES"));
        assertThat(resources.path("requests").path("memory").asText()).isEqualTo("64Mi");
        assertThat(resources.path("limits").path("memory").asText()).isEqualTo("160Mi");
    }

    @Test
    void theOperatorRunsUnderRestrictedPodSecurity() {
        Map<String, JsonNode> objects = render();
        JsonNode pod = objects.get("Deployment/stockade-operator").at("/spec/template/spec");
        JsonNode container = container(objects);

        assertThat(pod.at("/securityContext/runAsNonRoot").asBoolean()).isTrue();
        assertThat(pod.at("/securityContext/seccompProfile/type").asText()).isEqualTo("RuntimeDefault");
        assertThat(container.at("/securityContext/readOnlyRootFilesystem").asBoolean())
                .isTrue();
        assertThat(container.at("/securityContext/allowPrivilegeEscalation").asBoolean(true))
                .isFalse();
        assertThat(container.at("/securityContext/capabilities/drop/0").asText())
                .isEqualTo("ALL");
    }

    @Test
    void anUpgradeTakesNoReplicaAwayBeforeAnotherIsReady() {
        JsonNode strategy = render().get("Deployment/stockade-operator").at("/spec/strategy/rollingUpdate");

        assertThat(strategy.path("maxUnavailable").asText()).isEqualTo("0");
        assertThat(strategy.path("maxSurge").asInt()).isEqualTo(1);
    }

    @Test
    void webhooksFailClosedInLabelledNamespacesAndAreNeverCalledForOthers() {
        Map<String, JsonNode> objects = render();
        List<JsonNode> webhooks = Stream.of(
                        "MutatingWebhookConfiguration/stockade-injector",
                        "ValidatingWebhookConfiguration/stockade-validator")
                .flatMap(name -> stream(objects.get(name).path("webhooks")))
                .toList();

        assertThat(webhooks).hasSize(3).allSatisfy(webhook -> {
            assertThat(webhook.path("failurePolicy").asText()).isEqualTo("Fail");
            assertThat(webhook.path("sideEffects").asText()).isEqualTo("None");
            assertThat(webhook.at("/namespaceSelector/matchLabels/stockade.dev~1mesh")
                            .asText())
                    .isEqualTo("enabled");
            assertThat(webhook.at("/namespaceSelector/matchExpressions/0/operator")
                            .asText())
                    .isEqualTo("NotIn");
            assertThat(stream(webhook.at("/namespaceSelector/matchExpressions/0/values"))
                            .map(JsonNode::asText))
                    .containsExactly("kube-system", "kube-public", "kube-node-lease", "stockade-system");
            assertThat(stream(webhook.path("rules"))
                            .map(rule -> rule.path("scope").asText()))
                    .containsOnly("Namespaced");
        });
    }

    /** The operator writes it; a chart that did too would take it away with every upgrade. */
    @Test
    void theBundleOfTheWebhooksIsNotTheCharts() {
        assertThat(render().values().toString()).doesNotContain("caBundle");
    }

    @Test
    void nothingHoldsUpADeletion() {
        assertThat(render().values())
                .allSatisfy(
                        object -> assertThat(object.at("/metadata/finalizers").isMissingNode())
                                .isTrue());
        assertThat(render().get("MeshTrust/default")
                        .at("/metadata/annotations/helm.sh~1resource-policy")
                        .asText())
                .isEqualTo("keep");
    }

    @Test
    void onlyTheViewerIsAggregatedAndNobodyIsGivenEverything() {
        Map<String, JsonNode> objects = render();

        assertThat(objects.entrySet())
                .filteredOn(e -> e.getValue().at("/metadata/labels").toString().contains("aggregate-to"))
                .extracting(Map.Entry::getKey)
                .containsExactly("ClusterRole/stockade-viewer");
        assertThat(objects.values())
                .filteredOn(o -> o.path("kind").asText().endsWith("Role"))
                .noneSatisfy(o -> assertThat(o.path("rules").toString()).contains("\"*\""));
        assertThat(objects.get("ClusterRole/stockade-operator").path("rules").toString())
                .doesNotContain("secrets");
    }

    @Test
    void anExistingCaIsNamedToTheOperatorWhichMayReadItAndNothingMore() {
        assertThat(render().get("MeshTrust/default").at("/spec").toString()).doesNotContain("caSecretRef");
        assertThat(render().get("Role/stockade-operator").at("/rules").toString())
                .doesNotContain("my-ca");

        Map<String, JsonNode> objects = render("caSecretName", "my-ca");

        assertThat(objects.get("MeshTrust/default").at("/spec/caSecretRef/name").asText())
                .isEqualTo("my-ca");
        assertThat(stream(objects.get("Role/stockade-operator").at("/rules"))
                        .filter(rule -> rule.toString().contains("my-ca"))
                        .map(rule -> rule.path("resourceNames") + " " + rule.path("verbs")))
                .containsExactly("[\"my-ca\"] [\"get\"]");
    }

    @ParameterizedTest
    @CsvSource({
        "nonsense, 1, nonsense",
        "caSecretName, My_CA, caSecretName",
        "caSecretName, stockade-ca, caSecretName",
        "image.nonsense, 1, nonsense",
        "image.tag, latest, tag",
        "image.registry, https://registry.example, registry",
        "image.pullPolicy, Sometimes, pullPolicy",
        "trustDomain, Stockade.Local, trustDomain",
        "clusterDomain, '', clusterDomain",
        "operator.replicas, -1, replicas",
        "operator.replicas, many, replicas",
        "sidecar.resources.limit.memory, 1Gi, limit",
        "sidecar.resources.limits.memory, lots, memory",
        "networkPolicy, perhaps, networkPolicy",
        "operator.egress.apiServer[0], kubernetes.default, apiServer",
        "operator.egress.apiServerPorts[0], https, apiServerPorts",
        "metrics.from[0].namespace, monitoring, namespace",
        "metrics.serviceMonitor, 2, serviceMonitor"
    })
    void aValueThatIsNonsenseIsRefusedByItsName(String value, String text, String named) {
        assertThatThrownBy(() -> render(value, text))
                .hasMessageContaining("values don't meet the specifications of the schema")
                .hasMessageContaining(named);
    }

    /** The one rule that has the port. */
    private static JsonNode rule(JsonNode rules, int port) {
        List<JsonNode> found = stream(rules)
                .filter(rule -> rule.path("ports").findValuesAsText("port").contains(Integer.toString(port)))
                .toList();
        assertThat(found).as("rules for %d in %s", port, rules).hasSize(1);
        return found.getFirst();
    }

    private static JsonNode container(Map<String, JsonNode> objects) {
        return objects.get("Deployment/stockade-operator").at("/spec/template/spec/containers/0");
    }

    /** Name to value, or to the field that it is taken from. */
    private static Map<String, String> variables(JsonNode container) {
        Map<String, String> variables = new java.util.TreeMap<>();
        stream(container.path("env"))
                .forEach(v -> variables.put(
                        v.path("name").asText(),
                        v.has("value")
                                ? v.path("value").asText()
                                : v.at("/valueFrom/fieldRef/fieldPath").asText()));
        return variables;
    }

    private static Stream<JsonNode> stream(JsonNode list) {
        return Rendered.stream(list);
    }

    private static Map<String, JsonNode> render(String... values) {
        return Rendered.with(values);
    }
}
