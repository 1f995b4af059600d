package dev.stockade.crds.common;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A size in bytes, read from a manifest's text such as {@code 4Mi}.
 *
 * @param count never negative
 */
public record Bytes(long count) {
    /** What a manifest may say: digits and one of k, M, G (powers of 1000) or Ki, Mi, Gi (powers of 1024). */
    public static final String PATTERN = "^[1-9][0-9]{0,11}(k|M|G|Ki|Mi|Gi)?$";

    private static final Pattern SIZE = Pattern.compile("([1-9][0-9]{0,11})(k|M|G|Ki|Mi|Gi)?");
    private static final Map<String, Long> FACTORS =
            Map.of("k", 1000L, "M", 1_000_000L, "G", 1_000_000_000L, "Ki", 1L << 10, "Mi", 1L << 20, "Gi", 1L << 30);

    /** @throws IllegalArgumentException if negative */
    public Bytes {
        if (count < 0) {
            throw new IllegalArgumentException("a size of " + count + " bytes is negative");
        }
    }

    /** @throws IllegalArgumentException if the text is not of {@link #PATTERN} or too large for a long */
    public static Bytes parse(String text) {
        Matcher size = SIZE.matcher(text);
        if (!size.matches()) {
            throw new IllegalArgumentException("'" + text + "' is not a size such as 512Ki, 4Mi or 1Gi");
        }
        long digits = Long.parseLong(size.group(1));
        String unit = size.group(2);
        try {
            return new Bytes(unit == null ? digits : Math.multiplyExact(digits, FACTORS.getOrDefault(unit, 1L)));
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException("'" + text + "' is larger than any memory", e);
        }
    }
}
