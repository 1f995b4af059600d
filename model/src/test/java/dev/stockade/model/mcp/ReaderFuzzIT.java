package dev.stockade.model.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * A coverage-guided fuzzer (Jazzer) looks for a minute for bytes that {@link ReaderFuzz} does not hold for, in a process of its own
 * with little memory: an exception, a wrong reading, a hang and too much memory are findings alike.
 *
 * <p>Its seed is fixed, so that two runs of one version try the same inputs as far as their time goes. For a longer search, give
 * {@code -Dfuzz.seconds=3600 -Dfuzz.seed=0} (0 is another seed each time).
 */
class ReaderFuzzIT {
    static final Path SEEDS = Path.of("src", "test", "resources", "fuzz").toAbsolutePath();

    private static final Path FOLDER = Path.of("target", "fuzz").toAbsolutePath();
    private static final int SECONDS = Integer.getInteger("fuzz.seconds", 60);
    private static final int SEED = Integer.getInteger("fuzz.seed", 20_260_728);

    @Test
    void theFuzzerFindsNoCrashHangOrUnboundedMemory() throws Exception {
        // Given
        Path corpus = Files.createDirectories(FOLDER.resolve("corpus"));
        Path log = FOLDER.resolve("jazzer.log");
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:+EnableDynamicAgentLoading",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                "com.code_intelligence.jazzer.Jazzer",
                "--target_class=" + ReaderFuzz.class.getName(),
                "--instrumentation_includes=dev.stockade.model.**",
                "--reproducer_path=" + FOLDER,
                corpus.toString(),
                SEEDS.toString(),
                "-dict=" + SEEDS.resolveSibling("reader.dict"),
                "-artifact_prefix=" + FOLDER + "/",
                "-max_total_time=" + SECONDS,
                "-seed=" + SEED,
                "-max_len=16384",
                // Far beyond what 16 KB take: a machine that stands still for a while is no hang.
                "-timeout=120",
                "-rss_limit_mb=2048",
                "-print_final_stats=1");

        // When
        Process fuzzer = new ProcessBuilder(command)
                .directory(FOLDER.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        boolean ended = fuzzer.waitFor(SECONDS + 900L, TimeUnit.SECONDS);
        fuzzer.destroyForcibly();

        // Then
        assertThat(ended).as("the fuzzer ends by itself").isTrue();
        String said = Files.readString(log);
        assertThat(fuzzer.exitValue())
                .as(
                        "the fuzzer found something: it and the input are in %s; put the input into %s, where"
                                + " ReaderFuzzSeedsTest tries it, and mend what it shows",
                        log, SEEDS)
                .isZero();
        long runs = figure(said, "stat::number_of_executed_units: *(\\d+)");
        long coverage = figure(said, "DONE +cov: (\\d+)");
        assertThat(runs).as("inputs that were tried").isPositive();
        assertThat(coverage).as("edges of instrumented code that were reached").isPositive();
        System.out.printf(
                "measured: the fuzzer tried %d inputs in %d s and reached %d edges, without a finding%n",
                runs, SECONDS, coverage);
    }

    private static long figure(String said, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(said);
        assertThat(matcher.find()).as("the fuzzer tells '" + pattern + "'").isTrue();
        return Long.parseLong(matcher.group(1));
    }
}
