/**
 * The compiled policy of one server and its decision.
 *
 * <p>In: {@link dev.stockade.model.policy.AccessPolicy} values as the operator compiled them, and a question (kind and name).
 * Out: a {@link dev.stockade.model.policy.Decision} with the rule that made it. No I/O, no clock.
 */
@NullMarked
package dev.stockade.model.policy;

import org.jspecify.annotations.NullMarked;
