package dev.stockade.sidecar.state;

import static java.util.Objects.requireNonNull;

/** A snapshot that is refused whole. Its message is one sentence for the operator and for people. */
public final class RefusedSnapshotException extends Exception {
    /** What was wrong may be quoted in it, and may be long. */
    private static final int LONGEST = 1_000;

    private final String sentence;

    public RefusedSnapshotException(String sentence) {
        super(sentence);
        this.sentence = requireNonNull(sentence).substring(0, Math.min(LONGEST, sentence.length()));
    }

    /** Why, for the acknowledgement. */
    public String sentence() {
        return sentence;
    }
}
