/**
 * {@code AgentIdentity}: its status.
 *
 * <p>In: the resource, the mesh as the caches have it, acknowledgements. Out: conditions, and the names of Services that do not
 * lead into the mesh.
 */
@NullMarked
package dev.stockade.operator.agent;

import org.jspecify.annotations.NullMarked;
