package dev.stockade.interop;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** One suite, directly and through the mesh. */
record Comparison(String suite, String generation, List<Check> direct, List<Check> through) {
    Comparison {
        direct = List.copyOf(direct);
        through = List.copyOf(through);
    }

    /** One sentence for every check that went differently. */
    List<String> differences() {
        Map<String, Check> before = byName(direct);
        Map<String, Check> after = byName(through);
        Set<String> names = new LinkedHashSet<>(before.keySet());
        names.addAll(after.keySet());
        return names.stream()
                .flatMap(name ->
                        difference(name, Optional.ofNullable(before.get(name)), Optional.ofNullable(after.get(name)))
                                .stream())
                .toList();
    }

    private static Optional<String> difference(String name, Optional<Check> direct, Optional<Check> through) {
        return direct.equals(through)
                ? Optional.empty()
                : Optional.of(name + ":\n    direct  " + told(direct) + "\n    through " + told(through));
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

    static long passed(List<Check> checks) {
        return checks.stream().filter(Check::passed).count();
    }

    /** What failed in both, or in one. */
    Set<String> failed() {
        Function<List<Check>, Set<String>> failing = checks -> checks.stream()
                .filter(check -> !check.passed())
                .map(Check::name)
                .collect(Collectors.toCollection(LinkedHashSet::new));
        Set<String> all = failing.apply(direct);
        all.addAll(failing.apply(through));
        return all;
    }

    String row() {
        return "%-58s %-10s %5d %6d %9d %6d  %s"
                .formatted(
                        suite,
                        generation,
                        passed(direct),
                        direct.size() - passed(direct),
                        passed(through),
                        through.size() - passed(through),
                        differences().isEmpty() ? "yes" : "NO");
    }

    static String head() {
        return "%-58s %-10s %12s %16s  %s%n%-58s %-10s %5s %6s %9s %6s"
                .formatted("suite", "generation", "direct", "through", "same?", "", "", "pass", "fail", "pass", "fail");
    }
}
