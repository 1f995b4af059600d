package dev.stockade.model.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.stockade.model.audit.ChainReport.Chain;
import dev.stockade.model.audit.ChainReport.Fault;
import dev.stockade.model.audit.ChainReport.FaultKind;
import dev.stockade.model.json.JsonText;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ChainVerifierTest {
    private static final Instant TIME = Instant.parse("2026-07-28T01:02:03.000456789Z");

    private static List<String> lines(String boot, int count) {
        AuditChain chain = new AuditChain(boot);
        JsonText out = new JsonText(16);
        for (int i = 0; i < count; i++) {
            chain.append(
                    new SigningEvent(
                            TIME,
                            new UUID(1, i),
                            "spiffe://a/ns/b/agent/c",
                            "b/c-" + i,
                            "10.0.0.1",
                            "token",
                            AuditEvent.Verdict.ALLOW,
                            "",
                            "",
                            0,
                            Optional.empty()),
                    out);
        }
        return new ArrayList<>(new String(out.toByteArray(), UTF_8).lines().toList());
    }

    private static ChainReport verify(List<String> lines) {
        ChainVerifier verifier = new ChainVerifier();
        lines.forEach(line -> verifier.accept(line.getBytes(UTF_8)));
        return verifier.report();
    }

    @Test
    void chainsOfSeveralProcessesBetweenOtherLinesAreFollowedEachByItself() {
        // Given two pods' logs, woven together as a collector does, with names before the lines and other lines between
        // them
        List<String> one = lines("one", 3);
        List<String> two = lines("two", 2);
        List<String> stream = List.of(
                "starting",
                "[pod/a/stockade-sidecar] " + one.get(0),
                "[pod/b/stockade-sidecar] " + two.get(0),
                "[pod/a/stockade-sidecar] {\"log\":\"life\",\"message\":\"ready\"}",
                "[pod/a/stockade-sidecar] " + one.get(1),
                "[pod/b/stockade-sidecar] " + two.get(1),
                "[pod/a/stockade-sidecar] " + one.get(2));
        // When
        ChainReport report = verify(stream);
        // Then
        assertThat(report.faults()).isEmpty();
        assertThat(report.unbroken()).isTrue();
        assertThat(report.chains())
                .containsExactly(
                        new Chain("one", "[pod/a/stockade-sidecar]", 3, 1, 3, 2, 7),
                        new Chain("two", "[pod/b/stockade-sidecar]", 2, 1, 2, 3, 6));
        assertThat(report.lines()).isEqualTo(7);
        assertThat(report.others()).isEqualTo(2);
    }

    @Test
    void aStreamMayBeginLate() {
        ChainReport report = verify(lines("one", 5).subList(2, 5));

        assertThat(report.unbroken()).isTrue();
        assertThat(report.chains().getFirst().firstSeq()).isEqualTo(3);
    }

    @Test
    void aRemovedLineShowsWithItsNumberAndPlace() {
        List<String> cut = lines("one", 6);
        cut.subList(2, 4).clear();

        assertThat(verify(cut).faults())
                .containsExactly(new Fault(
                        FaultKind.MISSING,
                        3,
                        "one",
                        3,
                        "numbers 3 to 4 are missing between line 2 (number 2) and line 3"));
    }

    @Test
    void aChangedLineShowsByTheNextOne() {
        List<String> changed = lines("one", 4);
        changed.set(1, changed.get(1).replace("10.0.0.1", "10.0.0.2"));

        assertThat(verify(changed).faults())
                .extracting(Fault::kind, Fault::line, Fault::seq)
                .containsExactly(tuple(FaultKind.CHANGED, 2L, 2L));
    }

    @Test
    void aLineWithAnotherNumberShows() {
        List<String> renumbered = lines("one", 5);
        renumbered.remove(2);
        renumbered.set(2, renumbered.get(2).replace("\"seq\":4", "\"seq\":3"));

        assertThat(verify(renumbered).unbroken()).isFalse();
    }

    @Test
    void aMovedLineShowsOnceAndWhereItStands() {
        List<String> moved = lines("one", 5);
        moved.add(3, moved.remove(1));

        assertThat(verify(moved).faults())
                .extracting(Fault::kind, Fault::line, Fault::seq)
                .containsExactly(tuple(FaultKind.MOVED, 4L, 2L));
    }

    @Test
    void aLineThatStandsTwiceShows() {
        List<String> twice = lines("one", 3);
        twice.add(2, twice.get(1));

        assertThat(verify(twice).faults())
                .extracting(Fault::kind, Fault::line, Fault::seq)
                .containsExactly(tuple(FaultKind.REPEATED, 3L, 2L));
    }

    @Test
    void aFirstLineThatNamesOneBeforeItShows() {
        List<String> lines = lines("one", 2);
        lines.set(0, lines.get(0).replace("\"prev\":\"00", "\"prev\":\"01"));

        assertThat(verify(lines.subList(0, 1)).faults())
                .extracting(Fault::kind, Fault::line)
                .containsExactly(tuple(FaultKind.CHANGED, 1L));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"log\":\"audit\",\"time\":\"x\"}",
                "{\"log\":\"audit\",\"boot\":\"b\",\"seq\":0,\"prev\":\"PREV\"}",
                "{\"log\":\"audit\",\"boot\":\"b\",\"seq\":99999999999999999999,\"prev\":\"PREV\"}",
                "{\"log\":\"audit\",\"seq\":1,\"boot\":\"b\",\"prev\":\"PREV\"}",
            })
    void anAuditLineWithoutAPlaceInAChainShows(String line) {
        assertThat(verify(List.of(line.replace("PREV", AuditChain.FIRST))).faults())
                .extracting(Fault::kind, Fault::line)
                .containsExactly(tuple(FaultKind.UNREADABLE, 1L));
    }

    /** What is done to a log: anything but its end and the last line of it, which no later line vouches for. */
    @Test
    void whateverIsDoneToALogShows() {
        Random random = new Random(42);
        List<String> whole = lines("one", 40);
        IntStream.range(0, 2000).forEach(round -> {
            List<String> lines = new ArrayList<>(whole);
            int at = 1 + random.nextInt(38);
            String what = switch (random.nextInt(4)) {
                case 0 -> {
                    lines.remove(at);
                    yield "removed " + at;
                }
                case 1 -> {
                    StringBuilder line = new StringBuilder(lines.get(at));
                    int place = random.nextInt(line.length());
                    line.setCharAt(place, line.charAt(place) == 'x' ? 'y' : 'x');
                    lines.set(at, line.toString());
                    yield "changed " + at + " at " + place;
                }
                case 2 -> {
                    int other = (at + 1 + random.nextInt(38)) % 40;
                    Collections.swap(lines, at, other);
                    yield "swapped " + at + " and " + other;
                }
                default -> {
                    lines.add(at, lines.get(random.nextInt(40)));
                    yield "repeated at " + at;
                }
            };

            assertThat(verify(lines).unbroken()).as(what).isFalse();
        });
    }

    @Test
    void moreFaultsThanAreToldAreCounted() {
        List<String> lines = Collections.nCopies(ChainVerifier.MOST_FAULTS + 7, "{\"log\":\"audit\",}");

        ChainReport report = verify(lines);

        assertThat(report.faults()).hasSize(ChainVerifier.MOST_FAULTS);
        assertThat(report.untold()).isEqualTo(7);
    }
}
