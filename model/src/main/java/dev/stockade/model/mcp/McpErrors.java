package dev.stockade.model.mcp;

import dev.stockade.model.json.JsonText;
import dev.stockade.model.policy.Reason;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The JSON-RPC error bodies that the mesh itself sends. Its own codes lie outside -32768 to -32000, which JSON-RPC and MCP keep
 * for themselves, and read like HTTP's.
 */
public final class McpErrors {
    /** The policy says no. */
    public static final int DENIED = -31403;
    /** The message was refused before anything was decided on it, or a limit was reached. */
    public static final int REFUSED = -31400;
    /** A limit of the agent's is reached; it may try again. */
    public static final int LIMITED = -31429;
    /** The server took longer than it may. */
    public static final int TIMED_OUT = -31504;
    /** The server gave no whole answer. */
    public static final int BROKEN = -31502;
    /** The server could not be asked. */
    public static final int UNAVAILABLE = -31503;
    /** JSON-RPC: the body is not JSON, or no message. */
    public static final int INVALID_REQUEST = -32600;
    /** JSON-RPC: what MCP answers to the id of a task that there is not (2025-11-25 basic/utilities/tasks, SEP-2663). */
    public static final int INVALID_PARAMS = -32602;
    /** MCP 2026-07-28, HeaderMismatch: a header does not agree with the body. */
    public static final int HEADER_MISMATCH = -32020;

    private McpErrors() {}

    /**
     * A refusal.
     *
     * @param id of the request; without one the error has no id
     * @param target what was asked for, where that is known
     * @param auditId of the line that records it, "" if none does
     */
    public static byte[] refusal(
            Optional<RequestId> id, int code, String message, Reason reason, Optional<Target> target, String auditId) {
        JsonText json = start(id, code, message).raw(",\"data\":{\"reason\":").string(reason.word());
        if (target.isPresent()) {
            json.raw(",\"kind\":").string(target.get().kind().word());
            json.raw(",\"name\":").string(target.get().name());
        }
        if (!auditId.isEmpty()) {
            json.raw(",\"auditId\":").string(auditId);
        }
        return json.raw("}}}").toByteArray();
    }

    /**
     * A limit is reached.
     *
     * @param limit its field in {@code spec.limits}
     * @param retryAfterSeconds when it makes sense to try again; 0 where there is nothing to wait for
     */
    public static byte[] limited(
            Optional<RequestId> id, int code, String message, String limit, long retryAfterSeconds, String auditId) {
        JsonText json = start(id, code, message)
                .raw(",\"data\":{\"reason\":")
                .string(Reason.LIMIT.word())
                .raw(",\"limit\":")
                .string(limit);
        if (retryAfterSeconds > 0) {
            json.raw(",\"retryAfterSeconds\":").number(retryAfterSeconds);
        }
        return json.raw(",\"auditId\":").string(auditId).raw("}}}").toByteArray();
    }

    /** The notice that nobody waits for the answer to a request any more (MCP 2025-11-25 "Cancellation"). */
    public static byte[] cancelled(RequestId id, String why) {
        byte[] token = id.json().getBytes(StandardCharsets.UTF_8);
        return new JsonText(160)
                .raw("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":")
                .raw(token, 0, token.length)
                .raw(",\"reason\":")
                .string(why)
                .raw("}}")
                .toByteArray();
    }

    /** An error without data. */
    public static byte[] error(Optional<RequestId> id, int code, String message) {
        return start(id, code, message).raw("}}").toByteArray();
    }

    private static JsonText start(Optional<RequestId> id, int code, String message) {
        JsonText json = new JsonText(320).raw("{\"jsonrpc\":\"2.0\"");
        if (id.isPresent()) {
            json.raw(",\"id\":");
            byte[] token = id.get().json().getBytes(StandardCharsets.UTF_8);
            json.raw(token, 0, token.length);
        }
        return json.raw(",\"error\":{\"code\":")
                .number(code)
                .raw(",\"message\":")
                .string(message);
    }
}
