package dev.stockade.sidecar.outbound;

import dev.stockade.model.mcp.McpMessage;
import dev.stockade.model.mcp.McpReader;
import dev.stockade.model.mcp.RequestId;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * The body of a short request, kept until it is answered: an agent that is cut off meanwhile is told by its id. A longer one
 * is told without.
 */
final class RequestStart {
    private static final int MOST = 4096;
    private static final byte[] NONE = {};

    private byte[] body = NONE;
    private boolean tooLong;

    /** The next part, which stays the caller's. */
    void add(ByteBuf part) {
        int length = body.length + part.readableBytes();
        if (tooLong || length > MOST) {
            tooLong = true;
            body = NONE;
        } else if (part.isReadable()) {
            byte[] longer = new byte[length];
            System.arraycopy(body, 0, longer, 0, body.length);
            part.getBytes(part.readerIndex(), longer, body.length, part.readableBytes());
            body = longer;
        }
    }

    /** The id of the request that waits for an answer, if that can be told. */
    Optional<RequestId> id() {
        return new McpReader(0).read(ByteBuffer.wrap(body)) instanceof McpMessage.Request request
                ? Optional.of(request.id())
                : Optional.empty();
    }
}
