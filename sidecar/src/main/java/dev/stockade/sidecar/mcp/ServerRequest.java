package dev.stockade.sidecar.mcp;

import dev.stockade.sidecar.state.ServerRules;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import java.util.Optional;

/** The head of a request to the server, written anew from that of the agent's. Pure. */
final class ServerRequest {
    private ServerRequest() {}

    /**
     * Passes a request on. Where {@code Mcp-Name} names a task, the server gets the id that it knows.
     *
     * @param session the one that it belongs to, which the server knows by another id than the agent
     * @param bodyBytes the length of its body: bytes behind a head that does not announce them would be a request of their own
     */
    static HttpRequest passing(AgentRequest asked, Peer peer, Optional<Sessions.Session> session, int bodyBytes) {
        HttpRequest from = asked.head();
        HttpRequest request = head(from.method(), from, asked.rules(), peer, session);
        if (asked.task().isPresent() && request.headers().contains(HttpEdge.MCP_NAME)) {
            request.headers()
                    .set(HttpEdge.MCP_NAME, ModernHeaders.encode(asked.task().get()));
        }
        if (bodyBytes > 0 || from.method().equals(HttpMethod.POST)) {
            request.headers().set(HttpHeaderNames.CONTENT_LENGTH, bodyBytes);
        }
        return request;
    }

    /**
     * Says something to the server in the agent's place.
     *
     * @param from the agent's request, whose credentials go along
     */
    static HttpRequest inPlaceOf(
            HttpRequest from, ServerRules rules, Peer peer, Sessions.Session session, int bodyBytes) {
        HttpRequest request = head(HttpMethod.POST, from, rules, peer, Optional.of(session));
        HttpHeaders headers = request.headers();
        headers.remove(HttpEdge.LAST_EVENT_ID);
        headers.remove(HttpEdge.MCP_METHOD);
        headers.remove(HttpEdge.MCP_NAME);
        ParamHeaders.remove(headers);
        headers.set(HttpHeaderNames.ACCEPT, AgentAnswer.JSON + ", " + AgentAnswer.EVENTS);
        headers.set(HttpHeaderNames.CONTENT_TYPE, AgentAnswer.JSON);
        headers.set(HttpHeaderNames.CONTENT_LENGTH, bodyBytes);
        return request;
    }

    private static HttpRequest head(
            HttpMethod method, HttpRequest from, ServerRules rules, Peer peer, Optional<Sessions.Session> session) {
        HttpRequest request = new DefaultHttpRequest(HttpVersion.HTTP_1_1, method, rules.path());
        HttpHeaders headers = request.headers();
        HttpEdge.forward(from.headers(), headers);
        headers.set(HttpHeaderNames.HOST, rules.hostHeader());
        headers.set(HttpEdge.AGENT, peer.agent().uri());
        session.ifPresent(s -> headers.set(HttpEdge.SESSION, s.id()));
        return request;
    }
}
