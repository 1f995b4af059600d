package dev.stockade.operator.status;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.crds.common.Condition;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The pages on which every condition stands, read as their tables have it. */
public final class StatusPage {
    private static final Pattern ROW = Pattern.compile("\\| (True|False|Unknown)(?:,| \\|) `(\\w+)` .*");
    private static final Pattern EVENT =
            Pattern.compile("\\| `(\\w+)` \\| (Normal|Warning) \\| [^|]+ \\| [^|]+ \\| [^|]+ \\|");
    private static final String EVERY_KIND = "Stalled, on every kind";

    private final Set<String> rows;

    private StatusPage(Set<String> rows) {
        this.rows = rows;
    }

    public static StatusPage read() {
        Set<String> rows = new TreeSet<>();
        collect(rows, "../docs/status.md", "", "");
        collect(rows, "../docs/mesh-only.md", "SecureMcpServer", "MeshOnly");
        return new StatusPage(rows);
    }

    private static void collect(Set<String> rows, String page, String kindBefore, String typeBefore) {
        String kind = kindBefore;
        String type = typeBefore;
        for (String line : lines(page)) {
            if (kindBefore.isEmpty() && line.startsWith("## ")) {
                kind = line.substring(3);
                type = kind.equals(EVERY_KIND) ? "Stalled" : "";
            } else if (kindBefore.isEmpty() && line.startsWith("### ")) {
                type = line.substring(4);
            }
            Matcher row = ROW.matcher(line);
            if (row.matches()) {
                rows.add(kind + " " + type + " " + row.group(1) + " " + row.group(2));
            }
        }
    }

    private static List<String> lines(String page) {
        try {
            return Files.readAllLines(Path.of(page));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The events of their own that stand there, each with its type. */
    public List<String> events() {
        return lines("../docs/status.md").stream()
                .map(EVENT::matcher)
                .filter(Matcher::matches)
                .map(row -> row.group(1) + " " + row.group(2))
                .toList();
    }

    /** The reasons that stand there. */
    public Set<String> reasons() {
        Set<String> reasons = new TreeSet<>();
        rows.forEach(row -> reasons.add(row.substring(row.lastIndexOf(' ') + 1)));
        return reasons;
    }

    /** Each condition has its row, with that status and reason. */
    public void has(String kind, List<Condition> conditions) {
        for (Condition condition : conditions) {
            String owner = condition.type().equals(Conditions.STALLED) ? EVERY_KIND : kind;
            String status = condition.status().name().charAt(0)
                    + condition.status().name().substring(1).toLowerCase(Locale.ROOT);
            assertThat(rows).contains(owner + " " + condition.type() + " " + status + " " + condition.reason());
        }
    }
}
