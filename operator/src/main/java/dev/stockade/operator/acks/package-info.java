/**
 * What each sidecar has acknowledged, over all replicas of the operator.
 *
 * <p>In: connections, acknowledgements and refusals from {@code control}, and what other replicas say of theirs. Out: for a
 * resource and a generation, which sidecars have it in force, which are waited for, and which no longer count.
 */
@NullMarked
package dev.stockade.operator.acks;

import org.jspecify.annotations.NullMarked;
