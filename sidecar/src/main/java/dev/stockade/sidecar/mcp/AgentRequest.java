package dev.stockade.sidecar.mcp;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.audit.AuditEvent.Ruling;
import dev.stockade.model.audit.AuditEvent.Subject;
import dev.stockade.model.audit.AuditEvent.Verdict;
import dev.stockade.model.audit.RecordedArguments;
import dev.stockade.model.json.Arguments;
import dev.stockade.model.json.ByteRange;
import dev.stockade.model.mcp.Brought;
import dev.stockade.model.mcp.Era;
import dev.stockade.model.mcp.HandedOut;
import dev.stockade.model.mcp.ListFilter;
import dev.stockade.model.mcp.McpErrors;
import dev.stockade.model.mcp.McpGuard;
import dev.stockade.model.mcp.McpMessage;
import dev.stockade.model.mcp.McpMethod;
import dev.stockade.model.mcp.OwnerMarks;
import dev.stockade.model.mcp.RequestId;
import dev.stockade.model.mcp.Target;
import dev.stockade.model.mcp.Treatment;
import dev.stockade.model.policy.AgentAccess;
import dev.stockade.model.policy.Decision;
import dev.stockade.model.policy.Reason;
import dev.stockade.sidecar.metrics.Metrics.Count;
import dev.stockade.sidecar.state.ServerRules;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One request of an agent: what it asks for, and what the rules in force say of it. Writes down in the {@link Attempt} what it
 * learns; neither records, answers nor forwards.
 */
final class AgentRequest {
    static final String STALE =
            "this server's sidecar has not heard from the operator for longer than limits.staleAfter, and serves"
                    + " nobody until it has";

    static final String TASK_UNKNOWN = "Failed to retrieve task: Task not found";
    static final String STATE_UNKNOWN =
            "this requestState was not given to this caller for this request: send the request without it, to start"
                    + " anew";

    private final McpServerSide side;
    private final Peer peer;
    private final HttpRequest head;
    private final Attempt attempt;

    private Optional<ServerRules> rules = Optional.empty();
    private Optional<RequestId> id = Optional.empty();
    private Optional<McpMethod> method = Optional.empty();
    private Optional<Sessions.Session> session = Optional.empty();
    private Subject subject;
    private boolean modern;
    private HandedOut.Asked asked = HandedOut.Asked.NOTHING;
    private Brought.Unmarked unmarked = Brought.Unmarked.NONE;
    /** The task that it is about, as the server knows it. */
    private Optional<String> task = Optional.empty();

    AgentRequest(McpServerSide side, Peer peer, HttpRequest head, Attempt attempt) {
        this.side = requireNonNull(side);
        this.peer = requireNonNull(peer);
        this.head = requireNonNull(head);
        this.attempt = requireNonNull(attempt);
        attempt.traceId = TraceContext.traceId(head.headers().getAll("traceparent"));
        subject = new Subject(head.method().name(), "", "");
    }

    HttpRequest head() {
        return head;
    }

    /** The rules that it was judged by. */
    ServerRules rules() {
        return rules.orElseThrow();
    }

    /** Of the JSON-RPC request, where there is one and it could be read. */
    Optional<RequestId> id() {
        return id;
    }

    /** What it is about, for the audit log. */
    Subject subject() {
        return subject;
    }

    boolean isModern() {
        return modern;
    }

    /** What its answer may hand out. */
    HandedOut.Asked asked() {
        return asked;
    }

    /** What takes the mesh's marks out of its body. */
    List<ListFilter.Cut> unmarking() {
        return unmarked.cuts();
    }

    /** The task that it is about, as the server knows it. */
    Optional<String> task() {
        return task;
    }

    /** Whether its answer is a list, of which the agent sees a part. */
    boolean isList() {
        return method.isPresent() && method.get().treatment() == Treatment.FILTERED;
    }

    /** Whether its answer says what the server can do. */
    boolean isInitialize() {
        return method.isPresent() && method.get() == McpMethod.INITIALIZE;
    }

    /** Whether its answer is a stream of what it subscribes to. */
    boolean isListen() {
        return method.isPresent() && method.get() == McpMethod.LISTEN;
    }

    /** The one that it came in. */
    Optional<Sessions.Session> session() {
        return session;
    }

    /** @param body whole; stays the caller's */
    Judgement judge(ByteBuf body) {
        rules = side.rules();
        rules.ifPresent(r -> attempt.generation = r.generation());
        if (side.isStale()) {
            return refused(HttpResponseStatus.SERVICE_UNAVAILABLE, McpErrors.UNAVAILABLE, Reason.STALE, STALE);
        }
        long wait = side.allowances().calls().take(peer.agent());
        if (head.method().equals(HttpMethod.POST)) {
            return message(body, wait);
        }
        if (wait > 0) {
            return tooMany(wait);
        }
        return serverRefused().or(() -> sessionRefused(true)).orElseGet(() -> passes(Ruling.ALLOWED));
    }

    /** @param wait seconds until this agent may send it; 0 if it may now */
    private Judgement message(ByteBuf body, long wait) {
        return switch (side.tools().reader.read(body.nioBuffer())) {
            case McpMessage.Malformed malformed -> {
                id = malformed.id();
                yield refused(
                        HttpResponseStatus.BAD_REQUEST,
                        McpErrors.INVALID_REQUEST,
                        Reason.MALFORMED,
                        malformed.sentence());
            }
            case McpMessage.Request request -> {
                id = Optional.of(request.id());
                trace(request);
                yield wait > 0 ? tooMany(request, wait) : call(request, body);
            }
            case McpMessage.Notification notification -> {
                trace(notification);
                yield wait > 0 ? tooMany(notification, wait) : call(notification, body);
            }
            case McpMessage.Response response -> wait > 0 ? tooMany(wait) : response(response, body);
        };
    }

    /** The header speaks for the connection as well; without a valid one, the message speaks for itself. */
    private void trace(McpMessage.Call call) {
        if (attempt.traceId.isEmpty()) {
            attempt.traceId = TraceContext.traceId(List.of(call.params().traceparent()));
        }
    }

    private Judgement tooMany(McpMessage.Call call, long wait) {
        subject = subject(call.method(), call.params().targets().stream().findFirst());
        return tooMany(wait);
    }

    private Judgement tooMany(long wait) {
        side.metrics().count(Count.LIMIT_CALLS_PER_MINUTE);
        return new Judgement.Limited(
                "callsPerMinute",
                "limits.callsPerMinute is reached: this agent may send "
                        + rules.map(r -> r.limits().callsPerMinute()).orElse(0)
                        + " messages a minute here. Wait " + wait + " s",
                wait);
    }

    private Judgement call(McpMessage.Call call, ByteBuf body) {
        method = call.known();
        subject = subject(call.method(), call.params().targets().stream().findFirst());
        Arguments given = new Arguments(body.nioBuffer(), call.params().arguments());
        Optional<Judgement> refused = serverRefused();
        if (refused.isPresent()) {
            attempt.shadow = inShadow(call, given);
            return refused.get();
        }
        attempt.arguments = arguments(rules().audit(), call.params().arguments(), body);
        Optional<String> mismatch = ModernHeaders.mismatch(head.headers(), call, body);
        if (mismatch.isPresent()) {
            return mismatched(mismatch.get());
        }
        String version = call.params().protocolVersion();
        modern = Era.isModern(version.isEmpty() ? head.headers().get(HttpEdge.PROTOCOL_VERSION, "") : version);
        refused = sessionRefused(false);
        if (refused.isPresent()) {
            return refused.get();
        }
        if (session.isEmpty() && isAboutOneId(call.known())) {
            return new Judgement.Dropped(Reason.POLICY_DENIED);
        }
        attempt.shadow = inShadow(call, given);
        McpGuard.Verdict verdict = McpGuard.decide(access().orElseThrow(), call, given);
        return switch (verdict.decision()) {
            case Decision.Allow allow -> passes(call, body, new Ruling(Verdict.ALLOW, Optional.empty(), allow.by()));
            case Decision.Deny deny -> {
                verdict.target().ifPresent(t -> subject = subject(call.method(), Optional.of(t)));
                yield rules().observe()
                        ? passes(call, body, new Ruling(Verdict.OBSERVE_DENY, Optional.of(deny.reason()), deny.by()))
                        : new Judgement.Denied(verdict, deny);
            }
        };
    }

    /**
     * Whether a notice is about the id of some request: its session says whose that is. Without one, a server could only guess, and
     * would cancel the request of another agent that happens to have the same id. There, closing the stream cancels.
     */
    private static boolean isAboutOneId(Optional<McpMethod> method) {
        return method.isPresent() && (method.get() == McpMethod.CANCELLED || method.get() == McpMethod.PROGRESS);
    }

    /** Unless it brings something that this agent was not given: that stays unknown to it, whether it exists or not. */
    private Judgement passes(McpMessage.Call call, ByteBuf body, Ruling ruling) {
        OwnerMarks.Purpose purpose = new OwnerMarks.Purpose(
                call.method(),
                call.params().targets().stream().findFirst().map(Target::name).orElse(""));
        Brought brought = call.params().brought();
        OwnerMarks marks = new OwnerMarks(rules().stateKey());
        if (!brought.hasOwnState(marks, peer.agent(), purpose)) {
            return unknown(STATE_UNKNOWN);
        }
        if (!takesMarksOff(brought, marks, body)) {
            return unknown(TASK_UNKNOWN);
        }
        if (call.known()
                .map(McpMethod::subject)
                .filter(McpMethod.Subject.TASK::equals)
                .isPresent()) {
            task = Optional.of(unmarked.tasks().getFirst());
        }
        asked = new HandedOut.Asked(purpose, call.params().task(), Set.copyOf(unmarked.tasks()));
        return passes(ruling);
    }

    private boolean takesMarksOff(Brought brought, OwnerMarks marks, ByteBuf body) {
        Optional<Brought.Unmarked> taken = brought.unmarked(marks, peer.agent(), body.nioBuffer());
        taken.ifPresent(own -> {
            unmarked = own;
            own.tasks().forEach(side.tasks().of(peer.agent())::opened);
        });
        return taken.isPresent();
    }

    /** What MCP answers where there is no such task (2025-11-25 basic/utilities/tasks, SEP-2663 "Protocol Errors"). */
    private Judgement unknown(String sentence) {
        return id.isPresent()
                ? refused(HttpResponseStatus.OK, McpErrors.INVALID_PARAMS, Reason.UNKNOWN_STATE, sentence)
                : new Judgement.Dropped(Reason.UNKNOWN_STATE);
    }

    /** Where the server is only observed, an agent without any grant passes, and the line says so. */
    private Judgement passes(Ruling ruling) {
        return new Judgement.Passes(
                McpGuard.refusesServer(access()).isEmpty()
                        ? ruling
                        : new Ruling(Verdict.OBSERVE_DENY, Optional.of(Reason.NO_GRANT), Optional.empty()));
    }

    /** What would be decided if the policies in shadow were enforced, too. */
    private Optional<Decision> inShadow(McpMessage.Call call, Arguments given) {
        return access().filter(access -> !access.suspended())
                .flatMap(access -> McpGuard.decideInShadow(access, call, given));
    }

    private static Subject subject(String method, Optional<Target> target) {
        return new Subject(
                method,
                target.map(t -> t.kind().word()).orElse(""),
                target.map(Target::name).orElse(""));
    }

    /** An answer of the agent passes only if the server asked this agent, in this session, and was not answered yet. */
    private Judgement response(McpMessage.Response response, ByteBuf body) {
        subject = new Subject("response", "", "");
        return serverRefused()
                .or(() -> ModernHeaders.mismatchOfAnswer(head.headers()).map(AgentRequest::mismatched))
                .or(() -> sessionRefused(false))
                .orElseGet(() -> {
                    if (!takesMarksOff(response.brought(), new OwnerMarks(rules().stateKey()), body)) {
                        return new Judgement.Dropped(Reason.UNKNOWN_STATE);
                    }
                    return session.isPresent() && session.get().answers(response.id())
                            ? passes(Ruling.ALLOWED)
                            : new Judgement.Dropped(Reason.POLICY_DENIED);
                });
    }

    /** Whether the agent may not use the server at all. */
    private Optional<Judgement> serverRefused() {
        Optional<AgentAccess> access = access();
        if (rules.isPresent()
                && rules.get().observe()
                && access.isPresent()
                && !access.get().suspended()) {
            return Optional.empty();
        }
        return McpGuard.refusesServer(access).map(verdict -> {
            Reason reason = verdict.decision() instanceof Decision.Deny deny ? deny.reason() : Reason.NO_GRANT;
            return refused(HttpResponseStatus.FORBIDDEN, McpErrors.DENIED, reason, verdict.message());
        });
    }

    private Optional<AgentAccess> access() {
        return rules.map(r -> r.agents().get(peer.agent()));
    }

    private static RecordedArguments arguments(ServerRules.AuditRules audit, ByteRange range, ByteBuf body) {
        if (range.isEmpty() || audit.arguments() == ServerRules.AuditRules.Arguments.NONE) {
            return RecordedArguments.NONE;
        }
        ByteBuffer json = body.nioBuffer(body.readerIndex() + range.start(), range.length());
        return audit.arguments() == ServerRules.AuditRules.Arguments.FULL
                ? RecordedArguments.full(audit.digestKey(), json)
                : RecordedArguments.digest(audit.digestKey(), json);
    }

    /** Looks the request's session up; a refusal if it is not the agent's. */
    private Optional<Judgement> sessionRefused(boolean needed) {
        String given = head.headers().get(HttpEdge.SESSION, "");
        if (given.isEmpty() && !needed) {
            return Optional.empty();
        }
        if (given.isEmpty()) {
            return Optional.of(refused(
                    HttpResponseStatus.METHOD_NOT_ALLOWED,
                    McpErrors.REFUSED,
                    Reason.UNKNOWN_SESSION,
                    head.method().name() + " needs the Mcp-Session-Id of a session"));
        }
        session = side.sessions().find(given, peer.agent());
        attempt.session = session.map(Sessions.Session::digest).orElseGet(() -> Sessions.digest(given));
        return session.isPresent()
                ? Optional.empty()
                : Optional.of(refused(
                        HttpResponseStatus.NOT_FOUND,
                        McpErrors.REFUSED,
                        Reason.UNKNOWN_SESSION,
                        "this session is not known here: start a new one with initialize"));
    }

    private static Judgement mismatched(String sentence) {
        return refused(HttpResponseStatus.BAD_REQUEST, McpErrors.HEADER_MISMATCH, Reason.MALFORMED, sentence);
    }

    private static Judgement refused(HttpResponseStatus status, int code, Reason reason, String sentence) {
        return new Judgement.Refused(status, code, reason, sentence, false);
    }
}
