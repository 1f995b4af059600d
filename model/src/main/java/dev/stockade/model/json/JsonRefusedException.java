package dev.stockade.model.json;

import static java.util.Objects.requireNonNull;

/** A document is refused. The message is one sentence for the sender; it never quotes the document. */
public final class JsonRefusedException extends Exception {
    private final String sentence;

    /** Without a stack trace: it is an answer, not a fault, and a hostile sender must not make it dear. */
    public JsonRefusedException(String sentence) {
        super(sentence, null, false, false);
        this.sentence = requireNonNull(sentence);
    }

    /** Why, for the sender. */
    public String sentence() {
        return sentence;
    }
}
