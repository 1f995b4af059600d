/**
 * {@code SecureMcpServer}: its NetworkPolicy and its status.
 *
 * <p>In: the resource, the mesh as the caches have it, acknowledgements. Out: a NetworkPolicy that leaves open nothing but the
 * sidecar and {@code openPorts}, and conditions.
 */
@NullMarked
package dev.stockade.operator.server;

import org.jspecify.annotations.NullMarked;
