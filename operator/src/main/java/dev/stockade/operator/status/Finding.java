package dev.stockade.operator.status;

import static java.util.Objects.requireNonNull;

import dev.stockade.crds.common.Condition;
import dev.stockade.crds.common.Condition.Status;

/**
 * What a status function says of one condition, before it is known when that came to be so.
 *
 * @param type of the condition
 * @param reason one CamelCase word for machines, of {@link Reason} or what another release has published
 * @param message a sentence for people: what, where, what to do; may be empty where there is nothing to say
 */
public record Finding(String type, Status status, String reason, String message) {
    /** What a condition's message may hold at most, as the schema has it. */
    private static final int LONGEST = 32_768;

    public Finding {
        requireNonNull(type);
        requireNonNull(status);
        requireNonNull(reason);
        if (message.length() > LONGEST) {
            message = message.substring(0, LONGEST - 1) + "…";
        }
    }

    public static Finding yes(String type, Reason reason, String message) {
        return new Finding(type, Status.TRUE, reason.word(), message);
    }

    public static Finding no(String type, Reason reason, String message) {
        return new Finding(type, Status.FALSE, reason.word(), message);
    }

    public static Finding unknown(String type, Reason reason, String message) {
        return new Finding(type, Status.UNKNOWN, reason.word(), message);
    }

    /** What is published stays as it is, in the words of whichever release wrote it. */
    public static Finding kept(Condition published) {
        return new Finding(published.type(), published.status(), published.reason(), published.message());
    }

    /** Whether it is for this reason. */
    public boolean isFor(Reason which) {
        return reason.equals(which.word());
    }

    /** The same, with one more sentence. */
    public Finding also(String sentence) {
        return new Finding(type, status, reason, message.isEmpty() ? sentence : message + " " + sentence);
    }

    public boolean isTrue() {
        return status == Status.TRUE;
    }

    /** The same under another type: how Ready repeats what holds it back. */
    public Finding as(String otherType) {
        return new Finding(otherType, status, reason, message);
    }
}
