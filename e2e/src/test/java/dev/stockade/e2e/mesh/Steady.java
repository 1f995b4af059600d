package dev.stockade.e2e.mesh;

import static dev.stockade.e2e.workload.Manifests.agentIdentity;
import static dev.stockade.e2e.workload.Manifests.policy;
import static dev.stockade.e2e.workload.Manifests.secureMcpServer;
import static dev.stockade.e2e.workload.Manifests.serviceAccount;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.e2e.evidence.Effects;
import dev.stockade.e2e.workload.Calls;
import dev.stockade.e2e.workload.Calls.Outcome;
import dev.stockade.e2e.workload.Held;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Steady traffic that does not need the API server to go on: an agent on the node of the control plane that calls all the time and
 * holds a stream of events, and a server with a replica on each of two nodes, which records every argument.
 */
public final class Steady implements AutoCloseable {
    public static final String NAMESPACE = "e2e-steady";
    public static final String SERVER = "answering";
    public static final String AGENT = "steady";
    public static final String POLICY = "steady";

    /** A look reads a whole log. */
    private static final Duration INTERVAL = Duration.ofSeconds(1);

    private final Team team;
    private final Ledger ledger;
    private final AtomicInteger edits = new AtomicInteger();

    private Steady(Team team) {
        this.team = team;
        ledger = new Ledger(team, SERVER);
    }

    public static Steady begin(Mesh mesh) {
        Team team = mesh.team(NAMESPACE);
        String node = team.client().nodes().list().getItems().stream()
                .map(Steady::name)
                .sorted()
                .findFirst()
                .orElseThrow();
        team.apply(
                team.manifests().spreadServer(SERVER, 2),
                secureMcpServer(SERVER, "audit: {arguments: Full}"),
                policy(POLICY, NAMESPACE, AGENT, SERVER, "echo"),
                serviceAccount(AGENT),
                agentIdentity(AGENT, ""));
        team.awaitDeployment(SERVER);
        team.apply(
                team.manifests().steadyAgent(AGENT, node, "http://127.0.0.1:15001/%s/%s".formatted(NAMESPACE, SERVER)));
        team.awaitReady(AGENT);
        Steady steady = new Steady(team);
        steady.awaitReady();
        return steady;
    }

    private static String name(Node node) {
        return node.getMetadata().getName();
    }

    public Team team() {
        return team;
    }

    public Calls calls() {
        return Calls.by(team.client(), NAMESPACE, AGENT);
    }

    /** The replica on a node. */
    public Pod replicaOn(String node) {
        return team.pods(SERVER).stream()
                .filter(pod -> node.equals(pod.getSpec().getNodeName()))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no replica of the server is on " + node));
    }

    /** The node on which the agent is not. */
    public String otherNode() {
        String own = team.pod(AGENT).getSpec().getNodeName();
        return team.pods(SERVER).stream()
                .map(pod -> pod.getSpec().getNodeName())
                .filter(node -> !own.equals(node))
                .findFirst()
                .orElseThrow();
    }

    /** Everything is as it was meant to be, without anybody's doing: statuses, pods, the stream, and calls one after the other. */
    public void awaitReady() {
        Instant from = Instant.now();
        team.awaitDeployment(SERVER).awaitReady(AGENT);
        team.server(SERVER).await("Ready", "True");
        team.policy(POLICY).await("Ready", "True").await("Enforced", "True");
        team.agentIdentity(AGENT).await("Ready", "True");
        Waiting.until(
                Waiting.PATIENCE,
                INTERVAL,
                "calls are answered and the stream is open again",
                () -> calls().after(from).reasons(),
                () -> calls().begunAfter(from).with(Outcome.ANSWERED).all().size() > 20
                        && Held.by(team.client(), NAMESPACE, AGENT).isOpen());
    }

    /** Some more calls, so that what has begun before is over. */
    public void goesOn() {
        Instant from = Instant.now();
        Waiting.until(
                Waiting.PATIENCE,
                INTERVAL,
                "calls are answered",
                () -> calls().after(from).reasons(),
                () -> calls().begunAfter(from).with(Outcome.ANSWERED).all().size() > 10);
    }

    /** Reads the audit lines that there are, before something takes them away. */
    public Instant collect() {
        Instant at = Instant.now();
        ledger.collect();
        return at;
    }

    /** From when on a log may be gone with its pod. */
    public void logsMayBeGone(Instant from, Instant to) {
        ledger.gone(from, to);
    }

    /** Changes the agent's policy, by a tool that the server does not have. */
    public void edit(int number) {
        team.policy(POLICY).patch("{\"spec\":{\"allow\":[{\"tools\":[\"echo\",\"edit-%d\"]}]}}".formatted(number));
    }

    /** Changes it, and waits until every sidecar has it in force. @return how long that took */
    public Duration editEnforced() {
        long began = System.nanoTime();
        Waiting.until("the policy can be edited", () -> "an error", () -> {
            edit(edits.incrementAndGet());
            return true;
        });
        team.policy(POLICY).await("Enforced", "True");
        return Duration.ofNanos(System.nanoTime() - began);
    }

    /** Changes it, and waits for nothing. */
    public void editUnenforced() {
        edit(edits.incrementAndGet());
    }

    /** Until both replicas are of the newest kind and ready, and no other is left. */
    public void awaitRolledOut() {
        Waiting.until(
                "%s is rolled out".formatted(SERVER),
                () -> team.pods(SERVER).stream().map(PodState::of).toList(),
                () -> {
                    Deployment now = team.client()
                            .apps()
                            .deployments()
                            .inNamespace(NAMESPACE)
                            .withName(SERVER)
                            .get();
                    Integer wanted = now.getSpec().getReplicas();
                    return now.getStatus().getObservedGeneration()
                                    >= now.getMetadata().getGeneration()
                            && wanted.equals(now.getStatus().getUpdatedReplicas())
                            && wanted.equals(now.getStatus().getReadyReplicas())
                            && wanted.equals(now.getStatus().getReplicas());
                });
    }

    /** How often the stream ended from a moment on. */
    public long streamsEnded(Instant from) {
        return Held.by(team.client(), NAMESPACE, AGENT).facts().stream()
                .filter(fact -> fact.stream().equals("end") && fact.at().isAfter(from))
                .count();
    }

    /**
     * Nothing was lost silently from a moment on: each call was answered, refused, or ended with an error, and the audit log
     * agrees.
     */
    public Calls assertNothingLost(Instant from) {
        goesOn();
        ledger.collect();
        Calls calls = calls();
        List<Calls.Call> lost = calls.after(from).with(Outcome.LOST).all();
        assertThat(lost)
                .as("calls to which nothing came, of %s", calls.after(from).counted())
                .isEmpty();
        ledger.assertAgrees(new Calls(calls.all().stream()
                .filter(call -> call.to().isBefore(Instant.now().minusSeconds(1)))
                .toList()));
        return calls.after(from);
    }

    /** The same, and each was answered, in spite of what happened; the stream stayed open. */
    public Calls assertUnharmed(Instant from) {
        Calls calls = assertNothingLost(from);
        assertThat(calls.reasons())
                .as("calls that failed, of %s", calls.counted())
                .isEmpty();
        assertThat(streamsEnded(from)).as("ends of the stream").isZero();
        return calls;
    }

    /** The measured part that each row begins with. */
    public static String measured(Calls calls) {
        return "%s; longest gap between answers %s%s"
                .formatted(
                        calls.counted(),
                        Effects.seconds(calls.longestGap()),
                        calls.reasons().isEmpty()
                                ? ""
                                : ", longest failure " + Effects.seconds(calls.longestFailure()));
    }

    @Override
    public void close() {
        team.disband();
    }
}
