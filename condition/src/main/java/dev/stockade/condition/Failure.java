package dev.stockade.condition;

/**
 * The value of an expression that has none: a field is missing, a value is of the wrong type, the budget is spent. A value
 * rather than an exception, since {@code &&}, {@code ||} and the macros take it like any other.
 */
enum Failure {
    FAILURE
}
