/**
 * What the sidecar currently holds to be true: the last snapshot applied, turned from the wire's messages into the model's
 * values.
 *
 * <p>In: snapshots from {@code control}. Out: immutable values that every other package reads with one volatile read.
 */
@NullMarked
package dev.stockade.sidecar.state;

import org.jspecify.annotations.NullMarked;
