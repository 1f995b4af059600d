package dev.stockade.sidecar.mcp;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.mcp.McpErrors;
import dev.stockade.model.mcp.McpGuard;
import dev.stockade.model.policy.Decision;
import dev.stockade.model.policy.Reason;
import dev.stockade.sidecar.limits.Allowances;
import dev.stockade.sidecar.state.ServerRules;
import java.time.Duration;
import java.util.Optional;

/** What an agent reads where the mesh answers in the server's place: the JSON of each, with the request's id where it has one. */
final class Refusals {
    private final AgentRequest request;
    private final Attempt attempt;

    Refusals(AgentRequest request, Attempt attempt) {
        this.request = requireNonNull(request);
        this.attempt = requireNonNull(attempt);
    }

    byte[] denied(McpGuard.Verdict verdict, Decision.Deny deny) {
        return McpErrors.refusal(
                request.id(), McpErrors.DENIED, verdict.message(), deny.reason(), verdict.target(), attempt.id());
    }

    byte[] refused(Judgement.Refused refused) {
        return refusal(refused.code(), refused.sentence(), refused.reason());
    }

    byte[] limited(Judgement.Limited limited) {
        return limit(McpErrors.LIMITED, limited.sentence(), limited.limit(), limited.retryAfterSeconds());
    }

    byte[] unrecorded() {
        return refusal(
                McpErrors.UNAVAILABLE,
                "the audit log of this server cannot be written, and it serves nothing unrecorded",
                Reason.AUDIT_FAILED);
    }

    byte[] unreachable(ServerRules rules) {
        return refusal(
                McpErrors.UNAVAILABLE,
                "nothing listens on port " + rules.port() + " of the server's pod. The server may still be starting;"
                        + " else spec.port of SecureMcpServer " + rules.namespace() + "/" + rules.name()
                        + " is not the port where it listens",
                Reason.UNREACHABLE);
    }

    byte[] ended() {
        return refusal(
                McpErrors.UNAVAILABLE,
                "this replica of the server is being taken away and listens no longer: another one takes new sessions",
                Reason.DRAINING);
    }

    byte[] noRoom(String why) {
        return limit(McpErrors.UNAVAILABLE, why, "bufferBytes", 1);
    }

    byte[] timedOut(Duration requestTimeout) {
        return limit(
                McpErrors.TIMED_OUT,
                "the server gave no whole answer within limits.requestTimeout, which is " + requestTimeout.toSeconds()
                        + " s here",
                "requestTimeout",
                0);
    }

    byte[] broken(String why) {
        return McpErrors.error(request.id(), McpErrors.BROKEN, why);
    }

    private byte[] refusal(int code, String sentence, Reason reason) {
        return McpErrors.refusal(request.id(), code, sentence, reason, Optional.empty(), attempt.id());
    }

    private byte[] limit(int code, String sentence, String limit, long retryAfterSeconds) {
        return McpErrors.limited(request.id(), code, sentence, limit, retryAfterSeconds, attempt.id());
    }

    static Judgement.Limited tooManyRequests(Allowances allowances) {
        return new Judgement.Limited(
                "concurrentRequests",
                "limits.concurrentRequests is reached: the server works on as many requests as it may, or on "
                        + allowances.requests().ofOneAgent() + " of this agent. Wait for one to end",
                1);
    }

    static Judgement.Limited tooManyStreams(Allowances allowances) {
        return new Judgement.Limited(
                "concurrentRequests",
                "as many event streams are open as limits.concurrentRequests allows, twice that number, or "
                        + allowances.eventStreams().ofOneAgent() + " of this agent. Close one",
                1);
    }
}
