/**
 * What is counted in the data path.
 *
 * <p>In: events on the event loop. Out: numbers that {@code health} prints. Counts only: no label names a workload.
 */
@NullMarked
package dev.stockade.sidecar.metrics;

import org.jspecify.annotations.NullMarked;
