package dev.stockade.operator.authority;

/** The authority cannot sign now; the message is a sentence for people. */
public final class AuthorityRefusesException extends Exception {
    private static final long serialVersionUID = 1;

    AuthorityRefusesException(String sentence) {
        super(sentence);
    }
}
