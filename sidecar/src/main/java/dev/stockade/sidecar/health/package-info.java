/**
 * What kubelet and people ask the sidecar: port 15020.
 *
 * <p>In: the state of every other part. Out: whether it has started, is ready and is alive, each with a sentence that says
 * why not; metrics as text; the application's probes.
 */
@NullMarked
package dev.stockade.sidecar.health;

import org.jspecify.annotations.NullMarked;
