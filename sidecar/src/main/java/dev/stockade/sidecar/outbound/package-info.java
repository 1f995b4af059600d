/**
 * The agent's side of the tunnel: plain HTTP on loopback, at 15001 and under the servers' captured names.
 *
 * <p>In: HTTP/1.1 requests of the agent in this pod. Out: the same requests, streamed through {@code tunnel} to a replica of
 * the server that they name, and its answers streamed back; for what cannot leave the pod, an HTTP error that says why and a
 * line in the audit log. Decides nothing about what an agent may do: the server's side does.
 */
@NullMarked
package dev.stockade.sidecar.outbound;

import org.jspecify.annotations.NullMarked;
