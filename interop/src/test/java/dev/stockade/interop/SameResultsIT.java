package dev.stockade.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whoever is honest does not notice the mesh: a program sees through it what it sees without it, check by check. */
class SameResultsIT {
    private static final List<Comparison> COMPARED = new ArrayList<>();

    static Stream<Suite> suites() {
        return Suites.all();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("suites")
    void aProgramSeesThroughTheMeshWhatItSeesWithoutIt(Suite suite) {
        // Given a server of its own for each run
        // When
        List<Check> direct;
        try (Served server = suite.server().get()) {
            direct = suite.client().run(server.url());
        }
        List<Check> through;
        try (Served server = suite.server().get();
                TwoSidecars mesh = new TwoSidecars(server.port(), TwoSidecars.everything())) {
            through = suite.client().run(suite.captured() ? mesh.captured() : mesh.local());
        }

        // Then
        Comparison compared = new Comparison(suite.name(), suite.generation(), direct, through);
        COMPARED.add(compared);
        assertThat(compared.differences()).as("what went differently").isEmpty();
        assertThat(direct).as("checks").isNotEmpty();
        assertThat(compared.failed()).as("what fails without the mesh, too").isEqualTo(Set.copyOf(suite.fails()));
    }

    @AfterAll
    static void table() {
        System.out.println(Comparison.head());
        COMPARED.forEach(compared -> System.out.println(compared.row()));
    }
}
