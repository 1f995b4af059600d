package dev.stockade.sidecar.mcp;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.audit.AuditEvent.Outcome;
import dev.stockade.model.audit.AuditEvent.Ruling;
import dev.stockade.model.audit.AuditEvent.Verdict;
import dev.stockade.model.mcp.AnswerScanner;
import dev.stockade.model.mcp.HandedOut;
import dev.stockade.model.mcp.McpErrors;
import dev.stockade.model.mcp.McpGuard;
import dev.stockade.model.mcp.OwnerMarks;
import dev.stockade.model.mcp.RequestId;
import dev.stockade.model.policy.Decision;
import dev.stockade.model.policy.Reason;
import dev.stockade.sidecar.limits.Holding;
import dev.stockade.sidecar.limits.Places;
import dev.stockade.sidecar.metrics.Metrics.Count;
import dev.stockade.sidecar.state.ServerRules;
import dev.stockade.sidecar.tunnel.Cutoff;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.util.concurrent.Future;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One request of an agent and its answer: decided, recorded, passed on, answered, recorded again. Runs on the event loop of the
 * agent's stream, as everything it calls does.
 */
final class Exchange implements Upstream.Listener {
    private static final byte[] NOTHING = {};

    private final McpServerSide side;
    private final Peer peer;
    private final AgentAnswer answer;
    private final EventLoop loop;
    private final Runnable done;
    private final Attempt attempt;
    private final AgentRequest request;
    private final AgentRights rights;

    private ByteBuf body;
    /** What the body holds of the agent's share of the memory. */
    private final Holding bodyMemory;

    private final AnswerRoom room;
    /** Where it counts among what goes on at a time. */
    private Optional<Places> place = Optional.empty();

    private final long startNanos = System.nanoTime();

    /** The one that the request came in, or that its answer opened. */
    private Optional<Sessions.Session> session = Optional.empty();

    private boolean over;
    private @Nullable Upstream upstream;
    private @Nullable Relay relay;

    /**
     * @param bodyMemory what the body holds of the agent's share of the memory
     * @param done runs once, when the answer is out or cut; not if the agent goes away
     */
    Exchange(
            McpServerSide side,
            Peer peer,
            HttpRequest head,
            ByteBuf body,
            Holding bodyMemory,
            AgentAnswer answer,
            EventLoop loop,
            Runnable done) {
        this.side = requireNonNull(side);
        this.peer = requireNonNull(peer);
        this.body = requireNonNull(body);
        this.bodyMemory = requireNonNull(bodyMemory);
        this.answer = requireNonNull(answer);
        this.loop = requireNonNull(loop);
        this.done = requireNonNull(done);
        attempt = new Attempt(side.clock(), side.parties(peer));
        attempt.requestBytes = body.readableBytes();
        request = new AgentRequest(side, peer, head, attempt);
        rights = new AgentRights(side, peer, attempt);
        room = new AnswerRoom(side.allowances().buffer().holding(peer.agent()), side.metrics(), this::slowDown);
    }

    // --- deciding ---

    /** Refuses what HTTP alone shows. */
    void refuse(HttpEdge.Refusal refusal) {
        refuse(new Judgement.Refused(
                refusal.status(), McpErrors.REFUSED, refusal.reason(), refusal.sentence(), refusal.closes()));
    }

    /** Decides, and goes on from there. */
    void start() {
        Judgement judgement = request.judge(body);
        session = request.session();
        switch (judgement) {
            case Judgement.Passes passes -> allowed(passes.ruling());
            case Judgement.Denied denied -> deny(denied.verdict(), denied.deny());
            case Judgement.Dropped dropped -> {
                record(Ruling.refused(dropped.reason()));
                drop();
            }
            case Judgement.Refused refused -> refuse(refused);
            case Judgement.Limited limited -> refuse(limited);
        }
    }

    // --- refusing ---

    private void deny(McpGuard.Verdict verdict, Decision.Deny deny) {
        record(new Ruling(Verdict.DENY, Optional.of(deny.reason()), deny.by()));
        if (id().isEmpty()) {
            drop();
            return;
        }
        reply(HttpResponseStatus.OK, refusals().denied(verdict, deny), false);
    }

    private void refuse(Judgement.Refused refused) {
        record(Ruling.refused(refused.reason()));
        reply(refused.status(), refusals().refused(refused), refused.closes());
    }

    private void refuse(Judgement.Limited limited) {
        record(Ruling.refused(Reason.LIMIT));
        HttpHeaders headers = DefaultHttpHeadersFactory.headersFactory().newHeaders();
        headers.set(HttpHeaderNames.RETRY_AFTER, limited.retryAfterSeconds());
        answer.whole(
                id().isPresent() ? HttpResponseStatus.OK : HttpResponseStatus.TOO_MANY_REQUESTS,
                headers,
                AgentAnswer.JSON,
                refusals().limited(limited),
                false);
        over();
    }

    private Refusals refusals() {
        return new Refusals(request, attempt);
    }

    private void record(Ruling ruling) {
        side.audit().append(attempt.decided(request.subject(), ruling));
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
        // A GET is a stream from the beginning, whatever comes of it.
        boolean stream = request.head().method().equals(HttpMethod.GET);
        if (!enter(stream ? side.allowances().eventStreams() : side.allowances().requests())) {
            refuse(stream ? tooManyStreams() : tooManyRequests());
            return;
        }
        if (request.rules().audit().onFailure() == ServerRules.AuditRules.OnFailure.COUNT) {
            record(ruling);
            forward();
            return;
        }
        side.audit()
                .append(
                        attempt.decided(request.subject(), ruling),
                        written -> loop.execute(() -> {
                            if (over) {
                                return;
                            }
                            if (written) {
                                forward();
                            } else {
                                reply(
                                        HttpResponseStatus.SERVICE_UNAVAILABLE,
                                        refusals().unrecorded(),
                                        false);
                            }
                        }));
    }

    private boolean enter(Places places) {
        if (!places.enter(peer.agent())) {
            return false;
        }
        place.ifPresent(former -> former.leave(peer.agent()));
        place = Optional.of(places);
        return true;
    }

    private Judgement.Limited tooManyRequests() {
        side.metrics().count(Count.LIMIT_CONCURRENT_REQUESTS);
        return Refusals.tooManyRequests(side.allowances());
    }

    private Judgement.Limited tooManyStreams() {
        side.metrics().count(Count.LIMIT_EVENT_STREAMS);
        return Refusals.tooManyStreams(side.allowances());
    }

    private void forward() {
        side.upstreams().acquire(loop, request.rules().port()).addListener((Future<Upstream> acquired) -> {
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
        if (side.isDraining()) {
            // 404 has a client begin a new session, which another replica takes.
            finish(
                    request.session().isPresent()
                            ? HttpResponseStatus.NOT_FOUND
                            : HttpResponseStatus.SERVICE_UNAVAILABLE,
                    refusals().ended());
            return;
        }
        finish(HttpResponseStatus.SERVICE_UNAVAILABLE, refusals().unreachable(request.rules()));
    }

    private void send(Upstream to) {
        upstream = to;
        ByteBuf sent = Cuts.without(body, request.unmarking());
        body = Unpooled.EMPTY_BUFFER;
        HttpRequest head = ServerRequest.passing(request, peer, session, sent.readableBytes());
        to.send(head, new DefaultLastHttpContent(sent), this);
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
        if (NotStreamable.begins(method())) {
            int status = response.status().code();
            side.own().began(status);
            if (NotStreamable.isSo(status, from.body())) {
                dropUpstream();
                finish(
                        response.status(),
                        McpErrors.error(id(), McpErrors.BROKEN, NotStreamable.sentence(status, request.rules())));
                return;
            }
        }
        boolean events = from.body() == AnswerHead.Body.EVENTS;
        if (events
                && place.stream().noneMatch(p -> p == side.allowances().eventStreams())
                && !enter(side.allowances().eventStreams())) {
            dropUpstream();
            limited(tooManyStreams());
            return;
        }
        long most = side.allowances().buffer().ofOneAgent();
        relay = switch (from.body()) {
            case JSON -> request.isList() ? new ListRelay(this, from, most) : new JsonRelay(this, from, most);
            case EVENTS -> new EventRelay(this, from, most);
            case OTHER, ENCODED -> new PassRelay(this, from);
        };
    }

    /** Notes a session that begins or ends here, and marks its id with this replica. */
    private boolean givesSession(HttpResponse response, AnswerHead from) {
        int code = response.status().code();
        String given = response.headers().get(HttpEdge.SESSION, "");
        if (session.isPresent() && (code == 404 || (request.head().method().equals(HttpMethod.DELETE) && code < 300))) {
            side.sessions().ended(session.get());
            return true;
        }
        if (given.isEmpty() || code >= 300) {
            return true;
        }
        if (response.headers().getAll(HttpEdge.SESSION).size() > 1) {
            return false;
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

    /** What of the answer gets the agent's mark. */
    HandedOut handedOut() {
        return new HandedOut(
                new OwnerMarks(request.rules().stateKey()),
                peer.agent(),
                request.asked(),
                side.tasks().of(peer.agent()));
    }

    AgentAnswer answer() {
        return answer;
    }

    Optional<RequestId> id() {
        return request.id();
    }

    /** As it stands in audit lines. */
    String method() {
        return request.subject().method();
    }

    boolean isListRequest() {
        return request.isList();
    }

    ByteBuf buffer(int capacity) {
        return answer.buffer(capacity);
    }

    /** Stops reading from the server while the agent does not take what there is, or there is no room for more. */
    void slowDown() {
        if (upstream == null || over) {
            return;
        }
        upstream.read(room.admitsMore() && answer.isWritable());
        if (relay != null && answer.isWritable()) {
            relay.agentReads();
        }
    }

    /** So many bytes of the answer are held until they may pass. */
    void holds(long bytes) {
        if (!over) {
            room.holds(bytes);
            slowDown();
        }
    }

    // --- time ---

    /** Ends what has taken too long. Called each second. */
    void look(long now) {
        if (over) {
            return;
        }
        if (room.isOutOfPatience(now)) {
            side.metrics().count(Count.LIMIT_BUFFER_BYTES);
            noRoom();
        } else if (place.stream().anyMatch(p -> p == side.allowances().requests())
                && now - startNanos > request.rules().limits().requestTimeout().toNanos()) {
            timedOut();
        }
    }

    private void noRoom() {
        String why = "there was no room for the server's answer within 10 seconds: limits.bufferBytes is spent, or this"
                + " agent's share of it";
        if (answer.started()) {
            broken(why);
            return;
        }
        dropUpstream();
        finish(HttpResponseStatus.SERVICE_UNAVAILABLE, refusals().noRoom(why));
    }

    private void timedOut() {
        side.metrics().count(Count.LIMIT_REQUEST_TIMEOUT);
        if (session.isPresent() && id().isPresent() && !isModern()) {
            aside().timedOut(session.get(), id().get());
        }
        if (answer.started()) {
            cut();
            return;
        }
        dropUpstream();
        answer.whole(
                id().isPresent() ? HttpResponseStatus.OK : HttpResponseStatus.GATEWAY_TIMEOUT,
                DefaultHttpHeadersFactory.headersFactory().newHeaders(),
                AgentAnswer.JSON,
                refusals().timedOut(request.rules().limits().requestTimeout()),
                false);
        finish(Outcome.BROKEN);
    }

    private Aside aside() {
        return new Aside(side, peer, loop, request);
    }

    private void limited(Judgement.Limited limit) {
        finish(
                id().isPresent() ? HttpResponseStatus.OK : HttpResponseStatus.SERVICE_UNAVAILABLE,
                refusals().limited(limit));
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

    /** The request is answered: notes what the answer says of the server. */
    void learn(AnswerScanner answered) {
        if (request.isInitialize()) {
            session.ifPresent(s -> s.declares(answered.listChanged(), rights.visibility()));
        }
    }

    AnswerNotices notices() {
        return new AnswerNotices(side.notices(), request, rights, answer, loop);
    }

    /** Ends with an error instead of what the server sent. */
    void replaceBroken(String why) {
        if (answer.started()) {
            cut();
            return;
        }
        dropUpstream();
        finish(HttpResponseStatus.BAD_GATEWAY, refusals().broken(why));
    }

    /** Ends with a denial instead of a result that asks for more than the agent may be asked. */
    void replaceUnpermitted(String asked) {
        dropUpstream();
        finish(HttpResponseStatus.OK, rights.denyAsked(id(), asked));
    }

    /** Tells the server that the agent may not be asked this: a message to its session, whose answer nobody waits for. */
    void refuseServer(RequestId asked, String method) {
        session.ifPresent(s -> aside().mayNotAsk(s, asked, method));
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
        byte[] farewell = Farewell.json(id(), why);
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

    @Override
    public void sent() {
        bodyMemory.letGo();
    }

    private void letGo() {
        body.release();
        body = Unpooled.EMPTY_BUFFER;
        bodyMemory.letGo();
        room.letGo();
        place.ifPresent(p -> p.leave(peer.agent()));
        place = Optional.empty();
        if (relay != null) {
            relay.release();
            relay = null;
        }
    }

    boolean isModern() {
        return request.isModern();
    }

    /** Whether the stream cannot be used after this. */
    boolean closedStream() {
        return answer.closes();
    }
}
