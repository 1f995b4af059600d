/**
 * The compiler of conditions.
 *
 * <p>In: CEL text from the {@code when} of a rule. Out: a {@link dev.stockade.condition.CompiledCondition}, or the mistake with
 * its line and column. Parsing and type-checking are Google's; what is left is translated into the few operations that a sidecar
 * evaluates, and refused if it needs others or could cost too much.
 */
@NullMarked
package dev.stockade.policy.when;

import org.jspecify.annotations.NullMarked;
