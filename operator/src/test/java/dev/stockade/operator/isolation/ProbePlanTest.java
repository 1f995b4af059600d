package dev.stockade.operator.isolation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ProbePlanTest {
    private static final ProtectedPod POD = new ProtectedPod(
            "tools", "web-0", "uid-web-0", "node0", List.of("192.0.2.9"), Map.of("app", "web"), List.of());

    private static Vantage sidecar(String namespace, String name, String node) {
        return new Vantage("uid-" + name, namespace + "/" + name, namespace, node);
    }

    @Test
    void theOperatorTriesWhoeverElseIsThere() {
        assertThat(ProbePlan.vantages(POD, List.of())).containsExactly(Vantage.OPERATOR);
    }

    @Test
    void neighboursOfTheNamespaceAreNotAsked() {
        assertThat(ProbePlan.vantages(POD, List.of(sidecar("tools", "other", "node1"))))
                .containsExactly(Vantage.OPERATOR);
    }

    @Test
    void anotherNodeComesFirstAndThenYetAnother() {
        Vantage same = sidecar("agents", "same", "node0");
        Vantage far = sidecar("agents", "far", "node1");

        assertThat(ProbePlan.vantages(POD, List.of(same, far))).containsExactly(Vantage.OPERATOR, far, same);
    }

    @Test
    void theChoiceDoesNotDependOnTheOrder() {
        List<Vantage> many = new ArrayList<>(IntStream.range(0, 20)
                .mapToObj(i -> sidecar("agents", "a" + i, "node" + i % 3))
                .toList());
        List<Vantage> chosen = ProbePlan.vantages(POD, many);
        Collections.reverse(many);

        assertThat(ProbePlan.vantages(POD, many)).isEqualTo(chosen).hasSize(3);
        assertThat(chosen).extracting(Vantage::node).doesNotHaveDuplicates().doesNotContain("node0");
    }

    @Test
    void theWorkIsSharedAmongEquals() {
        // Given as many sidecars on one node as pods on another
        List<Vantage> many = IntStream.range(0, 50)
                .mapToObj(i -> sidecar("agents", "a" + i, "node1"))
                .toList();

        // When
        List<Vantage> chosen = IntStream.range(0, 200)
                .mapToObj(i -> new ProtectedPod(
                        "tools", "web-" + i, "uid-web-" + i, "node0", List.of("192.0.2.9"), Map.of(), List.of()))
                .flatMap(pod -> ProbePlan.vantages(pod, many).stream())
                .filter(vantage -> !vantage.isOperator())
                .toList();

        // Then two for each pod, of whom all take part
        assertThat(chosen).hasSize(400);
        assertThat(chosen.stream().distinct()).hasSizeGreaterThan(40);
    }
}
