package dev.stockade.operator.isolation;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TrialsTest {
    private static final Instant NOW = Instant.parse("2026-06-01T12:00:00Z");
    private static final Vantage READER = new Vantage("uid-reader", "agents/reader", "agents", "node1");
    private static final Vantage WRITER = new Vantage("uid-writer", "agents/writer", "agents", "node2");
    private static final Target CONTROL = new Target("192.0.2.9", 15008);
    private static final Target SERVER = new Target("192.0.2.9", 3000);
    private static final List<Target> TARGETS = List.of(CONTROL, SERVER);

    private final Trials trials = new Trials();

    @BeforeEach
    void chosen() {
        trials.choose("web", List.of(Vantage.OPERATOR, READER));
    }

    private boolean note(Vantage from, Target target, Outcome outcome) {
        return trials.note("web", from, target, outcome, NOW);
    }

    private Tried operator(Instant at) {
        return trials.of("web", TARGETS, at).getFirst();
    }

    @Test
    void whatWasNotTriedIsMissing() {
        assertThat(operator(NOW)).isEqualTo(new Tried(Vantage.OPERATOR, List.of(), TARGETS, List.of()));
    }

    @Test
    void onceIsNotSure() {
        assertThat(note(Vantage.OPERATOR, CONTROL, Outcome.OPEN)).isTrue();
        note(Vantage.OPERATOR, SERVER, Outcome.OPEN);

        assertThat(operator(NOW)).isEqualTo(new Tried(Vantage.OPERATOR, List.of(), List.of(SERVER), List.of()));
        assertThat(trials.unsure("web")).isTrue();
        assertThat(trials.bypassed()).isZero();

        assertThat(note(Vantage.OPERATOR, SERVER, Outcome.OPEN)).isTrue();
        assertThat(operator(NOW)).isEqualTo(new Tried(Vantage.OPERATOR, List.of(SERVER), List.of(), List.of()));
        assertThat(trials.unsure("web")).isFalse();
        assertThat(trials.bypassed()).isEqualTo(1);
        assertThat(note(Vantage.OPERATOR, SERVER, Outcome.OPEN)).as("no news").isFalse();
    }

    @Test
    void oneRefusalBetweenBeginsAnew() {
        note(Vantage.OPERATOR, SERVER, Outcome.OPEN);
        note(Vantage.OPERATOR, SERVER, Outcome.TIMEOUT);
        note(Vantage.OPERATOR, SERVER, Outcome.OPEN);

        assertThat(operator(NOW).open()).isEmpty();
    }

    @Test
    void whatDoesNotReachTheSidecarIsBlocked() {
        note(Vantage.OPERATOR, CONTROL, Outcome.TIMEOUT);
        note(Vantage.OPERATOR, SERVER, Outcome.TIMEOUT);

        assertThat(operator(NOW).couldTry()).isFalse();
        assertThat(trials.blocked("web")).isTrue();
        note(Vantage.OPERATOR, CONTROL, Outcome.OPEN);
        assertThat(trials.blocked("web")).isFalse();
    }

    @Test
    void anOrderThatNobodyCarriedOutIsMissing() {
        note(READER, CONTROL, Outcome.OPEN);
        note(READER, SERVER, Outcome.NOT_TRIED);

        assertThat(trials.of("web", TARGETS, NOW).getLast())
                .isEqualTo(new Tried(READER, List.of(), List.of(SERVER), List.of()));
    }

    @Test
    void aNetworkThatRejectsAsUnreachableIsClosed() {
        note(READER, CONTROL, Outcome.OPEN);
        note(READER, SERVER, Outcome.UNREACHABLE);

        assertThat(trials.of("web", TARGETS, NOW).getLast().settled()).isTrue();
    }

    @Test
    void whatIsOldSaysNothing() {
        note(Vantage.OPERATOR, CONTROL, Outcome.OPEN);
        note(Vantage.OPERATOR, SERVER, Outcome.REFUSED);

        assertThat(operator(NOW.plus(Trials.VALID)).settled()).isTrue();
        assertThat(operator(NOW.plus(Trials.VALID).plusSeconds(1)).missing()).isEqualTo(TARGETS);
    }

    @Test
    void whoIsNotAskedAnyMoreIsForgotten() {
        note(READER, SERVER, Outcome.OPEN);
        note(READER, SERVER, Outcome.OPEN);
        trials.choose("web", List.of(Vantage.OPERATOR));

        assertThat(trials.bypassed()).isZero();
        assertThat(note(READER, SERVER, Outcome.OPEN)).isFalse();

        trials.retain(Set.of());
        assertThat(trials.of("web", TARGETS, NOW)).isEmpty();
    }

    private void provesClosed(Vantage from) {
        note(from, CONTROL, Outcome.OPEN);
        note(from, SERVER, Outcome.TIMEOUT);
    }

    private List<Vantage> believed() {
        return trials.of("web", TARGETS, NOW).stream().map(Tried::vantage).toList();
    }

    @Test
    void whatWasFoundHoldsUntilTheNextHasTried() {
        provesClosed(Vantage.OPERATOR);
        provesClosed(READER);
        trials.choose("web", List.of(Vantage.OPERATOR, WRITER));

        assertThat(believed()).containsExactly(Vantage.OPERATOR, READER);
        assertThat(trials.of("web", TARGETS, NOW)).allMatch(Tried::settled);

        provesClosed(WRITER);
        assertThat(believed()).containsExactly(Vantage.OPERATOR, WRITER);
    }

    @Test
    void whatAFormerOneFoundSaysNothingOfAnotherPortAndNotForEver() {
        provesClosed(Vantage.OPERATOR);
        provesClosed(READER);
        trials.choose("web", List.of(Vantage.OPERATOR, WRITER));
        List<Target> more = List.of(CONTROL, SERVER, new Target("192.0.2.9", 4000));

        assertThat(trials.of("web", more, NOW)).extracting(Tried::vantage).containsExactly(Vantage.OPERATOR, WRITER);
        assertThat(trials.of("web", more, NOW)).noneMatch(Tried::settled);
        assertThat(trials.of("web", TARGETS, NOW.plus(Trials.VALID).plusSeconds(1)))
                .extracting(Tried::vantage)
                .containsExactly(Vantage.OPERATOR, WRITER);
    }

    @Test
    void whatOpenedOnceIsNotHiddenByAFormerOne() {
        provesClosed(Vantage.OPERATOR);
        provesClosed(READER);
        trials.choose("web", List.of(Vantage.OPERATOR, WRITER));
        note(WRITER, CONTROL, Outcome.OPEN);
        note(WRITER, SERVER, Outcome.OPEN);

        assertThat(believed()).containsExactly(Vantage.OPERATOR, WRITER);
        assertThat(trials.of("web", TARGETS, NOW).getLast().settled()).isFalse();
    }

    @Test
    void aFormerOneThatFoundAWayOrReachedNothingProvesNothing() {
        provesClosed(Vantage.OPERATOR);
        note(READER, CONTROL, Outcome.TIMEOUT);
        note(READER, SERVER, Outcome.TIMEOUT);
        trials.choose("web", List.of(Vantage.OPERATOR, WRITER));

        assertThat(believed()).containsExactly(Vantage.OPERATOR, WRITER);
    }

    @Test
    void anOrderThatNobodyCarriedOutTakesNothingBackAsLongAsThatIsValid() {
        provesClosed(READER);

        assertThat(note(READER, SERVER, Outcome.NOT_TRIED)).isFalse();
        assertThat(trials.of("web", TARGETS, NOW).getLast().settled()).isTrue();

        Instant later = NOW.plus(Trials.VALID).plusSeconds(1);
        assertThat(trials.note("web", READER, SERVER, Outcome.NOT_TRIED, later)).isTrue();
        assertThat(trials.of("web", TARGETS, later).getLast().settled()).isFalse();
    }

    @Test
    void howeverOftenTheyChangeFewAreKept() {
        for (int i = 0; i < 100; i++) {
            Vantage next = new Vantage("uid-" + i, "agents/" + i, "agents", "node1");
            trials.choose("web", List.of(next));
            provesClosed(next);
        }
        trials.choose("web", List.of(WRITER));

        assertThat(believed()).hasSize(4);
    }
}
