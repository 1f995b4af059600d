package dev.stockade.model.json;

/**
 * A part of a document.
 *
 * @param start the first byte, counted from the document's start
 * @param end the byte after the last
 */
public record ByteRange(int start, int end) {
    /** Nothing. */
    public static final ByteRange NONE = new ByteRange(0, 0);

    /** @throws IllegalArgumentException if it ends before it starts */
    public ByteRange {
        if (start < 0 || end < start) {
            throw new IllegalArgumentException("byte range " + start + " to " + end + " is none");
        }
    }

    public boolean isEmpty() {
        return start == end;
    }

    /** In bytes. */
    public int length() {
        return end - start;
    }
}
