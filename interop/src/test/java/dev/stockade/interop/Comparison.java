package dev.stockade.interop;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * One suite, directly and through the mesh.
 *
 * @param expected the checks that go differently through the mesh, and why that is right
 */
record Comparison(
        String suite, String generation, List<Check> direct, List<Check> through, Map<String, String> expected) {
    Comparison {
        direct = List.copyOf(direct);
        through = List.copyOf(through);
        expected = Map.copyOf(expected);
    }

    /** One sentence for every check that went differently, by its name. */
    Map<String, String> differences() {
        Map<String, Check> before = byName(direct);
        Map<String, Check> after = byName(through);
        Set<String> names = new LinkedHashSet<>(before.keySet());
        names.addAll(after.keySet());
        Map<String, String> differences = new LinkedHashMap<>();
        for (String name : names) {
            Optional<Check> one = Optional.ofNullable(before.get(name));
            Optional<Check> other = Optional.ofNullable(after.get(name));
            if (!one.equals(other)) {
                differences.put(name, "\n    direct  " + told(one) + "\n    through " + told(other));
            }
        }
        return differences;
    }

    /** Those for which there is no reason. */
    Map<String, String> unexpected() {
        Map<String, String> unexpected = new LinkedHashMap<>(differences());
        unexpected.keySet().removeAll(expected.keySet());
        return unexpected;
    }

    private static String told(Optional<Check> check) {
        return check.map(c -> (c.passed() ? "passed " : "FAILED ")
                        + (c.saw().length() > 2000 ? c.saw().substring(0, 2000) + "..." : c.saw()))
                .orElse("was not tried");
    }

    /** A name that stands twice is told apart by its place. */
    private static Map<String, Check> byName(List<Check> checks) {
        Map<String, Check> named = new LinkedHashMap<>();
        for (Check check : checks) {
            String name = check.name();
            for (int n = 2; named.containsKey(name); n++) {
                name = check.name() + " #" + n;
            }
            named.put(name, check);
        }
        return named;
    }

    /** What failed without the mesh, and what it saw. */
    List<String> failedDirectly() {
        return direct.stream()
                .filter(check -> !check.passed())
                .map(check -> check.name() + ": " + check.saw())
                .toList();
    }

    private static long passed(List<Check> checks) {
        return checks.stream().filter(Check::passed).count();
    }

    private String same() {
        if (!unexpected().isEmpty()) {
            return "NO";
        }
        return expected.isEmpty() ? "yes" : "yes, but for " + expected.size() + " by design";
    }

    String row() {
        return "%-48s %-11s %6d %6d %8d %6d  %s"
                .formatted(
                        suite,
                        generation,
                        passed(direct),
                        direct.size() - passed(direct),
                        passed(through),
                        through.size() - passed(through),
                        same());
    }

    static String head() {
        return "%-48s %-11s %13s %15s  %s%n%-48s %-11s %6s %6s %8s %6s"
                .formatted(
                        "suite",
                        "generation",
                        "direct",
                        "through",
                        "same?",
                        "",
                        "",
                        "passed",
                        "failed",
                        "passed",
                        "failed");
    }
}
