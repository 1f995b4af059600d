/**
 * The operator's process: what it reads from its environment, and how its parts are put together.
 *
 * <p>In: the environment that the chart writes. Out: the control channel on 15010, webhooks on 9443, health and metrics on
 * 8080, and on the elected replica the reconcilers.
 */
@NullMarked
package dev.stockade.operator;

import org.jspecify.annotations.NullMarked;
