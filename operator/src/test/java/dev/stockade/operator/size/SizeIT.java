package dev.stockade.operator.size;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.Pod;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/** What must hold at every size, at the smallest of {@code make size}: who is told of a change, and what it costs the API server. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class SizeIT {
    @TempDir
    static Path folder;

    static Simulation simulation;

    @BeforeAll
    static void start() throws Exception {
        simulation = new Simulation(new Shape(200), folder, 1);
        List<Pod> pods = simulation.populate();
        simulation.connect(pods);
        simulation.awaitReady();
    }

    @AfterAll
    static void stop() throws Exception {
        simulation.close();
    }

    private static Set<Integer> concerned(int policy) {
        return simulation.shape().concerned(policy).stream()
                .map(Shape.Workload::index)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    @Order(1)
    void anEditTellsTheSidecarsThatItConcernsAndNoOther() throws Exception {
        // When one policy of one server and one agent is edited, and another that concerns a tenth
        Simulation.Edit few = simulation.edit(7, "few");
        Simulation.Edit many = simulation.edit(0, "many");

        // Then
        assertThat(few.concerned()).isEqualTo(concerned(7)).hasSizeLessThan(10);
        assertThat(few.others()).isEmpty();
        assertThat(many.concerned()).isEqualTo(concerned(0)).hasSize(20);
        assertThat(many.others()).isEmpty();
    }

    @Test
    @Order(2)
    void anEditCostsTheApiServerNothingForWhatItDoesNotConcern() throws Exception {
        // Given
        simulation.audit().since();

        // When
        for (int policy = 11; policy < 21; policy++) {
            simulation.edit(policy, "edited");
        }

        // Then only the edited policies are written, each at most twice, and no pod is looked for
        Audit.Requests requests = simulation.audit().since();
        assertThat(requests.written())
                .isSubsetOf(IntStream.range(11, 21)
                        .mapToObj(policy -> "mcpaccesspolicies/policy-" + policy)
                        .toList());
        assertThat(requests.counted().getOrDefault("patch mcpaccesspolicies/status", 0))
                .isBetween(10, 20);
        assertThat(requests.counted().getOrDefault("create events", 0)).isLessThanOrEqualTo(10);
        assertThat(requests.searches()).isZero();
    }

    @Test
    @Order(3)
    void theKillSwitchReachesEverySidecar() throws Exception {
        // When
        Simulation.Edit edit = simulation.editTrust("an incident");

        // Then
        assertThat(edit.concerned()).hasSize(simulation.shape().sidecars());
        assertThat(edit.others()).isEmpty();
    }

    @Test
    @Order(4)
    void theOperatorStaysWithinItsMemory() throws Exception {
        assertThat(simulation.operator().resident().highest()).isLessThan(OperatorProcess.LIMIT_BYTES);
    }

    @Test
    @Order(5)
    void afterTheOperatorWasKilledEverySidecarComesBackAndNoPolicysStatusIsWrittenAnew() throws Exception {
        // Given
        simulation.audit().since();

        // When
        simulation.operator().restart();
        simulation.operator().awaitServing();
        simulation.fleet().awaitLost(simulation.shape().sidecars());
        simulation.fleet().awaitCurrent(simulation.shape().sidecars());
        simulation.awaitReady();

        // Then what was so stays said as it is
        assertThat(simulation.audit().since().written()).noneMatch(written -> written.startsWith("mcpaccesspolicies/"));
        Simulation.Edit edit = simulation.edit(7, "after");
        assertThat(edit.concerned()).isEqualTo(concerned(7));
    }
}
