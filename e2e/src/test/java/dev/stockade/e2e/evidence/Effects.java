package dev.stockade.e2e.evidence;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What each fault did: a row says what was expected, which a test asserts, and what was measured, which none does. */
public final class Effects {
    private final List<Row> rows = new ArrayList<>();

    private record Row(String fault, String expected, String measured) {}

    public synchronized void record(String fault, String expected, String measured) {
        rows.add(new Row(fault, expected, measured));
    }

    /** In seconds, as the table has it. */
    public static String seconds(Duration duration) {
        return "%.1f s".formatted(duration.toMillis() / 1000.0);
    }

    /** As a table that docs/faults.md can take; nothing where no fault was tried. */
    public synchronized void print(PrintStream out) {
        if (rows.isEmpty()) {
            return;
        }
        out.println("| fault | expected | measured |");
        out.println("|---|---|---|");
        rows.forEach(row -> out.println("| %s | %s | %s |".formatted(row.fault(), row.expected(), row.measured())));
        out.println();
    }
}
