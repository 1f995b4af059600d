package dev.stockade.sidecar.mcp;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.audit.AuditEvent.Ruling;
import dev.stockade.model.audit.AuditEvent.Subject;
import dev.stockade.model.json.JsonRefusedException;
import dev.stockade.model.mcp.AnswerScanner;
import dev.stockade.model.mcp.HandedOut;
import dev.stockade.model.mcp.ListFilter;
import dev.stockade.model.mcp.McpErrors;
import dev.stockade.model.mcp.McpGuard;
import dev.stockade.model.mcp.RequestId;
import dev.stockade.model.mcp.ServerMethod;
import dev.stockade.model.policy.AgentAccess;
import dev.stockade.model.policy.Reason;
import dev.stockade.model.policy.Visibility;
import dev.stockade.sidecar.state.ServerRules;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/**
 * What the agent of one exchange may see, and be asked by the server, at this moment: long streams outlive the rules that they
 * began under. Records what the server asks.
 */
final class AgentRights {
    private final McpServerSide side;
    private final Peer peer;
    private final Attempt of;

    /** @param of the attempt in whose answer the server asks */
    AgentRights(McpServerSide side, Peer peer, Attempt of) {
        this.side = requireNonNull(side);
        this.peer = requireNonNull(peer);
        this.of = requireNonNull(of);
    }

    /** The first thing that a result asks of the agent without a grant. */
    Optional<String> unpermitted(AnswerScanner scanner) {
        if (scanner.inputRequests() == 0) {
            return Optional.empty();
        }
        Optional<AgentAccess> now = accessNow();
        return scanner.inputMethods().stream()
                .filter(m -> now.isEmpty()
                        || ServerMethod.of(m).isEmpty()
                        || !McpGuard.decide(now.get(), ServerMethod.of(m).get())
                                .decision()
                                .allows())
                .findFirst();
    }

    /** What the agent may do at this moment: long streams outlive the rules that they began under. */
    Optional<AgentAccess> accessNow() {
        return side.rules().map(r -> r.agents().get(peer.agent())).filter(a -> !a.suspended());
    }

    /** What lists show to the agent at this moment. */
    Visibility visibility() {
        Optional<ServerRules> rules = side.rules();
        return Visibility.of(
                rules.map(r -> r.agents().get(peer.agent())),
                rules.map(ServerRules::observe).orElse(false));
    }

    /** What a list hides from the agent. */
    List<ListFilter.Cut> listCuts(ByteBuffer json, HandedOut handedOut, boolean modern) throws JsonRefusedException {
        Optional<AgentAccess> now = accessNow();
        boolean observe = side.rules().map(ServerRules::observe).orElse(false);
        return side.tools()
                .lists
                .cuts(
                        json,
                        target -> observe || (now.isPresent() && McpGuard.shows(now.get(), target)),
                        handedOut::markOf,
                        modern);
    }

    /** Records something that the server asks of the agent; false if it must not pass since it cannot be recorded. */
    boolean recordAsked(Subject asked, Ruling ruling) {
        boolean queued = side.audit().append(serverAttempt().decided(asked, ruling));
        return queued
                || side.rules()
                        .map(r -> r.audit().onFailure() == ServerRules.AuditRules.OnFailure.COUNT)
                        .orElse(false);
    }

    /** A denial that stands in for a result which asks for more than the agent may be asked. */
    byte[] denyAsked(Optional<RequestId> of, String asked) {
        Attempt ask = serverAttempt();
        side.audit().append(ask.decided(new Subject(asked, "", ""), Ruling.refused(Reason.POLICY_DENIED)));
        return McpErrors.refusal(
                of,
                McpErrors.DENIED,
                McpGuard.featureSentence(asked),
                Reason.POLICY_DENIED,
                Optional.empty(),
                ask.id());
    }

    /** A record of something that the server asks of the agent. */
    private Attempt serverAttempt() {
        Attempt ask = new Attempt(side.clock(), side.parties(peer));
        ask.generation = side.rules().map(ServerRules::generation).orElse(0L);
        ask.traceId = of.traceId;
        ask.session = of.session;
        return ask;
    }
}
