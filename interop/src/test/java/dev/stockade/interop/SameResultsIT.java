package dev.stockade.interop;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
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
        // Given two runs of the same
        // When
        Comparison compared = new Comparison(
                suite.name(),
                suite.generation(),
                suite.direct().get(),
                suite.through().get(),
                suite.different());
        COMPARED.add(compared);

        // Then
        assertThat(compared.direct()).as("checks").isNotEmpty();
        assertThat(compared.unexpected()).as("what went differently").isEmpty();
        assertThat(compared.differences().keySet())
                .as("what is known to go differently")
                .isEqualTo(suite.different().keySet());
        assertThat(compared.failedDirectly())
                .as("what fails even without the mesh")
                .isEmpty();
    }

    @AfterAll
    static void table() {
        System.out.println(Comparison.head());
        COMPARED.forEach(compared -> System.out.println(compared.row()));
    }
}
