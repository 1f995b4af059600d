/**
 * Conditions of rules, as the sidecar evaluates them.
 *
 * <p>In: a {@link dev.stockade.condition.Expression} that the compiler made of CEL text, or the bytes in which it travels; the
 * facts of one message. Out: true, false, or that it cannot be said. No parser, no I/O, no clock; every step is paid for from a
 * budget.
 */
@NullMarked
package dev.stockade.condition;

import org.jspecify.annotations.NullMarked;
