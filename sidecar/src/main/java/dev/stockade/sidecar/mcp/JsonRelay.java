package dev.stockade.sidecar.mcp;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;

import dev.stockade.model.audit.AuditEvent.Outcome;
import dev.stockade.model.json.JsonRefusedException;
import dev.stockade.model.mcp.AnswerScanner;
import dev.stockade.model.mcp.HandedOut;
import dev.stockade.model.mcp.ListFilter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;

/**
 * Passes one JSON message. The first bytes are held until the message is whole or too long for that, so that most answers that
 * must not pass are replaced by a proper error; a longer one flows through, looked at, and is cut before its last byte if it
 * turns out to be something else than an answer.
 */
final class JsonRelay implements Relay {
    private static final int HELD = 16 * 1024;

    private final Exchange exchange;
    private final AnswerHead head;
    private final AnswerScanner scanner = new AnswerScanner();
    private final Deque<ByteBuf> held = new ArrayDeque<>();
    private final HandedOut handedOut;
    private final long most;
    private int heldBytes;
    /** How many bytes of the message are out. */
    private long passed;
    /** How many of the values that it hands out have been seen to. */
    private int marked;

    private boolean streaming;

    /** @param most how many bytes are held at most where something has to be left out */
    JsonRelay(Exchange exchange, AnswerHead head, long most) {
        this.most = most;
        this.exchange = requireNonNull(exchange);
        this.head = requireNonNull(head);
        handedOut = exchange.handedOut();
        exchange.rights().watch(scanner);
    }

    @Override
    public void content(ByteBuf data) {
        exchange.scan(scanner, data);
        if (!streaming) {
            held.add(data);
            heldBytes += data.readableBytes();
            if (heldBytes <= HELD) {
                return;
            }
            if (refused()) {
                return;
            }
            if (scanner.hidesResource()) {
                // What is left out can be replaced only in a message that is whole.
                if (heldBytes > most) {
                    exchange.replaceBroken("the server's result holds resources that this workload may not read, and is"
                            + " larger than " + most + " bytes, too large to leave them out");
                } else {
                    exchange.holds(heldBytes);
                }
                return;
            }
            // How long it will be is known only at the end: what it hands out gets longer.
            start(-1);
        } else if (mustNotPass()) {
            data.release();
            exchange.cut();
            return;
        } else {
            held.add(data);
            pass(marks());
        }
        exchange.answer().flush();
        exchange.slowDown();
    }

    private boolean mustNotPass() {
        return !scanner.fault().isEmpty()
                || scanner.hasMethod()
                || scanner.hidesResource()
                || answersAnother()
                || exchange.rights().unpermitted(scanner).isPresent();
    }

    /** A result for another request, which a client may take for the answer to one that it waits for. */
    private boolean answersAnother() {
        return scanner.hasResult() && scanner.id().isPresent() && !scanner.id().equals(exchange.id());
    }

    /** Ends the exchange with an error if what has come so far must not pass. */
    private boolean refused() {
        if (!scanner.fault().isEmpty()) {
            exchange.replaceBroken("the server's answer is not one JSON-RPC message: " + scanner.fault());
        } else if (scanner.hasMethod()) {
            exchange.replaceBroken("the server answered with a request of its own");
        } else if (answersAnother()) {
            exchange.replaceBroken("the server answered another request than this one");
        } else if (exchange.rights().unpermitted(scanner).isPresent()) {
            exchange.replaceUnpermitted(exchange.rights().unpermitted(scanner).get());
        } else {
            return false;
        }
        return true;
    }

    /** @param bytes of the server's whole answer; negative if it is not known yet */
    private void start(long bytes) {
        streaming = true;
        List<HandedOut.Insert> marks = marks();
        long length = bytes < 0
                ? -1
                : bytes + marks.stream().mapToInt(m -> m.text().length()).sum();
        exchange.answer().head(head.status(), head.headers(), length);
        pass(marks);
    }

    /** Those in what is held. */
    private List<HandedOut.Insert> marks() {
        List<HandedOut.Insert> marks =
                handedOut.inserts(scanner, marked, exchange.id().isPresent());
        marked = scanner.handed().size();
        return marks;
    }

    private void pass(List<HandedOut.Insert> marks) {
        int next = 0;
        while (!held.isEmpty()) {
            ByteBuf data = held.remove();
            while (next < marks.size() && marks.get(next).at() < passed + data.readableBytes()) {
                HandedOut.Insert mark = marks.get(next++);
                int before = (int) (mark.at() - passed);
                passed += before;
                exchange.answer().write(data.readRetainedSlice(before));
                exchange.answer().write(Unpooled.copiedBuffer(mark.text(), US_ASCII));
            }
            passed += data.readableBytes();
            exchange.answer().write(data);
        }
    }

    @Override
    public void end() {
        if (streaming) {
            if (!scanner.complete()) {
                exchange.cut();
                return;
            }
        } else {
            if (heldBytes > 0 && refused()) {
                return;
            }
            if (heldBytes > 0 && !scanner.complete()) {
                exchange.replaceBroken("the server's answer ends in the middle of a message");
                return;
            }
            if (scanner.hidesResource() ? !startWithout() : !startWhole()) {
                return;
            }
        }
        exchange.learn(scanner);
        exchange.rights().recordObserved(scanner);
        exchange.answer().end();
        exchange.finish(outcome());
    }

    private boolean startWhole() {
        start(heldBytes);
        return true;
    }

    /** Passes the message without what the agent may not read. */
    private boolean startWithout() {
        ByteBuf whole = exchange.buffer(heldBytes);
        try {
            held.forEach(part -> whole.writeBytes(part, part.readerIndex(), part.readableBytes()));
            List<ListFilter.Cut> changes = new ArrayList<>(Cuts.of(marks()));
            changes.addAll(exchange.rights().contentCuts(whole.nioBuffer(), exchange.method()));
            changes.sort(Comparator.comparingInt(c -> c.range().start()));
            ByteBuf shown = Cuts.apply(whole, changes);
            exchange.answer().head(head.status(), head.headers(), shown.readableBytes());
            exchange.answer().write(shown);
            return true;
        } catch (JsonRefusedException e) {
            exchange.replaceBroken("the server's result cannot be read: " + e.sentence());
            return false;
        } finally {
            whole.release();
        }
    }

    private Outcome outcome() {
        if (scanner.isError() || head.status().code() >= 400) {
            return Outcome.RPC_ERROR;
        }
        return scanner.isToolError() ? Outcome.TOOL_ERROR : Outcome.OK;
    }

    @Override
    public void broken(String why) {
        if (streaming) {
            exchange.cut();
        } else {
            exchange.replaceBroken(why);
        }
    }

    @Override
    public void release() {
        while (!held.isEmpty()) {
            held.remove().release();
        }
    }
}
