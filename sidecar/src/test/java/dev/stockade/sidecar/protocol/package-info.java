/**
 * What must hold on the wire, byte by byte, through the sidecars of a server and of an agent. Each class is one part of what a
 * proxy for MCP has to get right; docs/mcp.md says which.
 */
@NullMarked
package dev.stockade.sidecar.protocol;

import org.jspecify.annotations.NullMarked;
