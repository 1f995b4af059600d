package dev.stockade.crds.common;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads a manifest's durations: {@code 30s}, {@code 5m}, {@code 1h30m}, {@code 3650d}. A day has 24 hours. */
public final class Durations {
    /** What a manifest may say where days make no sense; also what CEL's {@code duration()} reads. */
    public static final String PATTERN = "^([0-9]{1,6}(h|m|s)){1,3}$";

    /** The same with days. */
    public static final String PATTERN_WITH_DAYS = "^([0-9]{1,6}(d|h|m|s)){1,4}$";

    private static final Pattern WHOLE = Pattern.compile(PATTERN_WITH_DAYS);
    private static final Pattern PART = Pattern.compile("([0-9]{1,6})([dhms])");

    private Durations() {}

    /** @throws IllegalArgumentException if the text is not of {@link #PATTERN_WITH_DAYS} */
    public static Duration parse(String text) {
        if (!WHOLE.matcher(text).matches()) {
            throw new IllegalArgumentException("'" + text + "' is not a duration such as 30s, 5m, 1h30m or 30d");
        }
        Duration sum = Duration.ZERO;
        Matcher part = PART.matcher(text);
        while (part.find()) {
            long count = Long.parseLong(part.group(1));
            sum = sum.plus(
                    switch (part.group(2)) {
                        case "d" -> Duration.ofDays(count);
                        case "h" -> Duration.ofHours(count);
                        case "m" -> Duration.ofMinutes(count);
                        default -> Duration.ofSeconds(count);
                    });
        }
        return sum;
    }
}
