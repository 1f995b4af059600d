package dev.stockade.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.crds.common.Selector;
import dev.stockade.crds.common.Selector.Operator;
import dev.stockade.crds.common.Selector.Requirement;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SelectorsTest {
    @ParameterizedTest
    @CsvSource({
        "IN, a, true",
        "IN, c, false",
        "IN, , false",
        "NOT_IN, a, false",
        "NOT_IN, c, true",
        "NOT_IN, , true",
        "EXISTS, c, true",
        "EXISTS, , false",
        "DOES_NOT_EXIST, c, false",
        "DOES_NOT_EXIST, , true"
    })
    void requirementsHoldAsInKubernetes(Operator operator, String value, boolean holds) {
        boolean valued = operator == Operator.IN || operator == Operator.NOT_IN;
        var selector = new Selector(
                Map.of(), List.of(new Requirement("key", operator, valued ? List.of("a", "b") : List.of())));

        assertThat(Selectors.matches(selector, value == null ? Map.of() : Map.of("key", value)))
                .isEqualTo(holds);
    }

    @Test
    void everythingThatASelectorSaysHasToHold() {
        var selector = new Selector(Map.of("app", "web"), List.of(new Requirement("tier", Operator.EXISTS, List.of())));

        assertThat(Selectors.matches(selector, Map.of("app", "web", "tier", "1", "more", "x")))
                .isTrue();
        assertThat(Selectors.matches(selector, Map.of("app", "web"))).isFalse();
        assertThat(Selectors.matches(selector, Map.of("tier", "1"))).isFalse();
    }

    @Test
    void aSelectorThatSaysNothingMatchesNothing() {
        assertThat(Selectors.matches(new Selector(Map.of(), List.of()), Map.of()))
                .isFalse();
        assertThat(Selectors.matches(new Selector(Map.of(), List.of()), Map.of("app", "web")))
                .isFalse();
    }
}
