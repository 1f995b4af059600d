package dev.stockade.cli;

import static java.util.Objects.requireNonNull;

import java.util.List;

/** What was given cannot be used: exit code {@value ExitCodes#UNUSABLE}. Each sentence says where, what is wrong and what to do. */
public final class UnusableException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient List<String> sentences;

    public UnusableException(String sentence) {
        this(List.of(sentence));
    }

    /** @param sentences at least one */
    public UnusableException(List<String> sentences) {
        super(String.join("\n", requireNonNull(sentences)));
        this.sentences = List.copyOf(sentences);
    }

    public List<String> sentences() {
        return sentences;
    }
}
