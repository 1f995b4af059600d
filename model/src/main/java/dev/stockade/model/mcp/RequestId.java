package dev.stockade.model.mcp;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * The id of a JSON-RPC request: a string, or an integer of at most 2^53 in size (beyond it, two parsers may read two ids).
 *
 * <p>Equal are ids of the same type and value, however they were written.
 *
 * @param json as it came, to be echoed: a JSON token
 * @param text whether it is a string
 * @param value the string, or the number's digits
 */
public record RequestId(String json, boolean text, String value) {
    /** How many characters a string id may have. */
    public static final int LONGEST = 256;

    static final long LARGEST = 1L << 53;

    public RequestId {
        requireNonNull(json);
        requireNonNull(value);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof RequestId that && text == that.text && value.equals(that.value);
    }

    @Override
    public int hashCode() {
        return value.hashCode() * 2 + (text ? 1 : 0);
    }
}
