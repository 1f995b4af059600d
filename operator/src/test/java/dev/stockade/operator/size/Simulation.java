package dev.stockade.operator.size;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.stockade.crds.Definitions;
import dev.stockade.crds.access.McpAccessPolicy;
import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.common.Condition;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.fixture.ApiServer;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;

/** A mesh of one shape with the operator at work in it. What is measured is told as it is found. */
final class Simulation implements AutoCloseable {
    private final Shape shape;
    private final ApiServer api;
    private final Audit audit;
    private final World world;
    private final OperatorProcess operator;
    private final Fleet fleet;
    private final Instant began;

    /** @param folder an empty one; what the processes say is kept there */
    Simulation(Shape shape, Path folder, int processes) throws Exception {
        this.shape = shape;
        this.began = Instant.now();
        this.audit = new Audit(folder);
        this.api = ApiServer.start(Files.createDirectory(folder.resolve("api")), Definitions.yaml(), audit.flags());
        this.world = new World(api.client(), shape);
        world.createTrust();
        this.operator = new OperatorProcess(folder, api.kubeconfig());
        operator.awaitServing();
        this.fleet = new Fleet(processes, shape.sidecars(), operator.controlPort(), root(api.client()));
        Webhooks.register(api.client(), operator.webhookPort());
    }

    private static byte[] root(KubernetesClient client) throws Exception {
        Secret secret =
                client.secrets().inNamespace("default").withName("stockade-ca").get();
        String pem = new String(
                java.util.Base64.getDecoder()
                        .decode(requireNonNull(secret.getData().get("ca.crt"))),
                StandardCharsets.US_ASCII);
        return CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)))
                .getEncoded();
    }

    Shape shape() {
        return shape;
    }

    OperatorProcess operator() {
        return operator;
    }

    Fleet fleet() {
        return fleet;
    }

    World world() {
        return world;
    }

    Audit audit() {
        return audit;
    }

    Duration sinceBegin() {
        return Duration.between(began, Instant.now());
    }

    /** How long it took, and what processor time of the operator. */
    record Took(Duration time, double cpu) {}

    /** Runs it. */
    Took took(Callable<?> what) throws Exception {
        double cpu = operator.cpu();
        long from = System.nanoTime();
        what.call();
        return new Took(Duration.ofNanos(System.nanoTime() - from), operator.cpu() - cpu);
    }

    /** All resources and pods. */
    List<Pod> populate() throws Exception {
        world.createResources();
        return world.createPods();
    }

    /** Every sidecar asks for its certificate and subscribes; returns once all have what they were told. */
    void connect(List<Pod> pods) throws Exception {
        List<String> tokens = world.tokens(pods);
        shape.pods().forEach(pod -> fleet.connect(pod, tokens.get(pod.index())));
        fleet.awaitCurrent(shape.sidecars());
    }

    /** The resources that are not Ready at their present generation. */
    Set<String> notReady() {
        Set<String> not = new TreeSet<>();
        for (McpAccessPolicy policy : list(McpAccessPolicy.class)) {
            note(not, policy, policy.getStatus().conditions());
        }
        for (AgentIdentity agent : list(AgentIdentity.class)) {
            note(not, agent, agent.getStatus().conditions());
        }
        for (SecureMcpServer server : list(SecureMcpServer.class)) {
            note(not, server, server.getStatus().conditions());
        }
        return not;
    }

    private <T extends HasMetadata> List<T> list(Class<T> type) {
        return api.client().resources(type).inAnyNamespace().list().getItems();
    }

    private static void note(Set<String> not, HasMetadata resource, List<Condition> conditions) {
        if (conditions.stream().noneMatch(c -> isReady(c, resource))) {
            not.add(resource.getKind() + " " + resource.getMetadata().getName() + " "
                    + conditions.stream()
                            .filter(c -> c.type().equals("Ready"))
                            .map(Condition::message)
                            .collect(Collectors.joining()));
        }
    }

    private static boolean isReady(Condition condition, HasMetadata resource) {
        return condition.type().equals("Ready")
                && condition.status() == Condition.Status.TRUE
                && condition.observedGeneration() == resource.getMetadata().getGeneration();
    }

    void awaitReady() {
        await().atMost(Fleet.PATIENCE).pollInterval(Duration.ofMillis(200)).untilAsserted(() -> {
            Set<String> not = notReady();
            assertThat(not.size())
                    .as(
                            "resources that are not Ready, among them %s",
                            not.stream().limit(3).toList())
                    .isZero();
        });
    }

    /** Waits until the policy's status says that it is in force everywhere. */
    void awaitReady(int policy) {
        await().atMost(Fleet.PATIENCE).pollInterval(Duration.ofMillis(20)).untilAsserted(() -> {
            McpAccessPolicy now = world.policyNamed(policy);
            assertThat(now.getStatus().conditions())
                    .as("conditions of policy-%d", policy)
                    .anyMatch(c -> isReady(c, now));
        });
    }

    /**
     * How one edit went.
     *
     * @param acknowledged from before the edit was sent until the last concerned sidecar acknowledged it
     * @param said from then on until the status said so; zero where nobody looked
     * @param concerned whose sidecars got it
     * @param others who got a snapshot that does not have it
     */
    record Edit(Duration acknowledged, Duration said, Set<Integer> concerned, Set<Integer> others) {}

    /** Edits one policy and waits for acknowledgements and status. */
    Edit edit(int policy, String tool) throws Exception {
        McpAccessPolicy before = world.policyNamed(policy);
        fleet.expect(new World.Edited(
                before.getMetadata().getUid(), before.getMetadata().getGeneration() + 1));
        long from = micros();
        world.editPolicy(policy, tool);
        long last = fleet.awaitAcknowledged(shape.concerned(policy).size());
        awaitReady(policy);
        return new Edit(between(from, last), between(from, micros()), fleet.acknowledged(), fleet.others());
    }

    /** Edits what concerns every sidecar. */
    Edit editTrust(String reason) {
        var before = world.trust();
        fleet.expect(new World.Edited(
                before.getMetadata().getUid(), before.getMetadata().getGeneration() + 1));
        long from = micros();
        world.editTrust(reason);
        long last = fleet.awaitAcknowledged(shape.sidecars());
        return new Edit(between(from, last), Duration.ZERO, fleet.acknowledged(), fleet.others());
    }

    /** Suspends an agent or brings it back; every sidecar that knows it has to say that it does so. */
    Edit suspend(int agent, boolean suspended) {
        AgentIdentity before = world.agentNamed(agent);
        fleet.expect(new World.Edited(
                before.getMetadata().getUid(), before.getMetadata().getGeneration() + 1));
        long from = micros();
        world.suspend(agent, suspended);
        long last = fleet.awaitAcknowledged(whoKnows(agent).size());
        return new Edit(between(from, last), Duration.ZERO, fleet.acknowledged(), fleet.others());
    }

    /** The agent's own sidecars, and those of the servers that a policy opens to it. */
    Set<Integer> whoKnows(int agent) {
        Set<Integer> servers = new TreeSet<>();
        for (int policy = 1; policy < shape.policies(); policy++) {
            if (shape.agentOf(policy) == agent) {
                servers.add(shape.serverOf(policy));
            }
        }
        return shape.pods().stream()
                .filter(pod -> pod.server()
                        ? servers.contains(pod.owner()) || (Shape.isBroad(agent) && Shape.isBroad(pod.owner()))
                        : pod.owner() == agent)
                .map(Shape.Workload::index)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Duration between(long from, long to) {
        return Duration.ofNanos((to - from) * 1_000);
    }

    private static long micros() {
        Instant now = Instant.now();
        return now.getEpochSecond() * 1_000_000 + now.getNano() / 1_000;
    }

    /** The middle one, or the one below which 99 of 100 are. */
    static Duration percentile(List<Duration> all, int percent) {
        List<Duration> sorted = new ArrayList<>(all);
        sorted.sort(null);
        return sorted.get(Math.min(sorted.size() - 1, sorted.size() * percent / 100));
    }

    @Override
    public void close() throws IOException {
        fleet.close();
        operator.close();
        api.close();
    }
}
