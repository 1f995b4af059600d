/**
 * What Prometheus and Grafana make of what the chart brings.
 *
 * <p>In: the chart, and metrics that were scraped or made up. Out: what Prometheus' own parser and engine and Grafana's own schema
 * say of its alerts and its dashboard ({@code e2e/monitoring}, a program in Go, since both have no other).
 */
@NullMarked
package dev.stockade.e2e.monitoring;

import org.jspecify.annotations.NullMarked;
