package dev.stockade.sidecar.mcp;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.mcp.McpErrors;
import dev.stockade.model.mcp.McpGuard;
import dev.stockade.model.mcp.RequestId;
import io.netty.channel.EventLoop;
import java.util.Optional;

/** What the mesh tells the server of one exchange in the agent's place: messages to the session, whose answers nobody waits for. */
final class Aside {
    private final McpServerSide side;
    private final Peer peer;
    private final EventLoop loop;
    private final AgentRequest request;

    Aside(McpServerSide side, Peer peer, EventLoop loop, AgentRequest request) {
        this.side = requireNonNull(side);
        this.peer = requireNonNull(peer);
        this.loop = requireNonNull(loop);
        this.request = requireNonNull(request);
    }

    /** MCP 2025-11-25 "Cancellation": in a session, closing the connection alone does not end the work. */
    void timedOut(Sessions.Session session, RequestId id) {
        say(session, McpErrors.cancelled(id, "timed out"));
    }

    /** The agent may not be asked this. */
    void mayNotAsk(Sessions.Session session, RequestId asked, String method) {
        say(session, McpErrors.error(Optional.of(asked), McpErrors.DENIED, McpGuard.featureSentence(method)));
    }

    private void say(Sessions.Session session, byte[] json) {
        Errand.send(
                side.upstreams(),
                loop,
                request.rules().port(),
                ServerRequest.inPlaceOf(request.head(), request.rules(), peer, session, json.length),
                json);
    }
}
