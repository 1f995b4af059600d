package dev.stockade.cli.status;

import java.util.List;

/** How a sentence names things without growing long. */
public final class Names {
    private static final int NAMED = 3;

    private Names() {}

    /** The first three as they come, and how many more there are. */
    public static String first(List<String> names) {
        return String.join(", ", names.subList(0, Math.min(NAMED, names.size())))
                + (names.size() > NAMED ? " and " + (names.size() - NAMED) + " more" : "");
    }
}
