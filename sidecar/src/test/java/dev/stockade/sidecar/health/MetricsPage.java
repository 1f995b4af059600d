package dev.stockade.sidecar.health;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Metrics as lines {@code name type [labels]}, read from the page for people and from what a process says. */
public final class MetricsPage {
    private static final Path PAGE = Path.of("..", "docs", "metrics.md");
    private static final Pattern WORD = Pattern.compile("`([^`]+)`");
    private static final Pattern SAMPLE = Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(.*)})? \\S+");
    private static final Pattern LABEL = Pattern.compile("([a-zA-Z_]+)=\"");
    /** Which of a family's samples have a name of their own, and the label that belongs to the type. */
    private static final Map<String, List<String>> SUFFIXES =
            Map.of("histogram", List.of("_bucket", "_count", "_sum"), "summary", List.of("_count", "_sum", ""));

    private MetricsPage() {}

    /** @param heading of the section whose table is read */
    public static Set<String> documented(String heading) throws IOException {
        Set<String> metrics = new TreeSet<>();
        boolean here = false;
        for (String line : Files.readAllLines(PAGE)) {
            if (line.startsWith("## ")) {
                here = line.startsWith("## " + heading);
            } else if (here && line.startsWith("| `")) {
                String[] cells = line.split("\\|", -1);
                metrics.add(line(words(cells[1]).getFirst(), cells[2].strip(), new TreeSet<>(words(cells[3]))));
            }
        }
        return metrics;
    }

    /** @param text in the exposition format */
    public static Set<String> said(String text) {
        Map<String, String> types = new HashMap<>();
        text.lines()
                .filter(line -> line.startsWith("# TYPE "))
                .map(line -> line.split(" ", -1))
                .forEach(words -> types.put(words[2], words[3]));
        Map<String, Set<String>> labels = new TreeMap<>();
        text.lines().filter(line -> !line.startsWith("#") && !line.isBlank()).forEach(line -> {
            Matcher sample = SAMPLE.matcher(line);
            if (!sample.matches()) {
                throw new AssertionError("not a sample: " + line);
            }
            Set<String> named = labels.computeIfAbsent(family(sample.group(1), types), name -> new TreeSet<>());
            if (sample.group(2) != null) {
                LABEL.matcher(sample.group(2)).results().map(m -> m.group(1)).forEach(named::add);
            }
        });
        return labels.entrySet().stream()
                .map(entry -> {
                    entry.getValue().removeAll(Set.of("le", "quantile"));
                    return line(entry.getKey(), types.getOrDefault(entry.getKey(), "untyped"), entry.getValue());
                })
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String family(String sample, Map<String, String> types) {
        for (Map.Entry<String, List<String>> type : SUFFIXES.entrySet()) {
            for (String suffix : type.getValue()) {
                String family = sample.endsWith(suffix) ? sample.substring(0, sample.length() - suffix.length()) : "";
                if (type.getKey().equals(types.get(family))) {
                    return family;
                }
            }
        }
        return sample;
    }

    private static String line(String name, String type, Set<String> labels) {
        return name + " " + type + " " + labels;
    }

    private static List<String> words(String cell) {
        return WORD.matcher(cell).results().map(match -> match.group(1)).toList();
    }
}
