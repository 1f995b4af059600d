package dev.stockade.sidecar.outbound;

import static java.util.Objects.requireNonNull;

import dev.stockade.sidecar.log.Log;
import dev.stockade.sidecar.state.AgentRules;
import dev.stockade.sidecar.state.AgentRules.Target;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What this sidecar answers by itself.
 *
 * @param json the body
 */
record LocalAnswer(int status, String json) {
    LocalAnswer {
        requireNonNull(json);
    }

    /** @param auditId of the line that records the refusal; empty where there is none */
    static LocalAnswer error(int status, String reason, String auditId, String sentence) {
        StringBuilder json = new StringBuilder("{\"error\":{\"reason\":");
        Log.quote(json, reason);
        if (!auditId.isEmpty()) {
            json.append(",\"auditId\":");
            Log.quote(json, auditId);
        }
        json.append(",\"message\":");
        Log.quote(json, sentence);
        return new LocalAnswer(status, json.append("}}").toString());
    }

    /** The servers that the agent both takes and has a grant for, in the form that MCP clients read. */
    static LocalAnswer listing(AgentRules agent, int port) {
        List<Target> granted = agent.targets().stream()
                .filter(Target::granted)
                .sorted(Comparator.comparing(Target::reference))
                .toList();
        Map<String, Long> uses =
                granted.stream().collect(Collectors.groupingBy(t -> key(t, "-"), Collectors.counting()));
        StringBuilder json = new StringBuilder("{\"mcpServers\":{");
        for (Target target : granted) {
            json.append(json.charAt(json.length() - 1) == '{' ? "" : ",");
            Log.quote(json, uses.getOrDefault(key(target, "-"), 1L) > 1 ? key(target, "_") : key(target, "-"));
            json.append(":{\"type\":\"http\",\"url\":");
            Log.quote(json, "http://127.0.0.1:" + port + "/" + target.reference());
            json.append('}');
        }
        return new LocalAnswer(200, json.append("}}").toString());
    }

    private static String key(Target target, String between) {
        return target.id().namespace() + between + target.id().name();
    }

    FullHttpResponse response(boolean close) {
        FullHttpResponse response = new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1,
                HttpResponseStatus.valueOf(status),
                Unpooled.copiedBuffer(json, StandardCharsets.UTF_8));
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, "application/json")
                .set(HttpHeaderNames.CACHE_CONTROL, "no-store")
                .set(HttpHeaderNames.CONTENT_LENGTH, response.content().readableBytes());
        if (close) {
            response.headers().set(HttpHeaderNames.CONNECTION, "close");
        }
        return response;
    }
}
