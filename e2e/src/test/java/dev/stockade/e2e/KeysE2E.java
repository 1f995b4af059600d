package dev.stockade.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.e2e.mesh.Chart;
import dev.stockade.e2e.mesh.Disturbing;
import dev.stockade.e2e.mesh.Mesh;
import dev.stockade.e2e.mesh.Resource;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.authorization.v1.SubjectAccessReviewBuilder;
import io.fabric8.kubernetes.api.model.rbac.ClusterRole;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** Private keys are where they are used, and the CA's in one Secret. */
@Disturbing
@Order(65)
class KeysE2E {
    private static final String SECRET = "stockade-ca";
    private static final String OPERATOR = "system:serviceaccount:stockade-system:stockade-operator";
    /** As it is written, and as it begins where it is written without its header: an EC key in PKCS#8, in SEC 1. */
    private static final Pattern PRIVATE_KEY = Pattern.compile(
            "-----BEGIN [A-Z ]*PRIVATE KEY-----\\s+[A-Za-z0-9+/]{40}|MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg|MHcCAQEEI");

    private final Mesh mesh;
    private final KubernetesClient client;

    KeysE2E(Mesh mesh) {
        this.mesh = mesh;
        client = mesh.client();
        mesh.standing();
    }

    /** The controllers of the cluster itself may do what they like. */
    @Test
    void onlyTheOperatorMayReadTheSecretOfTheCa() {
        List<String> may = new ArrayList<>();
        for (ServiceAccount account :
                client.serviceAccounts().inAnyNamespace().list().getItems()) {
            String namespace = account.getMetadata().getNamespace();
            if (namespace.equals("kube-system")) {
                continue;
            }
            String user = "system:serviceaccount:%s:%s"
                    .formatted(namespace, account.getMetadata().getName());
            for (String verb : List.of("get", "list", "watch", "update", "patch", "delete")) {
                if (may(user, namespace, verb)) {
                    may.add(user + " may " + verb);
                }
            }
        }

        assertThat(may)
                .containsExactlyInAnyOrder(OPERATOR + " may get", OPERATOR + " may watch", OPERATOR + " may update");
    }

    @Test
    void noClusterRoleOfTheChartReachesASecret() {
        List<ClusterRole> roles = client.rbac().clusterRoles().list().getItems().stream()
                .filter(role -> role.getMetadata().getName().startsWith("stockade-"))
                .toList();

        assertThat(roles)
                .hasSizeGreaterThan(1)
                .allSatisfy(role -> assertThat(role.getRules()).allSatisfy(rule -> {
                    assertThat(rule.getResources()).doesNotContain("secrets", "*");
                    assertThat(rule.getVerbs()).doesNotContain("*");
                }));
    }

    @Test
    void noProcessHasAPrivateKeyInItsEnvironmentOrInAFile() {
        List<JsonNode> facts = mesh.nodes().searchForKeys();

        assertThat(facts.stream().filter(fact -> fact.has("planted")))
                .hasSizeGreaterThanOrEqualTo(6)
                .allSatisfy(fact ->
                        assertThat(fact.get("found").asBoolean()).as("%s", fact).isTrue());
        List<JsonNode> stockade =
                facts.stream().filter(fact -> fact.has("program")).toList();
        assertThat(stockade)
                .as("processes of operators and sidecars")
                .hasSizeGreaterThanOrEqualTo(2 + 5)
                .allSatisfy(fact ->
                        assertThat(fact.get("searched").asInt()).as("%s", fact).isPositive());
        assertThat(facts.stream().filter(fact -> fact.has("found") && fact.has("uid")))
                .allSatisfy(fact -> assertThat(fact.get("found")).as("%s", fact).isEmpty());
    }

    @Test
    void nothingThatTheApiServerShowsHoldsAPrivateKeyButThatSecret() {
        Map<String, byte[]> keys = keysOfTheCa();
        assertThat(keys).isNotEmpty();
        Map<String, String> texts = shown();

        assertThat(texts).hasSizeGreaterThan(20);
        assertThat(texts).allSatisfy((where, text) -> {
            assertThat(PRIVATE_KEY.matcher(text).find())
                    .as("a private key in " + where)
                    .isFalse();
            keys.forEach((name, key) -> {
                // A base64 text that stands at another offset, or is broken into lines, still has these in common.
                String base64 = Base64.getEncoder().encodeToString(key);
                assertThat(text.contains(base64.substring(24, 64)))
                        .as("%s of the CA in %s", name, where)
                        .isFalse();
            });
        });
    }

    @Test
    void noHeapIsDumpedAndNobodyAttaches() {
        List<JsonNode> programs = mesh.nodes().searchForKeys().stream()
                .filter(fact -> fact.has("program"))
                .toList();

        assertThat(programs).isNotEmpty().allSatisfy(fact -> {
            List<String> command =
                    fact.get("command").valueStream().map(JsonNode::asText).toList();
            assertThat(command).contains("-XX:+DisableAttachMechanism", "-XX:-UsePerfData");
            assertThat(command).noneMatch(word -> word.contains("+HeapDump") || word.contains("+CreateCoredump"));
        });
    }

    private boolean may(String user, String namespace, String verb) {
        return client.authorization()
                .v1()
                .subjectAccessReview()
                .create(new SubjectAccessReviewBuilder()
                        .withNewSpec()
                        .withUser(user)
                        .withGroups(
                                "system:serviceaccounts", "system:serviceaccounts:" + namespace, "system:authenticated")
                        .withNewResourceAttributes()
                        .withNamespace(Chart.NAMESPACE)
                        .withResource("secrets")
                        .withName(SECRET)
                        .withVerb(verb)
                        .endResourceAttributes()
                        .endSpec()
                        .build())
                .getStatus()
                .getAllowed();
    }

    /** Each private key and secret of the CA, as bytes. */
    private Map<String, byte[]> keysOfTheCa() {
        Map<String, byte[]> keys = new LinkedHashMap<>();
        client.secrets()
                .inNamespace(Chart.NAMESPACE)
                .withName(SECRET)
                .get()
                .getData()
                .forEach((name, value) -> {
                    if (name.endsWith(".key")) {
                        String pem = new String(Base64.getDecoder().decode(value), StandardCharsets.UTF_8);
                        keys.put(name, Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", "")));
                    }
                });
        return keys;
    }

    /** All that people and programs may come to see of a mesh, by where it stands. */
    private Map<String, String> shown() {
        Map<String, String> texts = new LinkedHashMap<>();
        for (String kind : List.of("SecureMcpServer", "AgentIdentity", "McpAccessPolicy", "MeshTrust")) {
            texts.put(
                    kind,
                    Serialization.asYaml(client.genericKubernetesResources(Resource.API, kind)
                            .inAnyNamespace()
                            .list()
                            .getItems()));
        }
        texts.put(
                "events",
                Serialization.asYaml(
                        client.v1().events().inAnyNamespace().list().getItems()));
        texts.put(
                "ConfigMaps",
                Serialization.asYaml(client.configMaps().inAnyNamespace().list().getItems()));
        texts.put(
                "webhooks",
                Serialization.asYaml(client.admissionRegistration()
                                .v1()
                                .mutatingWebhookConfigurations()
                                .list()
                                .getItems())
                        + Serialization.asYaml(client.admissionRegistration()
                                .v1()
                                .validatingWebhookConfigurations()
                                .list()
                                .getItems()));
        client.secrets().inAnyNamespace().list().getItems().stream()
                .filter(secret -> !secret.getMetadata().getName().equals(SECRET))
                .filter(secret -> secret.getData() != null)
                .forEach(secret -> secret.getData()
                        .forEach((name, value) -> texts.put(
                                "Secret %s %s".formatted(secret.getMetadata().getName(), name),
                                new String(Base64.getDecoder().decode(value), StandardCharsets.ISO_8859_1))));
        for (Pod pod : client.pods().inAnyNamespace().list().getItems()) {
            String name =
                    pod.getMetadata().getNamespace() + "/" + pod.getMetadata().getName();
            texts.put("pod " + name, Serialization.asYaml(pod));
            Stream.concat(
                            pod.getStatus().getInitContainerStatuses().stream(),
                            pod.getStatus().getContainerStatuses().stream())
                    .map(ContainerStatus::getName)
                    .forEach(container -> texts.put("log of %s %s".formatted(name, container), log(pod, container)));
        }
        return texts;
    }

    private String log(Pod pod, String container) {
        try {
            return client.pods()
                    .inNamespace(pod.getMetadata().getNamespace())
                    .withName(pod.getMetadata().getName())
                    .inContainer(container)
                    .getLog();
        } catch (KubernetesClientException e) {
            return ""; // a pod that is going has none any more
        }
    }
}
