package dev.stockade.sidecar.mcp;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.audit.AuditEvent.Outcome;
import dev.stockade.model.audit.AuditEvent.Subject;
import dev.stockade.model.audit.AuditEvent.Verdict;
import dev.stockade.model.json.JsonRefusedException;
import dev.stockade.model.mcp.AnswerScanner;
import dev.stockade.model.mcp.HandedOut;
import dev.stockade.model.mcp.ListFilter;
import dev.stockade.model.mcp.McpErrors;
import dev.stockade.model.mcp.RequestId;
import dev.stockade.model.mcp.ServerMethod;
import dev.stockade.model.mcp.SseBoundary;
import dev.stockade.model.mcp.SseEvent;
import dev.stockade.model.policy.GuardedKind;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Passes a stream of server-sent events, each as soon as it is whole, and each looked at: lists are cut, requests of the server
 * pass only with a grant, tasks are named only to their owner, what is not MCP does not pass.
 */
final class EventRelay implements Relay {
    private final Exchange exchange;
    private final AnswerHead head;
    private final long most;
    private final HandedOut handedOut;
    private final SseBoundary boundary = new SseBoundary();

    /** The bytes of the event that is not whole yet, all of them looked at by {@link #boundary}. */
    private ByteBuf partial = Unpooled.EMPTY_BUFFER;

    /** Where the agent is told that its lists have changed, once that can be. */
    private Optional<NoticeStream> notices = Optional.empty();

    private boolean answered;
    private boolean resumable;
    private Outcome outcome = Outcome.OK;
    private boolean over;

    /** @param most how large one event may be */
    EventRelay(Exchange exchange, AnswerHead head, long most) {
        this.exchange = requireNonNull(exchange);
        this.head = requireNonNull(head);
        this.most = most;
        handedOut = exchange.handedOut();
        answered = exchange.id().isEmpty();
        exchange.answer().head(head.status(), head.headers(), -1);
        exchange.answer().flush();
        exchange.notices().ofSession(exchange.session()).ifPresent(this::opens);
    }

    private void opens(NoticeStream stream) {
        notices = Optional.of(stream);
        exchange.notices().opened(stream);
        stream.look();
    }

    private void closeNotices() {
        notices.ifPresent(stream -> {
            stream.close();
            exchange.notices().closed(stream);
        });
        notices = Optional.empty();
    }

    @Override
    public void agentReads() {
        notices.ifPresent(NoticeStream::tell);
    }

    @Override
    public void content(ByteBuf data) {
        try {
            byte[] scratch = exchange.scratch();
            int from = data.readerIndex();
            int at = from;
            int to = data.writerIndex();
            while (at < to && !over) {
                int part = Math.min(scratch.length, to - at);
                data.getBytes(at, scratch, 0, part);
                int looked = 0;
                while (looked < part && !over) {
                    int end = boundary.end(scratch, looked, part);
                    if (end < 0) {
                        break;
                    }
                    looked = end;
                    whole(data, from, at + end);
                    from = at + end;
                }
                at += part;
            }
            if (!over) {
                keep(data, from, to);
            }
        } finally {
            data.release();
        }
        if (!over) {
            exchange.answer().flush();
            exchange.slowDown();
        }
    }

    private void keep(ByteBuf data, int from, int to) {
        if (from == to) {
            return;
        }
        if (partial.readableBytes() + (long) (to - from) > most) {
            breaksOff("an event of the server is larger than " + most + " bytes, a quarter of limits.bufferBytes");
            return;
        }
        if (partial.capacity() == 0) {
            partial = exchange.buffer(Math.max(1024, to - from));
        }
        partial.writeBytes(data, from, to - from);
        exchange.holds(partial.capacity());
    }

    private void whole(ByteBuf data, int from, int to) {
        if (!partial.isReadable()) {
            ByteBuf slice = data.slice(from, to - from);
            event(slice);
            return;
        }
        keep(data, from, to);
        ByteBuf event = partial;
        partial = Unpooled.EMPTY_BUFFER;
        try {
            if (!over) {
                event(event);
            }
        } finally {
            event.release();
            exchange.holds(0);
        }
    }

    private void event(ByteBuf bytes) {
        SseEvent event = SseEvent.of(bytes.nioBuffer());
        resumable |= event.hasId();
        if (!event.hasData()) {
            if (!event.breaksElsewhere()) {
                pass(bytes);
            }
            return;
        }
        AnswerScanner message = new AnswerScanner();
        exchange.rights().watch(message);
        exchange.scan(message, Unpooled.wrappedBuffer(event.data()));
        if (!message.complete() || message.form() == AnswerScanner.Form.NEITHER) {
            if (event.isMessage()) {
                breaksOff("an event of the server is not one JSON-RPC message");
            }
            return;
        }
        ByteBuf shown = inOneReading(bytes, event);
        try {
            switch (message.form()) {
                case REQUEST -> request(shown, event, message);
                case NOTIFICATION -> notification(shown, event, message);
                case RESPONSE -> response(shown, event, message);
                case NEITHER -> {}
            }
        } finally {
            shown.release();
        }
    }

    /** As it came, or with its data in one line for every client, whatever it takes for the end of a line. */
    private static ByteBuf inOneReading(ByteBuf bytes, SseEvent event) {
        if (!event.breaksElsewhere()) {
            return bytes.retain();
        }
        ByteBuffer data = event.data();
        byte[] json = new byte[data.remaining()];
        data.get(json);
        return Unpooled.wrappedBuffer(event.withData(json));
    }

    private void pass(ByteBuf bytes) {
        exchange.answer().write(bytes.retain());
    }

    private void request(ByteBuf bytes, SseEvent event, AnswerScanner message) {
        Optional<RequestId> asked = message.id();
        if (asked.isEmpty()) {
            breaksOff("a request of the server has an id that is neither a string nor an integer");
            return;
        }
        Optional<ServerMethod> method = ServerMethod.of(message.method());
        AgentRights.Asked decided =
                handedOut.ownsAll(message) ? exchange.rights().asked(method) : AgentRights.Asked.REFUSED;
        boolean permitted = decided.passes();
        boolean plumbing = method.isPresent() && method.get() == ServerMethod.PING;
        Optional<Attempt> recorded = Optional.empty();
        if (!plumbing) {
            recorded = exchange.rights().recordAsked(new Subject(message.method(), "", ""), decided);
        }
        boolean passes = permitted
                && (plumbing || recorded.isPresent())
                && exchange.session().map(s -> s.asked(asked.get())).orElse(true);
        if (passes) {
            passMarked(bytes, event, message);
        } else {
            exchange.refuseServer(asked.get(), message.method());
        }
        if (permitted) {
            recorded.ifPresent(ask -> exchange.rights().passed(ask, passes ? Outcome.OK : Outcome.BROKEN));
        }
    }

    /** Whose a task or a state is, is no matter of policy: it is held to even where the server is only observed. */
    private AgentRights.Asked decided(Optional<ServerMethod> method, AnswerScanner message) {
        boolean ofTask = method.isPresent() && method.get().isOfTask();
        if (!handedOut.ownsAll(message)
                || exchange.rights().unpermitted(message).isPresent()
                || (ofTask && message.handed().isEmpty())) {
            return AgentRights.Asked.REFUSED;
        }
        if (ofTask) {
            return exchange.rights().ownTask();
        }
        return method.isPresent() && method.get() == ServerMethod.RESOURCE_UPDATED
                ? exchange.rights().told(message.uri())
                : exchange.rights().asked(method);
    }

    private void notification(ByteBuf bytes, SseEvent event, AnswerScanner message) {
        Optional<ServerMethod> method = ServerMethod.of(message.method());
        boolean updated = method.isPresent() && method.get() == ServerMethod.RESOURCE_UPDATED;
        AgentRights.Asked decided = decided(method, message);
        if (decided.ruling().verdict() != Verdict.ALLOW) {
            exchange.rights()
                    .recordAsked(
                            updated
                                    ? new Subject(message.method(), GuardedKind.RESOURCE.word(), message.uri())
                                    : new Subject(message.method(), "", ""),
                            decided)
                    .filter(told -> decided.passes())
                    .ifPresent(told -> exchange.rights().passed(told, Outcome.OK));
        }
        if (decided.passes()) {
            passMarked(bytes, event, message);
            if (method.isPresent() && method.get() == ServerMethod.ACKNOWLEDGED && notices.isEmpty()) {
                exchange.notices().ofSubscription(message).ifPresent(this::opens);
            }
        }
    }

    private void response(ByteBuf bytes, SseEvent event, AnswerScanner message) {
        boolean ours = exchange.id().isPresent() && message.id().equals(exchange.id());
        if (message.hasResult() && exchange.id().isPresent() && (!ours || answered)) {
            // A client may take it for the answer to another request that it waits for.
            return;
        }
        if (ours) {
            answered = true;
            exchange.learn(message);
            // The answer to a subscription ends it.
            closeNotices();
            outcome = message.isError() ? Outcome.RPC_ERROR : message.isToolError() ? Outcome.TOOL_ERROR : Outcome.OK;
        }
        Optional<String> unpermitted = exchange.rights().unpermitted(message);
        if (unpermitted.isPresent()) {
            write(event.withData(exchange.rights().denyAsked(message.id(), unpermitted.get())));
            return;
        }
        exchange.rights().recordObserved(message);
        List<ListFilter.Cut> changes = new ArrayList<>(Cuts.of(handedOut.inserts(message, 0, ours)));
        try {
            if (ours ? exchange.isListRequest() : message.hasList()) {
                changes.addAll(exchange.rights().listCuts(event.data(), handedOut, exchange.isModern()));
                changes.sort(Comparator.comparingInt(c -> c.range().start()));
            } else if (message.hidesResource()) {
                changes.addAll(exchange.rights().contentCuts(event.data(), exchange.method()));
                changes.sort(Comparator.comparingInt(c -> c.range().start()));
            }
            passChanged(bytes, event, changes);
        } catch (JsonRefusedException e) {
            breaksOff("the server's result cannot be read: " + e.sentence());
        }
    }

    /** With the agent's marks behind the tasks that a message of the server's names. */
    private void passMarked(ByteBuf bytes, SseEvent event, AnswerScanner message) {
        passChanged(bytes, event, Cuts.of(handedOut.inserts(message, 0, false)));
    }

    private void passChanged(ByteBuf bytes, SseEvent event, List<ListFilter.Cut> changes) {
        if (changes.isEmpty()) {
            pass(bytes);
            return;
        }
        ByteBuf shown = Cuts.apply(Unpooled.wrappedBuffer(event.data()), changes);
        byte[] left = new byte[shown.readableBytes()];
        shown.readBytes(left).release();
        write(event.withData(left));
    }

    private void write(byte[] event) {
        exchange.answer().write(Unpooled.wrappedBuffer(event));
    }

    /** Ends the stream with a last event that tells the request's fate. */
    private void breaksOff(String why) {
        breakOff(McpErrors.error(exchange.id(), McpErrors.BROKEN, why));
        exchange.abandon();
    }

    @Override
    public boolean breakOff(byte[] error) {
        over = true;
        closeNotices();
        if (!answered) {
            write(SseEvent.message(error));
        }
        exchange.answer().end();
        return true;
    }

    @Override
    public void end() {
        if (over) {
            return;
        }
        if (!answered && !resumable) {
            breaksOff("the server's stream ended without an answer");
            return;
        }
        over = true;
        closeNotices();
        exchange.answer().end();
        exchange.finish(head.status().code() >= 400 ? Outcome.RPC_ERROR : outcome);
    }

    @Override
    public void broken(String why) {
        if (!over) {
            breaksOff(why);
        }
    }

    @Override
    public void release() {
        over = true;
        closeNotices();
        partial.release();
        partial = Unpooled.EMPTY_BUFFER;
    }
}
