package dev.stockade.condition;

/**
 * Operators and functions (CEL language definition, "List of Standard Definitions"). Each has a number that travels between
 * releases and is never given to another.
 */
public enum Operation {
    AND(1, 2),
    OR(2, 2),
    NOT(3, 1),
    /** {@code a ? b : c}. */
    CHOICE(4, 3),
    EQUAL(5, 2),
    UNEQUAL(6, 2),
    LESS(7, 2),
    LESS_OR_EQUAL(8, 2),
    GREATER(9, 2),
    GREATER_OR_EQUAL(10, 2),
    ADD(11, 2),
    SUBTRACT(12, 2),
    MULTIPLY(13, 2),
    DIVIDE(14, 2),
    MODULO(15, 2),
    NEGATE(16, 1),
    INDEX(17, 2),
    IN(18, 2),
    SIZE(19, 1),
    STARTS_WITH(20, 2),
    ENDS_WITH(21, 2),
    CONTAINS(22, 2),
    INT(23, 1),
    DOUBLE(24, 1),
    STRING(25, 1),
    TYPE(26, 1),
    /** Tells the type checker nothing, and the evaluation neither. */
    DYN(27, 1),
    /** Whether it is anything but false; errors are not false. Only macros use it. */
    NOT_STRICTLY_FALSE(28, 1);

    private final int number;
    private final int operands;

    Operation(int number, int operands) {
        this.number = number;
        this.operands = operands;
    }

    int number() {
        return number;
    }

    /** How many it takes, the receiver included. */
    public int operands() {
        return operands;
    }
}
