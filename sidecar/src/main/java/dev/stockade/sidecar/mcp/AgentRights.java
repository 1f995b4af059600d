package dev.stockade.sidecar.mcp;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.audit.AuditEvent.Outcome;
import dev.stockade.model.audit.AuditEvent.Ruling;
import dev.stockade.model.audit.AuditEvent.Subject;
import dev.stockade.model.audit.AuditEvent.Verdict;
import dev.stockade.model.json.JsonRefusedException;
import dev.stockade.model.mcp.AnswerScanner;
import dev.stockade.model.mcp.HandedOut;
import dev.stockade.model.mcp.ListFilter;
import dev.stockade.model.mcp.McpErrors;
import dev.stockade.model.mcp.McpGuard;
import dev.stockade.model.mcp.McpMethod;
import dev.stockade.model.mcp.RequestId;
import dev.stockade.model.mcp.ServerMethod;
import dev.stockade.model.policy.AgentAccess;
import dev.stockade.model.policy.Decision;
import dev.stockade.model.policy.GuardedKind;
import dev.stockade.model.policy.Question;
import dev.stockade.model.policy.Reason;
import dev.stockade.model.policy.Visibility;
import dev.stockade.sidecar.state.ServerRules;
import java.nio.ByteBuffer;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * What the agent of one exchange may see, and be asked by the server, at this moment: long streams outlive the rules that they
 * began under. Records what the server asks.
 */
final class AgentRights {
    private static final int MOST_RECORDED = 16;

    private final McpServerSide side;
    private final Peer peer;
    private final Attempt of;

    /** @param of the attempt in whose answer the server asks */
    AgentRights(McpServerSide side, Peer peer, Attempt of) {
        this.side = requireNonNull(side);
        this.peer = requireNonNull(peer);
        this.of = requireNonNull(of);
    }

    /**
     * What becomes of something that the server asks of the agent, or tells it.
     *
     * @param shadow what would become of it if the policies in shadow were enforced, too
     */
    record Asked(boolean passes, Ruling ruling, Optional<Decision> shadow) {
        static final Asked REFUSED = new Asked(false, Ruling.refused(Reason.POLICY_DENIED), Optional.empty());

        Asked {
            requireNonNull(ruling);
            requireNonNull(shadow);
        }
    }

    /** Decides on a request or a notification of the server; one that is not known is denied. */
    Asked asked(Optional<ServerMethod> method) {
        return asked(access -> method.map(m -> McpGuard.decide(access, m).decision())
                .orElseGet(() -> new Decision.Deny(Reason.POLICY_DENIED, Optional.empty())));
    }

    /** Decides on a notice that a resource has changed. */
    Asked told(String uri) {
        return asked(access -> McpGuard.tells(access, uri));
    }

    /** Decides on a notice about a task of the agent's own. */
    Asked ownTask() {
        return accessNow().isPresent() ? new Asked(true, Ruling.ALLOWED, Optional.empty()) : Asked.REFUSED;
    }

    private Asked asked(Function<AgentAccess, Decision> policy) {
        Optional<AgentAccess> now = accessNow();
        if (now.isEmpty()) {
            return Asked.REFUSED;
        }
        Optional<Decision> shadow = now.get().withShadow().map(policy);
        return switch (policy.apply(now.get())) {
            case Decision.Allow allow ->
                new Asked(true, new Ruling(Verdict.ALLOW, Optional.empty(), allow.by()), shadow);
            case Decision.Deny deny ->
                new Asked(
                        observes(),
                        new Ruling(
                                observes() ? Verdict.OBSERVE_DENY : Verdict.DENY,
                                Optional.of(deny.reason()),
                                deny.by()),
                        shadow);
        };
    }

    private boolean observes() {
        return side.rules().map(ServerRules::observe).orElse(false);
    }

    /** The first thing that a result asks of the agent without a grant, and that therefore does not pass. */
    Optional<String> unpermitted(AnswerScanner scanner) {
        if (scanner.inputRequests() == 0) {
            return Optional.empty();
        }
        return scanner.inputMethods().stream()
                .filter(m -> !asked(ServerMethod.of(m)).passes())
                .findFirst();
    }

    /** Records what a result asks of the agent without a grant, where the server is only observed and it passes all the same. */
    void recordObserved(AnswerScanner scanner) {
        if (scanner.inputRequests() == 0 || !observes()) {
            return;
        }
        for (String method : scanner.inputMethods()) {
            Asked asked = asked(ServerMethod.of(method));
            if (asked.ruling().verdict() == Verdict.OBSERVE_DENY) {
                recordAsked(new Subject(method, "", ""), asked).ifPresent(ask -> passed(ask, Outcome.OK));
            }
        }
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
        boolean observe = observes();
        return side.tools()
                .lists
                .cuts(
                        json,
                        target -> observe || (now.isPresent() && McpGuard.shows(now.get(), target)),
                        handedOut::markOf,
                        modern);
    }

    /** Lets the scanner look for resources that the agent may not read, if there are any. */
    void watch(AnswerScanner scanner) {
        if (visibility().resources() != Visibility.EVERYTHING.resources()) {
            scanner.watch(this::hides);
        }
    }

    private boolean hides(String uri) {
        return accessNow()
                .map(access -> !access.decide(Question.resource(McpMethod.RESOURCES_READ.word(), uri))
                        .allows())
                .orElse(true);
    }

    /**
     * What a result names or embeds that the agent may not read; recorded, up to sixteen resources of one result.
     *
     * @param method of the request that it answers
     */
    List<ListFilter.Cut> contentCuts(ByteBuffer json, String method) throws JsonRefusedException {
        Set<String> hidden = new LinkedHashSet<>();
        List<ListFilter.Cut> cuts = side.tools().contents.cuts(json, uri -> {
            boolean hides = hides(uri);
            if (hides && hidden.size() < MOST_RECORDED) {
                hidden.add(uri);
            }
            return hides;
        });
        hidden.forEach(uri -> recordAsked(new Subject(method, GuardedKind.RESOURCE.word(), uri), Asked.REFUSED));
        return cuts;
    }

    /**
     * Records something that the server asks of the agent.
     *
     * @return what is to be {@link #passed} once it is; empty if it must not pass since it cannot be recorded
     */
    Optional<Attempt> recordAsked(Subject subject, Asked asked) {
        Attempt ask = serverAttempt();
        ask.shadow = asked.shadow();
        boolean queued = side.audit().append(ask.decided(subject, asked.ruling()));
        boolean passes = queued
                || side.rules()
                        .map(r -> r.audit().onFailure() == ServerRules.AuditRules.OnFailure.COUNT)
                        .orElse(false);
        return passes ? Optional.of(ask) : Optional.empty();
    }

    /** What the server asks was handed to the agent, or could not be. */
    void passed(Attempt asked, Outcome outcome) {
        asked.done(outcome, -1).ifPresent(event -> side.audit().append(event));
    }

    /** A denial that stands in for a result which asks for more than the agent may be asked. */
    byte[] denyAsked(Optional<RequestId> of, String asked) {
        Attempt ask = serverAttempt();
        Asked refused = asked(ServerMethod.of(asked));
        ask.shadow = refused.shadow();
        side.audit().append(ask.decided(new Subject(asked, "", ""), refused.ruling()));
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
