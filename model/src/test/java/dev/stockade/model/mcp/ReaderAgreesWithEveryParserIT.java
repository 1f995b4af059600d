package dev.stockade.model.mcp;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Whatever the reader accepts, servers in Java (Jackson), JavaScript (JSON.parse), Python (json) and Go (encoding/json, into maps
 * and into structs) read as the same message; so what any two of them read differently is refused.
 */
class ReaderAgreesWithEveryParserIT {
    private static final int BODIES = 24_000;
    private static final Path FOLDER = Path.of("target", "readings").toAbsolutePath();
    private static final Path SOURCES = Path.of("src", "test").toAbsolutePath();

    @Test
    void whatIsAcceptedIsReadTheSameInEveryLanguage() throws Exception {
        // Given
        List<byte[]> bodies = new ArrayList<>();
        McpReaderTest.hostile()
                .forEach(arguments -> bodies.add((byte[]) arguments.get()[0]));
        HostileBodies random = new HostileBodies(20_260_728);
        while (bodies.size() < BODIES) {
            bodies.add(random.next());
        }
        Files.createDirectories(FOLDER);
        Path file = FOLDER.resolve("bodies");
        Files.write(
                file, bodies.stream().map(Base64.getEncoder()::encodeToString).toList(), US_ASCII);

        // When
        Map<String, List<String>> readings = readings(file);
        readings.put("Jackson", bodies.stream().map(WholeReading::of).toList());

        // Then
        McpReader reader = new McpReader(11);
        int accepted = 0;
        int readDifferently = 0;
        for (int i = 0; i < bodies.size(); i++) {
            byte[] body = bodies.get(i);
            List<String> lines = new ArrayList<>();
            for (List<String> of : readings.values()) {
                lines.add(of.get(i));
            }
            McpMessage message = reader.read(ByteBuffer.wrap(body));
            boolean same = lines.stream().distinct().count() == 1;
            if (message instanceof McpMessage.Malformed) {
                readDifferently += same ? 0 : 1;
                continue;
            }
            accepted++;
            String shown = Base64.getEncoder().encodeToString(body);
            assertThat(same ? List.of(lines.get(0)) : lines)
                    .as("the readings of %s of the accepted body %s", readings.keySet(), shown)
                    .hasSize(1)
                    .doesNotContain(WholeReading.REFUSED);
            assertThat(WholeReading.disagreement(body, message)).as(shown).isEmpty();
        }
        System.out.printf(
                "measured: of %d bodies, %d are accepted, and read alike by %s; %d are refused, %d of which these read differently%n",
                bodies.size(), accepted, readings.keySet(), bodies.size() - accepted, readDifferently);
        assertThat(accepted).as("accepted bodies").isBetween(BODIES / 4, BODIES * 3 / 4);
        assertThat(readDifferently)
                .as("refused bodies that the parsers read differently")
                .isGreaterThan(BODIES / 20);
    }

    /** The lines that each program prints, by its name; they run side by side. */
    private static Map<String, List<String>> readings(Path bodies) throws IOException, InterruptedException {
        String go = program("go", "Go 1.21 or later (https://go.dev/dl)");
        Path goReading = FOLDER.resolve("reading-go");
        Map<String, Process> running = new LinkedHashMap<>();
        running.put(
                "Node",
                start(
                        "node",
                        List.of(
                                program("node", "Node.js 18 or later (the Debian package nodejs)"),
                                SOURCES.resolve("node/reading.js").toString(),
                                bodies.toString())));
        running.put(
                "Python",
                start(
                        "python",
                        List.of(
                                program("python3", "Python 3.8 or later (the Debian package python3)"),
                                "-I",
                                SOURCES.resolve("python/reading.py").toString(),
                                bodies.toString())));
        finish(
                "the compilation of src/test/go",
                "go-build",
                start(
                        "go-build",
                        List.of(
                                go,
                                "build",
                                "-o",
                                goReading.toString(),
                                SOURCES.resolve("go/reading.go").toString())));
        running.put("Go", start("go", List.of(goReading.toString(), bodies.toString())));
        Map<String, List<String>> readings = new LinkedHashMap<>();
        for (Map.Entry<String, Process> entry : running.entrySet()) {
            String name = entry.getKey();
            String log = name.toLowerCase(Locale.ROOT);
            finish(name + "'s program", log, entry.getValue());
            List<String> lines = Files.readAllLines(FOLDER.resolve(log + ".out"), US_ASCII);
            assertThat(lines).as("lines of " + name + "'s program").hasSize(BODIES);
            readings.put(name, lines);
        }
        return readings;
    }

    private static Process start(String log, List<String> command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(FOLDER.toFile())
                .redirectOutput(FOLDER.resolve(log + ".out").toFile())
                .redirectError(FOLDER.resolve(log + ".err").toFile());
        // Only the standard library is needed: nothing is fetched, and nothing outside of target is written.
        builder.environment().put("GOCACHE", FOLDER.resolve("go-cache").toString());
        builder.environment().put("GOTOOLCHAIN", "local");
        builder.environment().put("GOFLAGS", "");
        return builder.start();
    }

    private static void finish(String what, String log, Process process) throws IOException, InterruptedException {
        if (!process.waitFor(10, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new AssertionError(what + " did not end in ten minutes");
        }
        assertThat(process.exitValue())
                .as(() -> what + " failed, and its standard error is in " + FOLDER.resolve(log + ".err"))
                .isZero();
    }

    private static String program(String name, String what) {
        String path = System.getenv().getOrDefault("PATH", "") + File.pathSeparator + "/usr/local/go/bin";
        return Stream.of(path.split(File.pathSeparator))
                .map(folder -> Path.of(folder, name))
                .filter(Files::isExecutable)
                .findFirst()
                .map(Path::toString)
                .orElseThrow(() -> new AssertionError("'" + name
                        + "' is not on PATH, and it is needed to compare how each language"
                        + " reads a message. Install " + what + ", or run 'make test', which does that on Debian."));
    }
}
