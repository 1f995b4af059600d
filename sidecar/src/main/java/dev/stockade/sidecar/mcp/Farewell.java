package dev.stockade.sidecar.mcp;

import dev.stockade.model.mcp.McpErrors;
import dev.stockade.model.mcp.RequestId;
import dev.stockade.model.policy.Reason;
import dev.stockade.sidecar.tunnel.Cutoff;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.Optional;

/** The last thing that an agent hears on a stream that is cut. Pure. */
final class Farewell {
    private Farewell() {}

    /** Where no answer has begun. */
    static HttpResponseStatus status(Cutoff why) {
        return why.reason() == Reason.STALE ? HttpResponseStatus.SERVICE_UNAVAILABLE : HttpResponseStatus.FORBIDDEN;
    }

    /** The error that answers the request which waits. */
    static byte[] json(Optional<RequestId> waiting, Cutoff why) {
        return McpErrors.refusal(
                waiting,
                why.reason() == Reason.STALE ? McpErrors.UNAVAILABLE : McpErrors.DENIED,
                sentence(why.reason()),
                why.reason(),
                Optional.empty(),
                why.auditId());
    }

    private static String sentence(Reason reason) {
        return switch (reason) {
            case STALE -> AgentRequest.STALE;
            case SUSPENDED -> "denied: this workload's identity was suspended while it waited for this answer";
            case NO_GRANT ->
                "denied: the last policy that granted this workload something here was withdrawn while it waited";
            default ->
                "denied: this workload's identity or pod, or this server, was withdrawn while it waited for this answer";
        };
    }
}
