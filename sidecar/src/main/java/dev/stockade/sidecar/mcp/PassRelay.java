package dev.stockade.sidecar.mcp;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.audit.AuditEvent.Outcome;
import io.netty.buffer.ByteBuf;

/** Passes a body that no MCP client reads as messages. */
final class PassRelay implements Relay {
    private final Exchange exchange;
    private final AnswerHead head;

    PassRelay(Exchange exchange, AnswerHead head) {
        this.exchange = requireNonNull(exchange);
        this.head = requireNonNull(head);
        exchange.answer().head(head.status(), head.headers(), head.length());
    }

    @Override
    public void content(ByteBuf data) {
        exchange.answer().write(data);
        exchange.answer().flush();
        exchange.slowDown();
    }

    @Override
    public void end() {
        exchange.answer().end();
        exchange.finish(head.status().code() >= 400 ? Outcome.RPC_ERROR : Outcome.OK);
    }

    @Override
    public void broken(String why) {
        exchange.cut();
    }

    @Override
    public void release() {}
}
