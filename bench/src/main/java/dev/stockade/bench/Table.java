package dev.stockade.bench;

import java.io.PrintStream;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.Options;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * Runs the benchmarks and prints a row for each: nanoseconds, bytes allocated, and the ratio of its time to the peer's with the same
 * parameter; where there is no peer, to its own with the smallest parameter. Each runs in a JVM of its own, after three seconds of
 * warm-up.
 */
public final class Table {
    /** Benchmark to the one that its time is compared with, in the same class. */
    private static final Map<String, String> PEERS = Map.of(
            "stockade", "jacksonStream",
            "jacksonTree", "jacksonStream",
            "jacksonStream", "jacksonStream",
            "condition", "celJava",
            "conditionAndItsArguments", "celJava",
            "celJava", "celJava");

    private Table() {}

    /** @param arguments a regular expression of the benchmarks to run; all by default */
    public static void main(String[] arguments) throws RunnerException {
        print(
                run(options(arguments.length > 0 ? arguments[0] : "dev.stockade.bench")
                        .build()),
                System.out);
    }

    private static org.openjdk.jmh.runner.options.ChainedOptionsBuilder options(String which) {
        return new OptionsBuilder()
                .include(which)
                .forks(1)
                .warmupIterations(3)
                .warmupTime(TimeValue.seconds(1))
                .measurementIterations(5)
                .measurementTime(TimeValue.seconds(1))
                .addProfiler(GCProfiler.class)
                .shouldFailOnError(true);
    }

    static Collection<RunResult> run(Options options) throws RunnerException {
        return new Runner(options).run();
    }

    static void print(Collection<RunResult> results, PrintStream out) {
        Map<String, Double> times = new LinkedHashMap<>();
        results.forEach(r -> times.put(name(r) + parameter(r), time(r)));
        Map<String, Double> smallest = new LinkedHashMap<>();
        results.forEach(r -> smallest.putIfAbsent(name(r), time(r)));
        out.println();
        out.println("| benchmark | | ns | bytes allocated | times its peer |");
        out.println("|---|---|---|---|---|");
        for (RunResult result : results) {
            String method = name(result).substring(name(result).lastIndexOf('.') + 1);
            Optional<String> peer = Optional.ofNullable(PEERS.get(method));
            double base = peer.map(p -> times.getOrDefault(
                            name(result).substring(0, name(result).lastIndexOf('.') + 1) + p + parameter(result),
                            Double.NaN))
                    .orElseGet(() -> smallest.getOrDefault(name(result), Double.NaN));
            out.printf(
                    Locale.ROOT,
                    "| %s | %s | %,.0f | %,.0f | %.2f |%n",
                    method,
                    parameter(result),
                    time(result),
                    allocated(result),
                    time(result) / base);
        }
    }

    private static String name(RunResult result) {
        return result.getParams().getBenchmark();
    }

    private static String parameter(RunResult result) {
        StringBuilder text = new StringBuilder();
        for (String key : result.getParams().getParamsKeys()) {
            text.append(key).append(' ').append(result.getParams().getParam(key));
        }
        return text.toString();
    }

    private static double time(RunResult result) {
        return result.getPrimaryResult().getScore();
    }

    private static double allocated(RunResult result) {
        Result<?> bytes = result.getSecondaryResults().get("gc.alloc.rate.norm");
        return bytes == null ? Double.NaN : bytes.getScore();
    }
}
