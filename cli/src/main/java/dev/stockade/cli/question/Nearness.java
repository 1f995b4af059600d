package dev.stockade.cli.question;

import java.util.Comparator;
import java.util.List;
import java.util.function.ToIntFunction;
import java.util.function.UnaryOperator;

/** Which names a person may have meant. */
final class Nearness {
    private static final int MOST = 3;

    private Nearness() {}

    /**
     * Those that a few letters away from the name, the nearest first.
     *
     * @param spelling what of a candidate is compared
     */
    static List<String> nearest(String name, List<String> candidates, UnaryOperator<String> spelling) {
        ToIntFunction<String> distance = candidate -> distance(name, spelling.apply(candidate));
        return candidates.stream()
                .filter(candidate -> distance.applyAsInt(candidate) <= Math.max(1, name.length() / 3)
                        || spelling.apply(candidate).contains(name))
                .sorted(Comparator.comparingInt(distance).thenComparing(Comparator.naturalOrder()))
                .limit(MOST)
                .toList();
    }

    /** How many letters have to be changed, added or left out (Levenshtein). */
    static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(change, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}
