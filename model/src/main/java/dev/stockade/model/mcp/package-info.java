/**
 * MCP as a proxy that enforces policy must read it: requests strictly and without a tree, answers as far as something in them
 * is hidden or refused.
 *
 * <p>In: the bytes of a message, of a list result or of a stream of server-sent events, and what an agent may do. Out: what the
 * message is ({@link dev.stockade.model.mcp.McpMessage}), how each method is treated ({@link dev.stockade.model.mcp.McpMethod},
 * {@link dev.stockade.model.mcp.ServerMethod}), the verdict ({@link dev.stockade.model.mcp.McpGuard}), the ranges of bytes to
 * pass on, and the bodies of refusals. The section numbers and names are those of the specification: "legacy" is revision
 * 2025-11-25 and before, "modern" is 2026-07-28.
 *
 * <p>What a server hands out to be brought back ({@code requestState}, the ids of tasks) gets a mark behind it that names its
 * owner ({@link dev.stockade.model.mcp.OwnerMarks}): put there as an answer passes ({@link dev.stockade.model.mcp.HandedOut}),
 * verified and taken off when a request brings it back ({@link dev.stockade.model.mcp.Brought}).
 */
@NullMarked
package dev.stockade.model.mcp;

import org.jspecify.annotations.NullMarked;
