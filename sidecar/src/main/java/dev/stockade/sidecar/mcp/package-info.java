/**
 * The server's side of the mesh: the HTTP/1.1 inside a CONNECT stream, read strictly, decided on, recorded, and passed to the
 * server on loopback.
 *
 * <p>In: a channel of plain bytes with the identity at its other end ({@link dev.stockade.sidecar.mcp.McpServerSide#install}).
 * Out: requests to 127.0.0.1 (or [::1]) that the policy allows, answers to the agent with what it may not see left out, and two
 * audit lines for each message that passed, one for each that did not.
 *
 * <p>The way of a request: {@code AgentStream} (frames it) to {@code HttpEdge} (refuses odd HTTP) to {@code AgentRequest} (judges
 * it) to {@code Exchange} (records, refuses in the words of {@code Refusals}, or passes on by {@code ServerRequest}) to
 * {@code Upstream} (asks the server) to a {@code Relay} (passes the answer). Beside it, {@code AnswerRoom} is the memory of an
 * answer, {@code Aside} what the server is told in the agent's place, {@code AnswerNotices} what the agent is told in the server's.
 * All of it runs on the event loop of the stream, and nothing of it waits.
 */
@NullMarked
package dev.stockade.sidecar.mcp;

import org.jspecify.annotations.NullMarked;
