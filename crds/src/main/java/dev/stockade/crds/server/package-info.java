/**
 * {@code SecureMcpServer}: an MCP server that answers nobody but the agents that a policy names.
 *
 * <p>In: the resource as the API server stores it. Out: immutable records with every default in place. The schema is
 * generated from the annotations here.
 */
@NullMarked
package dev.stockade.crds.server;

import org.jspecify.annotations.NullMarked;
