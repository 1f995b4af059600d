package dev.stockade.operator.status;

import static java.util.Objects.requireNonNull;

import dev.stockade.crds.common.Condition.Status;

/**
 * What a status function says of one condition, before it is known when that came to be so.
 *
 * @param type of the condition
 * @param reason one CamelCase word for machines
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

    public static Finding yes(String type, String reason, String message) {
        return new Finding(type, Status.TRUE, reason, message);
    }

    public static Finding no(String type, String reason, String message) {
        return new Finding(type, Status.FALSE, reason, message);
    }

    public static Finding unknown(String type, String reason, String message) {
        return new Finding(type, Status.UNKNOWN, reason, message);
    }

    public boolean isTrue() {
        return status == Status.TRUE;
    }

    /** The same under another type: how Ready repeats what holds it back. */
    public Finding as(String otherType) {
        return new Finding(otherType, status, reason, message);
    }
}
