package dev.stockade.sidecar.mcp;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.stockade.model.mcp.McpMessage;
import dev.stockade.model.mcp.McpMethod;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The headers that repeat parts of the body (2026-07-28 basic/transports/streamable-http, "Request Metadata"). Nothing is decided
 * on them; but where they are there, they must say what the body says, since a server may go by them.
 */
final class ModernHeaders {
    private static final String ENCODED = "=?base64?";
    private static final String ENCODED_END = "?=";

    private ModernHeaders() {}

    /**
     * The sentence of a HeaderMismatch, or empty if all agree.
     *
     * @param body the message, which was read strictly
     */
    static Optional<String> mismatch(HttpHeaders headers, McpMessage.Call call, ByteBuf body) {
        if (disagrees(headers.get(HttpEdge.MCP_METHOD), call.method())) {
            return Optional.of("Header mismatch: Mcp-Method is not the method in the body");
        }
        String inBody = call.params().protocolVersion();
        if (!inBody.isEmpty() && disagrees(headers.get(HttpEdge.PROTOCOL_VERSION), inBody)) {
            return Optional.of("Header mismatch: MCP-Protocol-Version is not the protocolVersion in the body's _meta");
        }
        String name = headers.get(HttpEdge.MCP_NAME);
        if (name != null) {
            Optional<String> decoded = decode(name);
            if (decoded.isEmpty() || !decoded.equals(named(call))) {
                return Optional.of("Header mismatch: Mcp-Name is not the name, uri or taskId in the body");
            }
        }
        return ParamHeaders.mismatch(headers, body, call.params().arguments());
    }

    /** What {@code Mcp-Name} repeats: for the methods of tasks the {@code taskId} (SEP-2663 "Routing Headers"). */
    private static Optional<String> named(McpMessage.Call call) {
        McpMessage.Params params = call.params();
        if (call.known()
                .map(McpMethod::subject)
                .filter(McpMethod.Subject.TASK::equals)
                .isPresent()) {
            return Optional.of(params.brought().tasks().getFirst().text());
        }
        return params.targets().size() == 1
                ? Optional.of(params.targets().getFirst().name())
                : Optional.empty();
    }

    /** A value as it stands in a header: as it is where that is visible ASCII, else in Base64. */
    static String encode(String value) {
        boolean plain =
                !value.isEmpty() && value.chars().allMatch(c -> c > ' ' && c <= '~') && !value.startsWith(ENCODED);
        return plain ? value : ENCODED + Base64.getEncoder().encodeToString(value.getBytes(UTF_8)) + ENCODED_END;
    }

    /** The same for an answer of the agent, which has neither a method nor a name. */
    static Optional<String> mismatchOfAnswer(HttpHeaders headers) {
        return headers.contains(HttpEdge.MCP_METHOD) || headers.contains(HttpEdge.MCP_NAME) || ParamHeaders.any(headers)
                ? Optional.of("Header mismatch: the body is an answer, and the headers speak of a request")
                : Optional.empty();
    }

    private static boolean disagrees(@Nullable String header, String inBody) {
        return header != null && !header.equals(inBody);
    }

    /**
     * What a header's value means ("Value Encoding"), or empty if two readers could take it for two things: it has characters that
     * belong into Base64, or the Base64 of it is not the one that its text has.
     */
    static Optional<String> decode(String value) {
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if ((c < ' ' && c != '\t') || c > '~') {
                return Optional.empty();
            }
        }
        if (!value.startsWith(ENCODED) || !value.endsWith(ENCODED_END)) {
            return Optional.of(value);
        }
        if (value.length() < ENCODED.length() + ENCODED_END.length()) {
            return Optional.empty();
        }
        String base64 = value.substring(ENCODED.length(), value.length() - ENCODED_END.length());
        try {
            byte[] bytes = Base64.getDecoder().decode(base64);
            boolean canonical = Arrays.equals(Base64.getEncoder().encode(bytes), base64.getBytes(UTF_8));
            return canonical
                    ? Optional.of(
                            UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString())
                    : Optional.empty();
        } catch (IllegalArgumentException | CharacterCodingException e) {
            return Optional.empty();
        }
    }
}
