/**
 * {@code McpAccessPolicy}: its status.
 *
 * <p>In: the resource, the mesh as the caches have it, acknowledgements. Out: conditions, and a sentence for each name that does
 * not exist.
 */
@NullMarked
package dev.stockade.operator.access;

import org.jspecify.annotations.NullMarked;
