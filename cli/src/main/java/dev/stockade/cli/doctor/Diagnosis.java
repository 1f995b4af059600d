package dev.stockade.cli.doctor;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.stockade.cli.doctor.Finding.Level;
import dev.stockade.cli.status.Screen;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** What came of all checks, in their own order. */
public record Diagnosis(List<Finding> findings) {
    private static final int LINES_EACH = 6;
    private static final int NAME_COLUMNS = 22;

    public Diagnosis {
        findings = List.copyOf(findings);
    }

    /** Makes every check. */
    public static Diagnosis of(Installation installation) {
        return new Diagnosis(Stream.of(
                        new OperatorChecks(installation).all(),
                        new WebhookChecks(installation).all(),
                        new MeshChecks(installation).all())
                .flatMap(List::stream)
                .toList());
    }

    /** Whether some check came out so. */
    public boolean has(Level level) {
        return findings.stream().anyMatch(f -> f.level() == level);
    }

    /** For people: what is wrong first. */
    public List<String> lines() {
        Screen screen = new Screen();
        List<Finding> wrong = with(Level.FAIL);
        List<Finding> unknown = with(Level.UNKNOWN);
        if (wrong.isEmpty()) {
            screen.line(unknown.isEmpty() ? "Nothing is wrong." : "Nothing is wrong in what could be checked.");
        }
        section(screen, "WRONG", "! ", wrong);
        section(screen, "TO KNOW", "- ", with(Level.WARN));
        section(screen, "NOT CHECKED", "? ", unknown);
        section(screen, "IN ORDER", "  ", with(Level.OK));
        return screen.lines();
    }

    private static void section(Screen screen, String heading, String mark, List<Finding> findings) {
        if (findings.isEmpty()) {
            return;
        }
        if (!screen.lines().isEmpty()) {
            screen.line("");
        }
        screen.line(heading + ": " + findings.size());
        findings.forEach(f -> screen.wrapped(
                String.format(Locale.ROOT, "  %s%-20s%s", mark, f.check(), f.sentence()),
                NAME_COLUMNS + mark.length(),
                LINES_EACH));
    }

    private List<Finding> with(Level level) {
        return findings.stream().filter(f -> f.level() == level).toList();
    }

    /** For programs. */
    public ObjectNode json() {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("wrong", has(Level.FAIL));
        ArrayNode all = json.putArray("checks");
        findings.forEach(f -> all.addObject()
                .put("check", f.check())
                .put("level", f.level().name().toLowerCase(Locale.ROOT))
                .put("sentence", f.sentence()));
        return json;
    }
}
