/**
 * {@code McpAccessPolicy}: which agents may do what at which servers of one namespace.
 *
 * <p>In: the resource as the API server stores it. Out: immutable records with every default in place. The schema is
 * generated from the annotations here.
 */
@NullMarked
package dev.stockade.crds.access;

import org.jspecify.annotations.NullMarked;
