package dev.stockade.sidecar.mcp;

import dev.stockade.sidecar.state.ServerRules;
import dev.stockade.sidecar.vantage.OwnServer;

/**
 * How a server is recognised that does not speak Streamable HTTP at {@code spec.path}: it answers 404 or 405, with no message, to
 * what begins a conversation. One that speaks only HTTP+SSE (MCP 2024-11-05) does, and so does any at another path. Pure.
 */
final class NotStreamable {
    /** Newer clients ask for something else first, which an older server may not know. */
    private static final String BEGINNING = "initialize";

    private NotStreamable() {}

    /** Whether the method begins a conversation. */
    static boolean begins(String method) {
        return BEGINNING.equals(method);
    }

    /** Whether the answer is better replaced: the status stays, since clients try other transports after it. */
    static boolean isSo(int status, AnswerHead.Body body) {
        return OwnServer.isRefusal(status) && body != AnswerHead.Body.JSON;
    }

    static String sentence(int status, ServerRules rules) {
        return "the server answered " + status + " at " + rules.path()
                + ": it does not speak Streamable HTTP there. Its"
                + " owner sets spec.path of SecureMcpServer " + rules.namespace() + "/" + rules.name()
                + "; a server that speaks only HTTP+SSE (MCP 2024-11-05) is not carried, and needs a newer release or a"
                + " bridge in front of it";
    }
}
