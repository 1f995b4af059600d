package dev.stockade.sidecar.outbound;

import io.netty.buffer.ByteBuf;

/** The last bytes of a stream of events: whether another event may follow them, or one is still incomplete. */
final class EventTail {
    private byte last;
    private byte beforeLast;
    private boolean crLf;

    /** The next part, which stays the caller's. */
    void add(ByteBuf part) {
        int length = part.readableBytes();
        for (int i = Math.max(0, length - 4); i < length; i++) {
            byte next = part.getByte(part.readerIndex() + i);
            // The two forms of an empty line that servers write.
            crLf = next == '\n' && last == '\r' && beforeLast == '\n';
            beforeLast = last;
            last = next;
        }
    }

    /** WHATWG HTML "Server-sent events": an empty line ends an event; before the first there is none to end. */
    boolean complete() {
        return last == 0 || (last == '\n' && beforeLast == '\n') || crLf;
    }
}
