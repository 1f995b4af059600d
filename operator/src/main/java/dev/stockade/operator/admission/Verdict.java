package dev.stockade.operator.admission;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;

/** The answer to one review. */
sealed interface Verdict {
    /** As it is. */
    record Allowed() implements Verdict {}

    /**
     * With these changes.
     *
     * @param patch RFC 6902
     */
    record Patched(JsonNode patch) implements Verdict {
        public Patched {
            requireNonNull(patch);
        }
    }

    /**
     * Not at all.
     *
     * @param sentence says what is wrong and what to do
     */
    record Denied(String sentence) implements Verdict {
        public Denied {
            requireNonNull(sentence);
        }
    }
}
