/**
 * What every status is made of and how it is published: findings, conditions that keep the time of their last transition,
 * sentences that count and name, the events of transitions, and what wakes a reconciler.
 *
 * <p>In: findings of the pure status functions in {@code server}, {@code agent}, {@code access} and {@code trust}. Out:
 * statuses that are equal to the former ones when nothing changed, so that nothing is written.
 */
@NullMarked
package dev.stockade.operator.status;

import org.jspecify.annotations.NullMarked;
