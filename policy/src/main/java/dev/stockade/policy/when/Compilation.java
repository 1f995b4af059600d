package dev.stockade.policy.when;

import static java.util.Objects.requireNonNull;

import dev.stockade.condition.CompiledCondition;

/** What became of the text of a condition. */
public sealed interface Compilation {
    record Compiled(CompiledCondition condition) implements Compilation {
        public Compiled {
            requireNonNull(condition);
        }
    }

    /**
     * @param line from 1
     * @param column from 1, in characters
     * @param message what is wrong and what to do; a sentence without a full stop
     */
    record Mistake(int line, int column, String message) implements Compilation {
        public Mistake {
            requireNonNull(message);
        }

        /** As it stands in a refusal. */
        public String sentence() {
            return "line " + line + ", column " + column + ": " + message + ".";
        }
    }
}
