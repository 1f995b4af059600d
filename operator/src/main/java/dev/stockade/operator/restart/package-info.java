/**
 * {@code spec.restart: Evict}: pods that a resource selects and that have no sidecar are evicted, one at a time.
 *
 * <p>In: the resource, its pods and their controllers, asked live, and the webhook that would inject what takes their place. Out:
 * evictions, an event for each, and what the condition {@code Injected} says of it. {@link
 * dev.stockade.operator.restart.RestartPlan}, {@link dev.stockade.operator.restart.RestartMemory} and {@link
 * dev.stockade.operator.restart.InjectorCheck} decide and are pure; {@link dev.stockade.operator.restart.Evictor} asks and acts, on the
 * replica that leads.
 */
@NullMarked
package dev.stockade.operator.restart;

import org.jspecify.annotations.NullMarked;
