package dev.stockade.cli.doctor;

import static java.util.Objects.requireNonNull;

/**
 * What came of one check.
 *
 * @param check its name; programs know it by this
 * @param sentence what was seen and, unless it is well, what to do
 */
public record Finding(String check, Level level, String sentence) {
    /** How it is. */
    public enum Level {
        OK,
        /** It works, and something may go wrong later or elsewhere. */
        WARN,
        /** It does not do what it should. */
        FAIL,
        /** It could not be looked at. */
        UNKNOWN
    }

    public Finding {
        requireNonNull(check);
        requireNonNull(level);
        requireNonNull(sentence);
    }

    static Finding ok(String check, String sentence) {
        return new Finding(check, Level.OK, sentence);
    }

    static Finding warn(String check, String sentence) {
        return new Finding(check, Level.WARN, sentence);
    }

    static Finding fail(String check, String sentence) {
        return new Finding(check, Level.FAIL, sentence);
    }

    static Finding unknown(String check, String sentence) {
        return new Finding(check, Level.UNKNOWN, sentence);
    }
}
