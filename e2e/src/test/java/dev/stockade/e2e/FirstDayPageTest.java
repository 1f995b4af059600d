package dev.stockade.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code docs/first-day.md} and its tests: each case has one, and each test of the first day stands on the page. */
class FirstDayPageTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

    record Row(String called, String sign, String what, String test) {
        @Override
        public String toString() {
            return called;
        }
    }

    static List<Row> rows() throws IOException {
        return Files.readAllLines(ROOT.resolve("docs/first-day.md")).stream()
                .filter(line -> line.startsWith("| ") && !line.startsWith("| case "))
                .map(line -> Arrays.stream(line.split("\\|", -1))
                        .map(String::strip)
                        .skip(1)
                        .toList())
                .map(cells -> new Row(cells.get(0), cells.get(1), cells.get(2), cells.get(3)))
                .toList();
    }

    @ParameterizedTest
    @MethodSource("rows")
    void eachCaseHasASignACureAndATestThatExists(Row row) throws IOException {
        assertThat(row.sign()).isNotBlank();
        assertThat(row.what()).isNotBlank();
        assertThat(row.test()).matches("`[A-Za-z0-9]+(Test|IT|E2E)\\.[a-zA-Z0-9]+`");
        String[] names = row.test().replace("`", "").split("\\.", -1);
        assertThat(source(names[0])).contains("void " + names[1] + "(");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP+SSE",
                "Two MCP servers in one pod",
                "OAuth",
                "Default-deny egress",
                "headless Service",
                "without a Service",
                "Agent and server in one pod",
                "IPv6",
                "Another cluster domain",
                "A wrong port",
                "captured port",
                "older than its resource",
                "never labelled"
            })
    void thePageHasTheCase(String words) throws IOException {
        assertThat(rows()).anyMatch(row -> row.called().contains(words));
    }

    @Test
    void eachTestOfTheFirstDayStandsOnThePage() throws IOException {
        List<String> named = rows().stream().map(Row::test).toList();

        List<String> tests = source("FirstDayE2E")
                .lines()
                .filter(line -> line.startsWith("    void ") && !line.startsWith("    void end("))
                .map(line ->
                        "`FirstDayE2E." + line.strip().substring(5, line.strip().indexOf('(')) + "`")
                .toList();
        assertThat(tests).isNotEmpty();
        assertThat(named).containsAll(tests);
    }

    private static String source(String test) throws IOException {
        for (String module : List.of("e2e", "operator", "sidecar", "policy", "crds", "cli")) {
            try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src/test/java"))) {
                List<Path> found = files.filter(
                                file -> file.getFileName().toString().equals(test + ".java"))
                        .toList();
                if (!found.isEmpty()) {
                    return Files.readString(found.getFirst());
                }
            }
        }
        throw new AssertionError("there is no test " + test);
    }
}
