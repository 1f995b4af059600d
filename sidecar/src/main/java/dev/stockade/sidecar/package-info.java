/**
 * The sidecar: an agent's way into the mesh, and a server's only door.
 *
 * <p>In: the environment that the webhook wrote. Out: a running process; {@link dev.stockade.sidecar.Sidecar} is its wiring
 * and table of contents.
 */
@NullMarked
package dev.stockade.sidecar;

import org.jspecify.annotations.NullMarked;
