package dev.stockade.condition;

import static java.util.Objects.requireNonNull;

import com.google.re2j.Pattern;
import java.util.List;

/**
 * A condition as a tree: what is left of CEL once it has been parsed, type-checked, its macros expanded and its names resolved.
 *
 * <p>Variables are numbered: {@link #ARGS}, {@link #AGENT}, {@link #SERVER}, {@link #REQUEST}, and from {@link #FIRST_LOCAL} on
 * those that a {@link Fold} around them binds.
 */
public sealed interface Expression {
    int ARGS = 0;
    int AGENT = 1;
    int SERVER = 2;
    int REQUEST = 3;
    int FIRST_LOCAL = 4;

    /** @param value {@link String}, {@link Long}, {@link Double}, {@link Boolean}, JsonNull or {@link ValueType} */
    record Constant(Object value) implements Expression {
        public Constant {
            requireNonNull(value);
        }
    }

    /** @param slot its number */
    record Variable(int slot) implements Expression {}

    /** {@code operand.name}. */
    record Field(Expression operand, String name) implements Expression {
        public Field {
            requireNonNull(operand);
            requireNonNull(name);
        }
    }

    /** {@code has(operand.name)}. */
    record HasField(Expression operand, String name) implements Expression {
        public HasField {
            requireNonNull(operand);
            requireNonNull(name);
        }
    }

    /** An operator or a function. */
    record Call(Operation operation, List<Expression> operands) implements Expression {
        /** @throws IllegalArgumentException if the operation takes another number of operands */
        public Call {
            operands = List.copyOf(operands);
            if (operands.size() != operation.operands()) {
                throw new IllegalArgumentException(operation + " takes " + operation.operands() + " operands");
            }
        }
    }

    /** {@code operand.matches("...")}: whether the pattern is found anywhere in the text. */
    record Matches(Expression operand, Pattern pattern) implements Expression {
        public Matches {
            requireNonNull(operand);
            requireNonNull(pattern);
        }
    }

    /** {@code [a, b]}. */
    record ListOf(List<Expression> items) implements Expression {
        public ListOf {
            items = List.copyOf(items);
        }
    }

    /** <code>{"a": b}</code>. */
    record MapOf(List<String> keys, List<Expression> values) implements Expression {
        /** @throws IllegalArgumentException if there are not as many of the one as of the other */
        public MapOf {
            keys = List.copyOf(keys);
            values = List.copyOf(values);
            if (keys.size() != values.size()) {
                throw new IllegalArgumentException("a map has as many keys as values");
            }
        }
    }

    /**
     * Goes over the items of a list or the keys of a map: what {@code all}, {@code exists}, {@code exists_one}, {@code filter} and
     * {@code map} are made of.
     *
     * @param item the variable that is the current item
     * @param accumulator the variable that is the result so far
     * @param proceeds whether to look at the next item
     */
    record Fold(
            Expression range,
            int item,
            int accumulator,
            Expression initial,
            Expression proceeds,
            Expression step,
            Expression result)
            implements Expression {
        public Fold {
            requireNonNull(range);
            requireNonNull(initial);
            requireNonNull(proceeds);
            requireNonNull(step);
            requireNonNull(result);
        }
    }

    /** Adds to the list that a {@link Fold} accumulates, which nobody else holds. */
    record Append(int accumulator, Expression item) implements Expression {
        public Append {
            requireNonNull(item);
        }
    }
}
