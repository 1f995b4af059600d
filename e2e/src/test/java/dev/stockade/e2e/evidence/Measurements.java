package dev.stockade.e2e.evidence;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What was measured along the way; printed when the run ends, and asserted by nobody. */
public final class Measurements {
    /** A line of the table. */
    public enum Row {
        CLUSTER_UP("cluster up"),
        IMAGES_BUILT("images of operator and sidecar built"),
        CHART_READY("chart install to operator ready"),
        POD_WITHOUT_SIDECAR("pod creation to Ready, without a sidecar"),
        POD_WITH_SIDECAR("pod creation to Ready, with a sidecar"),
        POLICY_ENFORCED("policy edit to Enforced"),
        SUSPENSION_CUT("suspension to the open stream's end"),
        SUSPENSION_REFUSED("suspension to the first refused call"),
        CUT_1("suspension to a stream's end, 1 agent's sidecar"),
        CUT_10("the same with 10 streams of 10 sidecars"),
        CUT_50("the same with 50 streams of 50 sidecars"),
        BYPASS_FOUND("network stops enforcing to MeshOnly=False"),
        BYPASS_CLOSED("network enforces again to MeshOnly=True"),
        OPERATOR_MEMORY("memory (PSS) of an operator"),
        SERVER_SIDECAR_MEMORY("memory (PSS) of a server's sidecar"),
        AGENT_SIDECAR_MEMORY("memory (PSS) of an agent's sidecar"),
        DIRECT_FIRST("call latency direct, first"),
        DIRECT_MEDIAN("call latency direct, median"),
        MESH_FIRST("call latency across the mesh, first"),
        MESH_MEDIAN("call latency across the mesh, median");

        private final String label;

        Row(String label) {
            this.label = label;
        }
    }

    private final Map<Row, List<String>> values = new EnumMap<>(Row.class);
    private String where = "";

    public synchronized void describe(String cluster) {
        where = cluster;
    }

    public void record(Row row, Duration duration) {
        record(row, human(duration));
    }

    /** Of many: the median and the worst. */
    public void record(Row row, Collection<Duration> durations) {
        List<Duration> sorted = durations.stream().sorted().toList();
        record(
                row,
                "median %s, worst %s (of %d)"
                        .formatted(human(sorted.get((sorted.size() - 1) / 2)), human(sorted.getLast()), sorted.size()));
    }

    public synchronized void record(Row row, String value) {
        values.computeIfAbsent(row, key -> new ArrayList<>()).add(value);
    }

    static String human(Duration duration) {
        long micros = duration.toNanos() / 1000;
        if (micros < 10_000) {
            return micros + " µs";
        }
        return micros < 10_000_000 ? micros / 1000 + " ms" : String.format(Locale.ROOT, "%.1f s", micros / 1_000_000.0);
    }

    /** What this JVM's scenarios came to measure. */
    public synchronized void print(PrintStream out) {
        out.println();
        out.println("Measured on " + where + " with " + Runtime.getRuntime().availableProcessors()
                + " processors; nothing here is asserted:");
        for (Row row : Row.values()) {
            List<String> measured = values.get(row);
            if (measured != null) {
                out.printf(Locale.ROOT, "  %-48s %s%n", row.label, String.join(", ", measured));
            }
        }
        out.println();
    }
}
