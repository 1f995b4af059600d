package dev.stockade.sidecar.mcp;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.audit.AuditEvent.Outcome;
import dev.stockade.model.json.JsonRefusedException;
import dev.stockade.model.mcp.AnswerScanner;
import dev.stockade.model.mcp.ListFilter;
import io.netty.buffer.ByteBuf;
import java.util.List;

/** Holds a list until it is whole, and passes it without what the agent may not use. */
final class ListRelay implements Relay {
    /** Grows from there: what a server announces is not memory yet. */
    private static final long FIRST_PIECE = 64 * 1024;

    private final Exchange exchange;
    private final AnswerHead head;
    private final long most;
    private final AnswerScanner scanner = new AnswerScanner();
    private ByteBuf body;

    /** @param most how many bytes are held at most */
    ListRelay(Exchange exchange, AnswerHead head, long most) {
        this.exchange = requireNonNull(exchange);
        this.head = requireNonNull(head);
        this.most = most;
        body = exchange.buffer((int) Math.clamp(head.length(), 1024, FIRST_PIECE));
    }

    @Override
    public void content(ByteBuf data) {
        try {
            if (body.readableBytes() + (long) data.readableBytes() > most) {
                exchange.replaceBroken("the server's list is larger than " + most
                        + " bytes, a quarter of limits.bufferBytes, and cannot be filtered");
                return;
            }
            exchange.scan(scanner, data);
            body.writeBytes(data);
            exchange.holds(body.capacity());
        } finally {
            data.release();
        }
    }

    @Override
    public void end() {
        if (!scanner.complete() || scanner.hasMethod()) {
            if (body.isReadable() || head.status().code() < 400) {
                exchange.replaceBroken("the server's list is not one JSON-RPC answer");
                return;
            }
        }
        List<ListFilter.Cut> cuts;
        try {
            cuts = body.isReadable()
                    ? exchange.rights().listCuts(body.nioBuffer(), exchange.handedOut(), exchange.isModern())
                    : List.of();
        } catch (JsonRefusedException e) {
            exchange.replaceBroken("the server's list cannot be read: " + e.sentence());
            return;
        }
        ByteBuf shown = Cuts.apply(body, cuts);
        exchange.answer().head(head.status(), head.headers(), shown.readableBytes());
        exchange.answer().write(shown);
        exchange.answer().end();
        exchange.finish(scanner.isError() || head.status().code() >= 400 ? Outcome.RPC_ERROR : Outcome.OK);
    }

    @Override
    public void broken(String why) {
        exchange.replaceBroken(why);
    }

    @Override
    public void release() {
        body.release();
    }
}
