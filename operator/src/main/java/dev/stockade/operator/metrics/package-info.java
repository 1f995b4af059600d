/**
 * How the operator's own work is measured: requests to the API server, reviews of the webhooks, reconciliations, and how many
 * resources are ready.
 *
 * <p>In: calls from where things happen. Out: meters whose names, types and labels stand in {@code docs/metrics.md}. A label
 * is a word of ours, never the name of a resource, an agent or a pod: their number has no bound.
 */
@NullMarked
package dev.stockade.operator.metrics;

import org.jspecify.annotations.NullMarked;
