package dev.stockade.sidecar.state;

import static java.util.Objects.requireNonNull;

/** A snapshot that is refused whole. Its message is one sentence for the operator and for people. */
public final class RefusedSnapshotException extends Exception {
    private final String sentence;

    public RefusedSnapshotException(String sentence) {
        super(sentence);
        this.sentence = requireNonNull(sentence);
    }

    /** Why, for the acknowledgement. */
    public String sentence() {
        return sentence;
    }
}
