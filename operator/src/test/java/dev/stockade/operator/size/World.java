package dev.stockade.operator.size;

import static java.util.Objects.requireNonNull;

import dev.stockade.crds.access.McpAccessPolicy;
import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.crds.trust.MeshTrust;
import dev.stockade.operator.PodToken;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.PodIPBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** What users and kubelets do: the resources of a shape, its pods, and their addresses. */
final class World {
    /** Nothing on this machine listens there. */
    static final int PORT = 9;

    private static final int AT_A_TIME = 8;

    private final KubernetesClient client;
    private final Shape shape;

    World(KubernetesClient client, Shape shape) {
        this.client = requireNonNull(client);
        this.shape = requireNonNull(shape);
    }

    void createTrust() {
        create(MeshTrust.class, """
            apiVersion: stockade.dev/v1alpha1
            kind: MeshTrust
            metadata: {name: default}
            spec: {trustDomain: size.local}
            """);
    }

    /** Namespaces, accounts, Services and the resources of all three kinds. */
    void createResources() throws Exception {
        List<Callable<Object>> accounts = new ArrayList<>();
        for (String namespace : shape.namespaces()) {
            client.resource(new NamespaceBuilder()
                            .withNewMetadata()
                            .withName(namespace)
                            .addToLabels("stockade.dev/mesh", "enabled")
                            .endMetadata()
                            .build())
                    .create();
            accounts.add(() -> account(namespace, "default"));
        }
        for (int i = 0; i < shape.agents(); i++) {
            String namespace = shape.agentNamespace(i);
            String name = "agent-" + i;
            accounts.add(() -> account(namespace, name));
        }
        all(accounts);
        List<Callable<Object>> resources = new ArrayList<>();
        IntStream.range(0, shape.servers()).forEach(i -> {
            resources.add(() -> create(SecureMcpServer.class, server(i)));
            resources.add(() -> create(Service.class, service(i)));
        });
        IntStream.range(0, shape.agents()).forEach(i -> resources.add(() -> create(AgentIdentity.class, agent(i))));
        IntStream.range(0, shape.policies())
                .forEach(i -> resources.add(() -> create(McpAccessPolicy.class, i == 0 ? broad() : policy(i))));
        all(resources);
    }

    private Object account(String namespace, String name) {
        return client.resource(new ServiceAccountBuilder()
                        .withNewMetadata()
                        .withNamespace(namespace)
                        .withName(name)
                        .endMetadata()
                        .build())
                .create();
    }

    private <T extends HasMetadata> T create(Class<T> type, String yaml) {
        return client.resource(client.getKubernetesSerialization().unmarshal(yaml, type))
                .create();
    }

    private String server(int i) {
        return """
            apiVersion: stockade.dev/v1alpha1
            kind: SecureMcpServer
            metadata: {name: server-%d, namespace: %s, labels: {kind: any}}
            spec: {selector: {matchLabels: {app: server-%d}}, port: %d}
            """.formatted(i, shape.serverNamespace(i), i, PORT);
    }

    private String service(int i) {
        return """
            apiVersion: v1
            kind: Service
            metadata: {name: server-%d, namespace: %s}
            spec: {clusterIP: None, selector: {app: server-%d}, ports: [{port: 80, targetPort: %d}]}
            """.formatted(i, shape.serverNamespace(i), i, PORT);
    }

    private String agent(int i) {
        String taken = shape.taken(i).stream()
                .map(server -> "{namespace: " + shape.serverNamespace(server) + ", name: server-" + server + "}")
                .collect(Collectors.joining(", "));
        String broad = Shape.isBroad(i) ? (taken.isEmpty() ? "" : ", ") + "{namespace: tools-0}" : "";
        return """
            apiVersion: stockade.dev/v1alpha1
            kind: AgentIdentity
            metadata: {name: agent-%d, namespace: %s, labels: {kind: any}}
            spec: {serviceAccountName: agent-%d, servers: [%s%s]}
            """.formatted(i, shape.agentNamespace(i), i, taken, broad);
    }

    private String policy(int i) {
        int agent = shape.agentOf(i);
        int server = shape.serverOf(i);
        return """
            apiVersion: stockade.dev/v1alpha1
            kind: McpAccessPolicy
            metadata: {name: policy-%d, namespace: %s}
            spec:
              agents: [{namespace: %s, name: agent-%d}]
              servers: [{name: server-%d}]
              allow:
                - {tools: [get_issue, "list_*"], when: 'args.repo.startsWith("acme/")'}
                - {tools: [search], resources: ["repo://acme/*"], prompts: ["*"]}
              deny: [{tools: ["delete_*"]}]
            """.formatted(i, shape.serverNamespace(server), shape.agentNamespace(agent), agent, server);
    }

    private static String broad() {
        return """
            apiVersion: stockade.dev/v1alpha1
            kind: McpAccessPolicy
            metadata: {name: policy-0, namespace: tools-0}
            spec:
              agents: [{namespace: agents-0, selector: {matchLabels: {kind: any}}}]
              servers: [{selector: {matchLabels: {kind: any}}}]
              allow: [{tools: [get_issue]}]
            """;
    }

    /** Every pod, through the webhooks, running and with its address, in the order of the shape. */
    List<Pod> createPods() throws Exception {
        return all(shape.pods().stream()
                .map(pod -> (Callable<Pod>) () -> createPod(pod))
                .toList());
    }

    Pod createPod(Shape.Workload pod) {
        client.resource(new PodBuilder()
                        .withNewMetadata()
                        .withNamespace(pod.namespace())
                        .withName(pod.name())
                        .addToLabels("app", (pod.server() ? "server-" : "agent-") + pod.owner())
                        .endMetadata()
                        .withNewSpec()
                        .withServiceAccountName(pod.account())
                        .withNodeName("node-" + pod.index() % 20)
                        .withAutomountServiceAccountToken(false)
                        .addNewContainer()
                        .withName("app")
                        .withImage("app")
                        .endContainer()
                        .endSpec()
                        .build())
                .create();
        return client.pods()
                .inNamespace(pod.namespace())
                .withName(pod.name())
                .editStatus(p -> new PodBuilder(p)
                        .editOrNewStatus()
                        .withPhase("Running")
                        .withPodIP(pod.address())
                        .withPodIPs(new PodIPBuilder().withIp(pod.address()).build())
                        .addNewCondition()
                        .withType("Ready")
                        .withStatus("True")
                        .endCondition()
                        .endStatus()
                        .build());
    }

    void deletePod(Shape.Workload pod) {
        client.pods()
                .inNamespace(pod.namespace())
                .withName(pod.name())
                .withGracePeriod(0)
                .delete();
    }

    /** As the kubelet projects them. */
    List<String> tokens(List<Pod> pods) throws Exception {
        return all(pods.stream()
                .map(pod -> (Callable<String>) () -> PodToken.of(client, pod, "stockade.dev", Duration.ofHours(1)))
                .toList());
    }

    /** What an edit made: the resource's UID and its generation after it. */
    record Edited(String uid, long generation) {}

    McpAccessPolicy policyNamed(int policy) {
        return requireNonNull(client.resources(McpAccessPolicy.class)
                .inNamespace(shape.serverNamespace(shape.serverOf(policy)))
                .withName("policy-" + policy)
                .get());
    }

    void editPolicy(int policy, String tool) {
        client.resources(McpAccessPolicy.class)
                .inNamespace(shape.serverNamespace(shape.serverOf(policy)))
                .withName("policy-" + policy)
                .patch(
                        PatchContext.of(PatchType.JSON_MERGE),
                        "{\"spec\": {\"allow\": [{\"tools\": [\"" + tool + "\"]}]}}");
    }

    MeshTrust trust() {
        return requireNonNull(
                client.resources(MeshTrust.class).withName("default").get());
    }

    /** An entry of the platform's kill switch for an agent that does not exist: every sidecar has to know the list. */
    void editTrust(String reason) {
        client.resources(MeshTrust.class)
                .withName("default")
                .patch(
                        PatchContext.of(PatchType.JSON_MERGE),
                        "{\"spec\": {\"suspended\": [{\"namespace\": \"agents-9\", \"name\": \"nobody\", \"reason\": \""
                                + reason + "\"}]}}");
    }

    AgentIdentity agentNamed(int agent) {
        return requireNonNull(client.resources(AgentIdentity.class)
                .inNamespace(shape.agentNamespace(agent))
                .withName("agent-" + agent)
                .get());
    }

    void suspend(int agent, boolean suspended) {
        client.resources(AgentIdentity.class)
                .inNamespace(shape.agentNamespace(agent))
                .withName("agent-" + agent)
                .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"spec\": {\"suspended\": " + suspended + "}}");
    }

    private static <T> List<T> all(List<Callable<T>> tasks) throws InterruptedException, ExecutionException {
        try (ExecutorService threads = Executors.newFixedThreadPool(AT_A_TIME)) {
            List<T> results = new ArrayList<>();
            for (Future<T> future : threads.invokeAll(tasks)) {
                results.add(future.get());
            }
            return results;
        }
    }
}
