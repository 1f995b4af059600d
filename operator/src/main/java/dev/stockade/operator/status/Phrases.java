package dev.stockade.operator.status;

import java.util.Collection;
import java.util.List;

/** How messages count and name things, so that they stay short and do not change with the order of what is counted. */
public final class Phrases {
    private static final int NAMED = 5;

    private Phrases() {}

    /** {@code 1 pod}, {@code 2 pods}. */
    public static String count(long number, String noun) {
        return number + " " + noun + (number == 1 ? "" : "s");
    }

    /** The first five in alphabetical order, and how many more there are. */
    public static String names(Collection<String> names) {
        List<String> sorted = names.stream().sorted().distinct().toList();
        String named = String.join(", ", sorted.subList(0, Math.min(NAMED, sorted.size())));
        return sorted.size() <= NAMED ? named : named + " and " + (sorted.size() - NAMED) + " more";
    }
}
