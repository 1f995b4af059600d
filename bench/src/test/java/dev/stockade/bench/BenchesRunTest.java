package dev.stockade.bench;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.model.mcp.McpMessage;
import dev.stockade.model.mcp.McpReader;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Every benchmark runs, once; what it says is not looked at. */
class BenchesRunTest {
    @Test
    void eachBenchmarkRunsWithEachParameterAndHasItsRow() throws Exception {
        Collection<RunResult> results = Table.run(new OptionsBuilder()
                .include("dev.stockade.bench")
                .mode(Mode.SingleShotTime)
                .forks(0)
                .warmupIterations(0)
                .measurementIterations(1)
                .addProfiler(GCProfiler.class)
                .shouldFailOnError(true)
                .verbosity(VerboseMode.SILENT)
                .build());
        ByteArrayOutputStream table = new ByteArrayOutputStream();
        Table.print(results, new PrintStream(table, true, UTF_8));

        List<String> rows =
                table.toString(UTF_8).lines().filter(l -> l.startsWith("| ")).toList();
        assertThat(rows).hasSize(1 + results.size()).hasSizeGreaterThan(20);
        assertThat(rows)
                .anyMatch(row -> row.startsWith("| stockade | bytes 1048576 |"))
                .anyMatch(row -> row.startsWith("| toolThatTheLastRuleAllows | rules 10000 |"))
                .anyMatch(row -> row.startsWith("| amongTheRulesOfOtherAgents | others 10000 |"))
                .noneMatch(row -> row.contains("NaN"));
    }

    @ParameterizedTest
    @ValueSource(ints = {1 << 10, 1 << 16, 1 << 20})
    void theMessageThatIsReadIsOfTheSizeAndIsAccepted(int size) {
        byte[] call = ReaderBench.call(size);

        assertThat(call.length).isBetween(size - 120, size);
        assertThat(new McpReader(1).read(ByteBuffer.wrap(call))).isInstanceOf(McpMessage.Request.class);
    }
}
