package dev.stockade.sidecar.mcp;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.stockade.model.mcp.McpMessage;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.Base64;
import java.util.Optional;

/**
 * The headers that repeat parts of the body (2026-07-28 basic/transports/streamable-http, "Request Metadata"). Nothing is decided
 * on them; but where they are there, they must say what the body says, since a server may go by them.
 */
final class ModernHeaders {
    private static final String ENCODED = "=?base64?";
    private static final String ENCODED_END = "?=";

    private ModernHeaders() {}

    /** The sentence of a HeaderMismatch, or empty if all agree. */
    static Optional<String> mismatch(HttpHeaders headers, McpMessage.Call call) {
        String method = headers.get(HttpEdge.MCP_METHOD, "");
        if (!method.isEmpty() && !method.equals(call.method())) {
            return Optional.of("Header mismatch: Mcp-Method is not the method in the body");
        }
        String version = headers.get(HttpEdge.PROTOCOL_VERSION, "");
        String inBody = call.params().protocolVersion();
        if (!version.isEmpty() && !inBody.isEmpty() && !version.equals(inBody)) {
            return Optional.of("Header mismatch: MCP-Protocol-Version is not the protocolVersion in the body's _meta");
        }
        String name = headers.get(HttpEdge.MCP_NAME, "");
        if (!name.isEmpty()) {
            Optional<String> decoded = decode(name);
            boolean agrees = decoded.isPresent()
                    && call.params().targets().size() == 1
                    && call.params().targets().getFirst().name().equals(decoded.get());
            if (!agrees) {
                return Optional.of("Header mismatch: Mcp-Name is not the name or uri in the body");
            }
        }
        return Optional.empty();
    }

    private static Optional<String> decode(String value) {
        if (!value.startsWith(ENCODED)
                || !value.endsWith(ENCODED_END)
                || value.length() < ENCODED.length() + ENCODED_END.length()) {
            return Optional.of(value);
        }
        String base64 = value.substring(ENCODED.length(), value.length() - ENCODED_END.length());
        try {
            return Optional.of(UTF_8.newDecoder()
                    .decode(ByteBuffer.wrap(Base64.getDecoder().decode(base64)))
                    .toString());
        } catch (IllegalArgumentException | CharacterCodingException e) {
            return Optional.empty();
        }
    }
}
