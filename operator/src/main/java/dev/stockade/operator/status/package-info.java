/**
 * What every status is made of: findings, conditions that keep the time of their last transition, sentences that count and
 * name, and the events of transitions.
 *
 * <p>In: findings of the pure status functions in {@code server}, {@code agent}, {@code access} and {@code trust}. Out: lists
 * of conditions that are equal to the former ones when nothing changed, so that nothing is written.
 */
@NullMarked
package dev.stockade.operator.status;

import org.jspecify.annotations.NullMarked;
