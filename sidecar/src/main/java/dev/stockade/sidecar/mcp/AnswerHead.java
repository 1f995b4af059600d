package dev.stockade.sidecar.mcp;

import static java.util.Objects.requireNonNull;

import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import java.util.List;
import java.util.Locale;

/**
 * The head of the server's answer, as the agent gets it.
 *
 * @param headers without length
 * @param length of the server's body; negative if it is not announced
 */
record AnswerHead(HttpResponseStatus status, HttpHeaders headers, Body body, long length) {
    /** What kind of body it is, to an MCP client. */
    enum Body {
        JSON,
        EVENTS,
        /** Nothing that a client reads as messages. */
        OTHER,
        /** A compressed body cannot be read, although nobody asked for one. */
        ENCODED
    }

    AnswerHead {
        requireNonNull(status);
        requireNonNull(headers);
        requireNonNull(body);
    }

    static AnswerHead of(HttpResponse response) {
        HttpHeaders headers = DefaultHttpHeadersFactory.headersFactory().newHeaders();
        HttpEdge.giveBack(response.headers(), headers);
        Body body = Body.OTHER;
        List<String> types = response.headers().getAll(HttpHeaderNames.CONTENT_TYPE);
        if (!types.isEmpty()) {
            String all = String.join(",", types).toLowerCase(Locale.ROOT);
            String essence = types.get(0).split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
            if (types.size() == 1 && essence.equals(AgentAnswer.JSON)) {
                body = Body.JSON;
                headers.set(HttpHeaderNames.CONTENT_TYPE, AgentAnswer.JSON);
            } else if (types.size() == 1 && essence.equals(AgentAnswer.EVENTS)) {
                body = Body.EVENTS;
                headers.set(HttpHeaderNames.CONTENT_TYPE, AgentAnswer.EVENTS);
            } else if (all.contains("json") || all.contains("event-stream")) {
                // Clients look for the words anywhere in the header, and would read what was not looked at.
                headers.set(HttpHeaderNames.CONTENT_TYPE, "application/octet-stream");
            } else {
                headers.set(HttpHeaderNames.CONTENT_TYPE, types.get(0));
            }
        }
        for (String encoding : response.headers().getAll(HttpHeaderNames.CONTENT_ENCODING)) {
            if (!encoding.equalsIgnoreCase("identity")) {
                body = Body.ENCODED;
            }
        }
        return new AnswerHead(response.status(), headers, body, HttpUtil.getContentLength(response, -1L));
    }
}
