/**
 * The server's side of the tunnel: port 15008.
 *
 * <p>In: mutual TLS connections. Out: for every CONNECT of an identity that may connect, a channel of plain bytes handed to
 * {@code mcp}, which decides on what is asked; for every other, an answer that says why, and a line in the audit log. What a
 * snapshot withdraws is cut before that snapshot is acknowledged.
 */
@NullMarked
package dev.stockade.sidecar.inbound;

import org.jspecify.annotations.NullMarked;
