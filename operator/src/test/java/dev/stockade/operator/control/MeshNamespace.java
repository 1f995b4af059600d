package dev.stockade.operator.control;

import dev.stockade.crds.access.McpAccessPolicy;
import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.operator.PodToken;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodIPBuilder;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.util.Arrays;

/** A labelled namespace with one agent's and one server's resources, and pods as the webhook leaves them. */
public final class MeshNamespace {
    private static final String SERVER = """
            apiVersion: stockade.dev/v1alpha1
            kind: SecureMcpServer
            metadata: {name: github}
            spec: {selector: {matchLabels: {app: github}}, port: 3000}
            """;
    private static final String AGENT = """
            apiVersion: stockade.dev/v1alpha1
            kind: AgentIdentity
            metadata: {name: triage}
            spec: {serviceAccountName: triage, selector: {matchLabels: {app: triage}}}
            """;

    final KubernetesClient client;
    public final String name;

    public MeshNamespace(KubernetesClient client, String name) {
        this.client = client;
        this.name = name;
        client.resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName(name)
                        .addToLabels("stockade.dev/mesh", "enabled")
                        .endMetadata()
                        .build())
                .create();
        for (String account : new String[] {"default", "triage"}) {
            client.resource(new ServiceAccountBuilder()
                            .withNewMetadata()
                            .withNamespace(name)
                            .withName(account)
                            .endMetadata()
                            .build())
                    .create();
        }
        apply(SecureMcpServer.class, SERVER);
        apply(AgentIdentity.class, AGENT);
    }

    public <T extends HasMetadata> T apply(Class<T> type, String yaml) {
        T resource = client.getKubernetesSerialization().unmarshal(yaml, type);
        resource.getMetadata().setNamespace(name);
        return client.resource(resource).createOr(existing -> existing.update());
    }

    public McpAccessPolicy grant(String tool) {
        return apply(McpAccessPolicy.class, """
                apiVersion: stockade.dev/v1alpha1
                kind: McpAccessPolicy
                metadata: {name: triage-reads}
                spec:
                  agents: [{namespace: %s, name: triage}]
                  servers: [{name: github}]
                  allow: [{tools: [%s]}]
                """.formatted(name, tool));
    }

    public Pod agentPod(String pod, String... addresses) {
        return pod(pod, "triage", "triage", addresses);
    }

    public Pod serverPod(String pod, String... addresses) {
        return pod(pod, "github", "default", addresses);
    }

    public Pod pod(String pod, String app, String account, String... addresses) {
        Pod created = client.resource(new PodBuilder()
                        .withNewMetadata()
                        .withNamespace(name)
                        .withName(pod)
                        .addToLabels("app", app)
                        .addToLabels("stockade.dev/sidecar", "injected")
                        .endMetadata()
                        .withNewSpec()
                        .withServiceAccountName(account)
                        .withAutomountServiceAccountToken(false)
                        .addNewInitContainer()
                        .withName("stockade-sidecar")
                        .withImage("sidecar")
                        .withRestartPolicy("Always")
                        .addNewEnv()
                        .withName("STOCKADE_POD_LABELS")
                        .withValue("{\"app\":\"" + app + "\"}")
                        .endEnv()
                        .endInitContainer()
                        .addNewContainer()
                        .withName("app")
                        .withImage("app")
                        .endContainer()
                        .endSpec()
                        .build())
                .create();
        return addresses.length == 0 ? created : giveAddresses(created, addresses);
    }

    public Pod giveAddresses(Pod pod, String... addresses) {
        return client.pods()
                .inNamespace(name)
                .withName(pod.getMetadata().getName())
                .editStatus(p -> new PodBuilder(p)
                        .editOrNewStatus()
                        .withPhase("Running")
                        .withPodIP(addresses[0])
                        .withPodIPs(Arrays.stream(addresses)
                                .map(ip -> new PodIPBuilder().withIp(ip).build())
                                .toList())
                        .endStatus()
                        .build());
    }

    public String token(Pod pod, String audience) {
        return PodToken.of(client, pod, audience, Duration.ofMinutes(10));
    }

    public String token(Pod pod) {
        return token(pod, "stockade.dev");
    }
}
