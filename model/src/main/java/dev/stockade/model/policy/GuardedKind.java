package dev.stockade.model.policy;

/** What a rule can name. */
public enum GuardedKind {
    TOOL("tool"),
    RESOURCE("resource"),
    PROMPT("prompt");

    private final String word;

    GuardedKind(String word) {
        this.word = word;
    }

    /** As it stands in denials and audit lines. */
    public String word() {
        return word;
    }
}
