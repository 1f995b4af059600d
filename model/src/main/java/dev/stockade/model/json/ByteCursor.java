package dev.stockade.model.json;

import java.nio.ByteBuffer;

/**
 * The bytes of a document in their order. Memory of the heap is read where it is; other memory through a window of
 * {@value #WINDOW} bytes, which is copied.
 */
final class ByteCursor {
    /** What {@link #peek} gives at the end. */
    static final int END = -1;

    private static final int WINDOW = 4096;

    /** From {@link #at} to {@link #limit}: bytes that come next, for loops that look at many. */
    byte[] window;

    int at;
    int limit;

    private final byte[] copy = new byte[WINDOW];
    private ByteBuffer source = ByteBuffer.allocate(0);
    /** Whether the window is the document's own array, with nothing to be copied. */
    private boolean whole;

    /** What to add to an index of the window to get an offset in the document. */
    private int base;

    private int total;

    ByteCursor() {
        window = copy;
    }

    /** Starts at the document's first byte. */
    void start(ByteBuffer document) {
        source = document;
        total = document.remaining();
        whole = document.hasArray();
        if (whole) {
            window = document.array();
            at = document.arrayOffset() + document.position();
            limit = at + total;
            base = -at;
        } else {
            at = 0;
            limit = 0;
            base = 0;
        }
    }

    /** Lets go of the document. */
    void end() {
        source = ByteBuffer.allocate(0);
        window = copy;
        at = 0;
        limit = 0;
    }

    /** Of the next byte, counted from the document's start. */
    int offset() {
        return at + base;
    }

    private boolean fill() {
        if (whole) {
            return false;
        }
        int from = base + limit;
        int more = Math.min(WINDOW, total - from);
        if (more <= 0) {
            return false;
        }
        source.get(source.position() + from, copy, 0, more);
        base = from;
        at = 0;
        limit = more;
        return true;
    }

    /** The next byte, which stays the next, or {@link #END}. */
    int peek() {
        return at < limit || fill() ? window[at] & 0xff : END;
    }

    /** The next byte, and goes on. */
    int take() throws JsonRefusedException {
        if (at < limit || fill()) {
            return window[at++] & 0xff;
        }
        throw refused("the body ends in the middle of the message");
    }

    /** Goes on to the next byte that is not white space, and gives it, or {@link #END}. */
    int skipSpace() {
        while (true) {
            int b = peek();
            if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
                return b;
            }
            at++;
        }
    }

    /** A refusal because of what stands here. */
    JsonRefusedException refused(String what) {
        return refused(offset(), what);
    }

    static JsonRefusedException refused(int offset, String what) {
        return new JsonRefusedException("byte " + offset + ": " + what);
    }
}
