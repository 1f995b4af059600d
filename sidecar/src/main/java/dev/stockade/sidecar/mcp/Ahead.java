package dev.stockade.sidecar.mcp;

import static java.util.Objects.requireNonNull;

import dev.stockade.sidecar.limits.Holding;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.Deque;

/** What came before its turn: HTTP lets a client send ahead. Counted in the agent's share. */
final class Ahead {
    private static final int MOST = 64;
    private static final int MOST_BYTES = 16 * 1024;
    /** A head's objects, beside its text. */
    private static final int HEAD = 512;

    private final Deque<Object> messages = new ArrayDeque<>();
    private final Holding memory;

    Ahead(Holding memory) {
        this.memory = requireNonNull(memory);
    }

    boolean isEmpty() {
        return messages.isEmpty();
    }

    /** Whether no more should be read. */
    boolean isFull() {
        return messages.size() > MOST || memory.amount() > MOST_BYTES;
    }

    void add(Object message) {
        messages.addLast(message);
        memory.force(size(message));
    }

    /** It stays the first. */
    void putBack(Object message) {
        messages.addFirst(message);
        memory.force(size(message));
    }

    Object next() {
        Object message = messages.removeFirst();
        memory.give(size(message));
        return message;
    }

    void drop() {
        while (!messages.isEmpty()) {
            ReferenceCountUtil.release(messages.removeFirst());
        }
        memory.letGo();
    }

    private static long size(Object message) {
        if (message instanceof HttpContent content) {
            return content.content().readableBytes();
        }
        long bytes = HEAD;
        if (message instanceof HttpRequest head) {
            bytes += head.uri().length();
            for (var header : head.headers()) {
                bytes += header.getKey().length() + header.getValue().length();
            }
        }
        return bytes;
    }
}
