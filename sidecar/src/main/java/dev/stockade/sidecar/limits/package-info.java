/**
 * What one sidecar takes on, and how much of it one agent may use.
 *
 * <p>In: the limits of the snapshot in force, and what the process has of direct memory. Out: yes or no to a wish for memory, a
 * place or a call, answered without locks on the data path's only event loop. Nothing here reads or writes.
 */
@NullMarked
package dev.stockade.sidecar.limits;

import org.jspecify.annotations.NullMarked;
