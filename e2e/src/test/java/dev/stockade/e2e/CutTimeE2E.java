package dev.stockade.e2e;

import static dev.stockade.e2e.workload.Manifests.agentIdentity;
import static dev.stockade.e2e.workload.Manifests.policy;
import static dev.stockade.e2e.workload.Manifests.secureMcpServer;
import static dev.stockade.e2e.workload.Manifests.serviceAccount;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.e2e.evidence.Measurements.Row;
import dev.stockade.e2e.mesh.Disturbing;
import dev.stockade.e2e.mesh.Mesh;
import dev.stockade.e2e.mesh.Resource;
import dev.stockade.e2e.mesh.Team;
import dev.stockade.e2e.mesh.Waiting;
import dev.stockade.e2e.workload.Held;
import io.fabric8.kubernetes.api.model.Pod;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;

/**
 * How long the streams of a suspended agent live on, from before the write to the API server to the end as the agent's program
 * sees it, on the clock of the machine that all of this runs on. Asserted is that every one of them is cut.
 */
@Disturbing
@Order(60)
@Timeout(value = 20, unit = TimeUnit.MINUTES)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class CutTimeE2E {
    private static final String NAMESPACE = "e2e-crowd";
    private static final String CROWD = "crowd";
    /** As many start at the same time as two cores can bear. */
    private static final int BATCH = 8;

    /** Between two readings of all logs, which would compete with what is measured. */
    private static final Duration INTERVAL = Duration.ofSeconds(2);

    private static final int ROUNDS = 3;

    private final Mesh mesh;
    private final Team team;

    CutTimeE2E(Mesh mesh) {
        this.mesh = mesh;
        team = mesh.team(NAMESPACE);
    }

    @BeforeAll
    void raise() {
        team.apply(
                team.manifests().server("visited", 1, true),
                secureMcpServer("visited", ""),
                policy("visitors", NAMESPACE, CROWD, "visited", "echo"),
                serviceAccount(CROWD),
                agentIdentity(CROWD, ""),
                team.manifests().crowd(CROWD, CROWD, "http://127.0.0.1:15001/e2e-crowd/visited"));
        team.awaitDeployment("visited").policy("visitors").await("Enforced", "True");
    }

    @AfterAll
    void end() {
        team.disband();
    }

    @Test
    @Order(1)
    void theStreamOfOneSidecarIsCut() {
        measure(1, Row.CUT_1);
    }

    @Test
    @Order(10)
    void theStreamsOfTenSidecarsAreCut() {
        measure(10, Row.CUT_10);
    }

    @Test
    @Order(50)
    void theStreamsOfFiftySidecarsAreCut() {
        measure(50, Row.CUT_50);
    }

    private void measure(int size, Row row) {
        grow(size);
        List<Duration> times = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
            times.addAll(cut(size));
        }
        assertThat(times).hasSize(size * ROUNDS);
        mesh.measurements().record(row, times);
    }

    private void grow(int size) {
        for (int running = crowd().size(); running < size; ) {
            running = Math.min(size, running + BATCH);
            team.client()
                    .apps()
                    .deployments()
                    .inNamespace(NAMESPACE)
                    .withName(CROWD)
                    .scale(running);
            team.awaitDeployment(CROWD, Waiting.GREAT_PATIENCE);
        }
    }

    /** @return how long each stream lived on */
    private List<Duration> cut(int size) {
        Resource agent = team.agentIdentity(CROWD);
        List<Pod> crowd = crowd();
        assertThat(crowd).hasSize(size);
        Waiting.until(
                Waiting.PATIENCE,
                INTERVAL,
                "%d streams are open".formatted(size),
                () -> held(crowd),
                () -> held(crowd).stream().allMatch(Held::isOpen));

        Instant suspended = Instant.now();
        agent.patch("{\"spec\":{\"suspended\":true}}");
        agent.await("Suspended", "True");
        Waiting.until(
                Waiting.PATIENCE,
                INTERVAL,
                "%d streams are cut".formatted(size),
                () -> held(crowd),
                () -> held(crowd).stream()
                        .allMatch(held -> held.endAfter(suspended).isPresent()));
        List<Held> facts = held(crowd);

        agent.patch("{\"spec\":{\"suspended\":false}}");
        return facts.stream()
                .map(held ->
                        Duration.between(suspended, held.endAfter(suspended).orElseThrow()))
                .toList();
    }

    private List<Held> held(List<Pod> crowd) {
        return crowd.parallelStream()
                .map(pod -> Held.by(team.client(), NAMESPACE, pod.getMetadata().getName()))
                .toList();
    }

    private List<Pod> crowd() {
        return team.pods(CROWD);
    }
}
