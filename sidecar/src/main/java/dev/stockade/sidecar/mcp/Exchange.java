package dev.stockade.sidecar.mcp;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.audit.AuditEvent.Outcome;
import dev.stockade.model.audit.AuditEvent.Ruling;
import dev.stockade.model.audit.AuditEvent.Subject;
import dev.stockade.model.audit.AuditEvent.Verdict;
import dev.stockade.model.audit.RecordedArguments;
import dev.stockade.model.json.ByteRange;
import dev.stockade.model.mcp.AnswerScanner;
import dev.stockade.model.mcp.Era;
import dev.stockade.model.mcp.McpErrors;
import dev.stockade.model.mcp.McpGuard;
import dev.stockade.model.mcp.McpMessage;
import dev.stockade.model.mcp.McpMethod;
import dev.stockade.model.mcp.RequestId;
import dev.stockade.model.mcp.Target;
import dev.stockade.model.mcp.Treatment;
import dev.stockade.model.policy.AgentAccess;
import dev.stockade.model.policy.Decision;
import dev.stockade.model.policy.Reason;
import dev.stockade.sidecar.state.ServerRules;
import dev.stockade.sidecar.tunnel.Cutoff;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.concurrent.Future;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One request of an agent and its answer: decided, recorded, passed on, answered, recorded again. Runs on the event loop of the
 * agent's stream, as everything it calls does.
 */
final class Exchange implements Upstream.Listener {
    static final String STALE =
            "this server's sidecar has not heard from the operator for longer than limits.staleAfter, and serves nobody until"
                    + " it has";

    private static final byte[] NOTHING = {};

    private final McpServerSide side;
    private final Peer peer;
    private final HttpRequest head;
    private final AgentAnswer answer;
    private final EventLoop loop;
    private final Runnable done;
    private final Attempt attempt;
    private final AgentRights rights;

    private ByteBuf body;
    private Optional<ServerRules> rules = Optional.empty();
    private Optional<RequestId> id = Optional.empty();
    private Optional<McpMethod> method = Optional.empty();
    private Optional<Sessions.Session> session = Optional.empty();
    private Subject subject;
    private boolean modern;
    private boolean over;
    private @Nullable Upstream upstream;
    private @Nullable Relay relay;

    /** @param done runs once, when the answer is out or cut; not if the agent goes away */
    Exchange(
            McpServerSide side,
            Peer peer,
            HttpRequest head,
            ByteBuf body,
            AgentAnswer answer,
            EventLoop loop,
            Runnable done) {
        this.side = requireNonNull(side);
        this.peer = requireNonNull(peer);
        this.head = requireNonNull(head);
        this.body = requireNonNull(body);
        this.answer = requireNonNull(answer);
        this.loop = requireNonNull(loop);
        this.done = requireNonNull(done);
        attempt = new Attempt(side.clock(), side.parties(peer));
        rights = new AgentRights(side, peer, attempt);
        attempt.requestBytes = body.readableBytes();
        attempt.traceId = traceId(head.headers().get("traceparent", ""));
        subject = new Subject(head.method().name(), "", "");
    }

    /** W3C Trace Context: version, trace id, parent id and flags, in hexadecimal digits. */
    private static String traceId(String traceparent) {
        if (traceparent.length() < 55 || traceparent.charAt(2) != '-' || traceparent.charAt(35) != '-') {
            return "";
        }
        for (int i = 3; i < 35; i++) {
            char c = traceparent.charAt(i);
            if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
                return "";
            }
        }
        return traceparent.substring(3, 35);
    }

    // --- deciding ---

    /** Refuses what HTTP alone shows. */
    void refuse(HttpEdge.Refusal refusal) {
        refuse(refusal.status(), McpErrors.REFUSED, refusal.reason(), refusal.sentence(), refusal.closes());
    }

    /** Decides, and goes on from there. */
    void start() {
        rules = side.rules();
        rules.ifPresent(r -> attempt.generation = r.generation());
        if (side.isStale()) {
            refuse(HttpResponseStatus.SERVICE_UNAVAILABLE, McpErrors.UNAVAILABLE, Reason.STALE, STALE, false);
            return;
        }
        if (head.method().equals(HttpMethod.POST)) {
            message();
        } else {
            Optional<McpGuard.Verdict> refused = refusesServer();
            if (refused.isPresent()) {
                denyServer(refused.get());
            } else if (takesSession(true)) {
                allowed(Ruling.ALLOWED);
            }
        }
    }

    private void message() {
        McpMessage message = side.tools().reader.read(body.nioBuffer());
        switch (message) {
            case McpMessage.Malformed malformed -> {
                id = malformed.id();
                subject = Subject.NONE;
                refuse(
                        HttpResponseStatus.BAD_REQUEST,
                        McpErrors.INVALID_REQUEST,
                        Reason.MALFORMED,
                        malformed.sentence(),
                        false);
            }
            case McpMessage.Request request -> {
                id = Optional.of(request.id());
                call(request);
            }
            case McpMessage.Notification notification -> call(notification);
            case McpMessage.Response response -> response(response);
        }
    }

    private void call(McpMessage.Call call) {
        method = call.known();
        Optional<Target> first = call.params().targets().stream().findFirst();
        subject = subject(call.method(), first);
        Optional<McpGuard.Verdict> refused = refusesServer();
        if (refused.isPresent()) {
            denyServer(refused.get());
            return;
        }
        Optional<String> mismatch = ModernHeaders.mismatch(head.headers(), call);
        if (mismatch.isPresent()) {
            refuse(HttpResponseStatus.BAD_REQUEST, McpErrors.HEADER_MISMATCH, Reason.MALFORMED, mismatch.get(), false);
            return;
        }
        String version = call.params().protocolVersion();
        modern = Era.isModern(version.isEmpty() ? head.headers().get(HttpEdge.PROTOCOL_VERSION, "") : version);
        if (!takesSession(false)) {
            return;
        }
        ServerRules in = rules.orElseThrow();
        attempt.arguments = arguments(in.audit(), call.params().arguments());
        McpGuard.Verdict verdict = McpGuard.decide(access().orElseThrow(), call);
        if (verdict.decision() instanceof Decision.Allow allow) {
            allowed(new Ruling(Verdict.ALLOW, Optional.empty(), allow.by()));
        } else if (verdict.decision() instanceof Decision.Deny deny) {
            verdict.target().ifPresent(t -> subject = subject(call.method(), Optional.of(t)));
            if (in.observe() && deny.reason() == Reason.POLICY_DENIED) {
                allowed(new Ruling(Verdict.OBSERVE_DENY, Optional.of(deny.reason()), deny.by()));
            } else {
                deny(verdict, deny);
            }
        }
    }

    private static Subject subject(String method, Optional<Target> target) {
        return new Subject(
                method,
                target.map(t -> t.kind().word()).orElse(""),
                target.map(Target::name).orElse(""));
    }

    /** An answer of the agent passes only if the server asked this agent, in this session, and was not answered yet. */
    private void response(McpMessage.Response response) {
        subject = new Subject("response", "", "");
        Optional<McpGuard.Verdict> refused = refusesServer();
        if (refused.isPresent()) {
            denyServer(refused.get());
            return;
        }
        if (!takesSession(false)) {
            return;
        }
        if (session.isPresent() && session.get().answers(response.id())) {
            allowed(Ruling.ALLOWED);
            return;
        }
        record(Ruling.refused(Reason.POLICY_DENIED));
        drop();
    }

    private Optional<McpGuard.Verdict> refusesServer() {
        Optional<AgentAccess> access = access();
        if (rules.isPresent()
                && rules.get().observe()
                && access.isPresent()
                && !access.get().suspended()) {
            return Optional.empty();
        }
        return McpGuard.refusesServer(access);
    }

    private Optional<AgentAccess> access() {
        return rules.map(r -> r.agents().get(peer.agent()));
    }

    private RecordedArguments arguments(ServerRules.AuditRules audit, ByteRange range) {
        if (range.isEmpty() || audit.arguments() == ServerRules.AuditRules.Arguments.NONE) {
            return RecordedArguments.NONE;
        }
        ByteBuffer json = body.nioBuffer(body.readerIndex() + range.start(), range.length());
        return audit.arguments() == ServerRules.AuditRules.Arguments.FULL
                ? RecordedArguments.full(audit.digestKey(), json)
                : RecordedArguments.digest(audit.digestKey(), json);
    }

    /** Looks the request's session up; false if it was refused for it. */
    private boolean takesSession(boolean needed) {
        String given = head.headers().get(HttpEdge.SESSION, "");
        if (given.isEmpty() && !needed) {
            return true;
        }
        if (given.isEmpty()) {
            refuse(
                    head.method().equals(HttpMethod.GET)
                            ? HttpResponseStatus.METHOD_NOT_ALLOWED
                            : HttpResponseStatus.BAD_REQUEST,
                    McpErrors.REFUSED,
                    Reason.UNKNOWN_SESSION,
                    head.method().name() + " needs the Mcp-Session-Id of a session",
                    false);
            return false;
        }
        session = side.sessions().find(given, peer.agent());
        attempt.session = session.map(Sessions.Session::digest).orElseGet(() -> Sessions.digest(given));
        if (session.isEmpty()) {
            refuse(
                    HttpResponseStatus.NOT_FOUND,
                    McpErrors.REFUSED,
                    Reason.UNKNOWN_SESSION,
                    "this session is not known here: start a new one with initialize",
                    false);
            return false;
        }
        return true;
    }

    // --- refusing ---

    private void denyServer(McpGuard.Verdict verdict) {
        Reason reason = verdict.decision() instanceof Decision.Deny deny ? deny.reason() : Reason.NO_GRANT;
        refuse(HttpResponseStatus.FORBIDDEN, McpErrors.DENIED, reason, verdict.message(), false);
    }

    private void deny(McpGuard.Verdict verdict, Decision.Deny deny) {
        record(new Ruling(Verdict.DENY, Optional.of(deny.reason()), deny.by()));
        if (id.isEmpty()) {
            drop();
            return;
        }
        reply(
                HttpResponseStatus.OK,
                McpErrors.refusal(
                        id, McpErrors.DENIED, verdict.message(), deny.reason(), verdict.target(), attempt.id()),
                false);
    }

    private void refuse(HttpResponseStatus status, int code, Reason reason, String sentence, boolean closes) {
        record(Ruling.refused(reason));
        reply(status, McpErrors.refusal(id, code, sentence, reason, Optional.empty(), attempt.id()), closes);
    }

    private void record(Ruling ruling) {
        side.audit().append(attempt.decided(subject, ruling));
    }

    /** MCP 2025-11-25 "Sending Messages to the Server": 202 for what has no answer. */
    private void drop() {
        reply(HttpResponseStatus.ACCEPTED, NOTHING, false);
    }

    private void reply(HttpResponseStatus status, byte[] json, boolean closes) {
        HttpHeaders headers = DefaultHttpHeadersFactory.headersFactory().newHeaders();
        if (status.equals(HttpResponseStatus.METHOD_NOT_ALLOWED)) {
            headers.set(HttpHeaderNames.ALLOW, "POST, GET, DELETE");
        }
        answer.whole(status, headers, AgentAnswer.JSON, json, closes);
        over();
    }

    // --- passing on ---

    private void allowed(Ruling ruling) {
        if (rules.orElseThrow().audit().onFailure() == ServerRules.AuditRules.OnFailure.COUNT) {
            record(ruling);
            forward();
            return;
        }
        side.audit()
                .append(
                        attempt.decided(subject, ruling),
                        written -> loop.execute(() -> {
                            if (over) {
                                return;
                            }
                            if (written) {
                                forward();
                            } else {
                                reply(
                                        HttpResponseStatus.SERVICE_UNAVAILABLE,
                                        McpErrors.refusal(
                                                id,
                                                McpErrors.UNAVAILABLE,
                                                "the audit log of this server cannot be written, and it serves nothing unrecorded",
                                                Reason.AUDIT_FAILED,
                                                Optional.empty(),
                                                attempt.id()),
                                        false);
                            }
                        }));
    }

    private void forward() {
        side.upstreams().acquire(loop, rules.orElseThrow().port()).addListener((Future<Upstream> acquired) -> {
            if (over) {
                if (acquired.isSuccess()) {
                    side.upstreams().release(loop, acquired.getNow());
                }
            } else if (acquired.isSuccess()) {
                send(acquired.getNow());
            } else {
                unreachable();
            }
        });
    }

    private void unreachable() {
        int port = rules.orElseThrow().port();
        finish(
                HttpResponseStatus.SERVICE_UNAVAILABLE,
                McpErrors.refusal(
                        id,
                        McpErrors.UNAVAILABLE,
                        "the server does not listen on port " + port + " of its pod's loopback",
                        Reason.UNREACHABLE,
                        Optional.empty(),
                        attempt.id()));
    }

    private void send(Upstream to) {
        upstream = to;
        ServerRules in = rules.orElseThrow();
        HttpRequest request = new DefaultHttpRequest(HttpVersion.HTTP_1_1, head.method(), in.path());
        HttpHeaders headers = request.headers();
        HttpEdge.forward(head.headers(), headers);
        headers.set(HttpHeaderNames.HOST, in.hostHeader());
        headers.set(HttpEdge.AGENT, peer.agent().uri());
        session.ifPresent(s -> headers.set(HttpEdge.SESSION, s.id()));
        if (head.method().equals(HttpMethod.POST)) {
            headers.set(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes());
        }
        ByteBuf sent = body;
        body = Unpooled.EMPTY_BUFFER;
        to.send(request, new DefaultLastHttpContent(sent), this);
    }

    // --- the answer ---

    @Override
    public void head(HttpResponse response) {
        AnswerHead from = AnswerHead.of(response);
        if (from.body() == AnswerHead.Body.ENCODED) {
            replaceBroken(
                    "the server compressed its answer although nothing asked for that, and it cannot be looked at");
            return;
        }
        if (!givesSession(response, from)) {
            replaceBroken("the server gave out a session id that cannot be passed on");
            return;
        }
        long most = Math.max(1 << 20, rules.orElseThrow().limits().bufferBytes() / 4);
        relay = switch (from.body()) {
            case JSON -> isList() ? new ListRelay(this, from, most) : new JsonRelay(this, from);
            case EVENTS -> new EventRelay(this, from, most);
            case OTHER, ENCODED -> new PassRelay(this, from);
        };
    }

    private boolean isList() {
        return method.isPresent() && method.get().treatment() == Treatment.FILTERED;
    }

    /** Notes a session that begins or ends here, and marks its id with this replica. */
    private boolean givesSession(HttpResponse response, AnswerHead from) {
        int code = response.status().code();
        String given = response.headers().get(HttpEdge.SESSION, "");
        if (session.isPresent() && (code == 404 || (head.method().equals(HttpMethod.DELETE) && code < 300))) {
            side.sessions().ended(session.get());
            return true;
        }
        if (given.isEmpty() || code >= 300) {
            return true;
        }
        Optional<Sessions.Session> named = side.sessions().opened(given, peer.agent());
        if (named.isEmpty()) {
            return false;
        }
        session = named;
        from.headers().set(HttpEdge.SESSION, side.sessions().given(named.get()));
        return true;
    }

    @Override
    public void content(ByteBuf data) {
        if (relay == null || over) {
            data.release();
        } else {
            relay.content(data);
        }
    }

    @Override
    public void end() {
        if (relay != null && !over) {
            relay.end();
        }
    }

    @Override
    public void broken(String why) {
        if (over) {
            return;
        }
        if (relay == null) {
            replaceBroken(why);
        } else {
            relay.broken(why);
        }
    }

    // --- what relays ask for ---

    /** What the agent may see and be asked. */
    AgentRights rights() {
        return rights;
    }

    AgentAnswer answer() {
        return answer;
    }

    Optional<RequestId> id() {
        return id;
    }

    boolean isListRequest() {
        return isList();
    }

    ByteBuf buffer(int capacity) {
        return answer.buffer(capacity);
    }

    /** Stops reading from the server while the agent does not take what there is. */
    void slowDown() {
        if (upstream != null && !over) {
            upstream.read(answer.isWritable());
        }
    }

    void agentWritable(boolean writable) {
        if (upstream != null && !over) {
            upstream.read(writable);
        }
    }

    /** Shows the bytes to the scanner, without moving the buffer. */
    void scan(AnswerScanner scanner, ByteBuf data) {
        byte[] scratch = side.tools().scratch;
        int from = data.readerIndex();
        int to = data.writerIndex();
        while (from < to) {
            int part = Math.min(scratch.length, to - from);
            data.getBytes(from, scratch, 0, part);
            if (!scanner.feed(scratch, 0, part)) {
                return;
            }
            from += part;
        }
    }

    Optional<Sessions.Session> session() {
        return session;
    }

    /** Ends with an error instead of what the server sent. */
    void replaceBroken(String why) {
        if (answer.started()) {
            cut();
            return;
        }
        dropUpstream();
        finish(HttpResponseStatus.BAD_GATEWAY, McpErrors.error(id, McpErrors.BROKEN, why));
    }

    /** Ends with a denial instead of a result that asks for more than the agent may be asked. */
    void replaceUnpermitted(String asked) {
        dropUpstream();
        finish(HttpResponseStatus.OK, rights.denyAsked(id, asked));
    }

    /** Tells the server that the agent may not be asked this: a message to its session, whose answer nobody waits for. */
    void refuseServer(RequestId asked, String method) {
        if (session.isEmpty()) {
            return;
        }
        ServerRules in = rules.orElseThrow();
        HttpRequest request = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, in.path());
        byte[] json = McpErrors.error(Optional.of(asked), McpErrors.DENIED, McpGuard.featureSentence(method));
        HttpHeaders headers = request.headers();
        HttpEdge.forward(head.headers(), headers);
        headers.remove(HttpEdge.LAST_EVENT_ID);
        headers.remove(HttpEdge.MCP_METHOD);
        headers.remove(HttpEdge.MCP_NAME);
        headers.set(HttpHeaderNames.HOST, in.hostHeader());
        headers.set(HttpEdge.AGENT, peer.agent().uri());
        headers.set(HttpEdge.SESSION, session.get().id());
        headers.set(HttpHeaderNames.ACCEPT, AgentAnswer.JSON + ", " + AgentAnswer.EVENTS);
        headers.set(HttpHeaderNames.CONTENT_TYPE, AgentAnswer.JSON);
        headers.set(HttpHeaderNames.CONTENT_LENGTH, json.length);
        Errand.send(side.upstreams(), loop, in.port(), request, json);
    }

    byte[] scratch() {
        return side.tools().eventScratch;
    }

    /** The answer was ended early. */
    void abandon() {
        dropUpstream();
        finish(Outcome.BROKEN);
    }

    private void finish(HttpResponseStatus status, byte[] json) {
        answer.whole(status, DefaultHttpHeadersFactory.headersFactory().newHeaders(), AgentAnswer.JSON, json, false);
        finish(Outcome.BROKEN);
    }

    /** The answer is out. */
    void finish(Outcome outcome) {
        attempt.done(outcome, answer.bytes()).ifPresent(e -> side.audit().append(e));
        over();
    }

    /** The answer cannot be completed, nor replaced. */
    void cut() {
        dropUpstream();
        answer.cut();
        finish(Outcome.BROKEN);
    }

    /** The agent is cut off: it is told why where its answer still can, and the server's work ends. */
    void cutOff(Cutoff why) {
        if (over) {
            return;
        }
        byte[] farewell = Farewell.json(id, why);
        dropUpstream();
        if (!answer.started()) {
            answer.whole(
                    Farewell.status(why),
                    DefaultHttpHeadersFactory.headersFactory().newHeaders(),
                    AgentAnswer.JSON,
                    farewell,
                    true);
            finish(Outcome.BROKEN);
        } else if (relay != null && relay.breakOff(farewell)) {
            finish(Outcome.BROKEN);
        } else {
            cut();
        }
    }

    /** The agent, or whoever guards its stream, closed it. */
    void agentGone() {
        if (over) {
            return;
        }
        over = true;
        dropUpstream();
        attempt.done(Outcome.BROKEN, answer.bytes()).ifPresent(e -> side.audit().append(e));
        letGo();
    }

    private void dropUpstream() {
        if (upstream != null) {
            upstream.close();
            upstream = null;
        }
    }

    private void over() {
        if (over) {
            return;
        }
        over = true;
        Upstream used = upstream;
        upstream = null;
        if (used != null) {
            used.read(true);
            if (used.reusable()) {
                side.upstreams().release(loop, used);
            } else {
                used.close();
            }
        }
        letGo();
        done.run();
    }

    private void letGo() {
        body.release();
        body = Unpooled.EMPTY_BUFFER;
        if (relay != null) {
            relay.release();
            relay = null;
        }
    }

    boolean isModern() {
        return modern;
    }

    /** Whether the stream cannot be used after this. */
    boolean closedStream() {
        return answer.closes();
    }
}
