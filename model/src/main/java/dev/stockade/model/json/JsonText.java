package dev.stockade.model.json;

import static java.util.Objects.requireNonNull;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Writes JSON text as UTF-8 into a buffer that grows and can be used again. Not safe for use by several threads.
 *
 * <p>What is written is always one line: control characters are escaped, and an unpaired surrogate becomes U+FFFD.
 */
public final class JsonText {
    private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    private byte[] bytes;
    private int length;

    public JsonText(int capacity) {
        bytes = new byte[Math.max(16, capacity)];
    }

    /** Empties the buffer and keeps its memory. */
    public JsonText reset() {
        length = 0;
        return this;
    }

    /** In bytes. */
    public int length() {
        return length;
    }

    /** The memory itself, of which the first {@link #length} bytes are the text; valid until the next write. */
    public byte[] array() {
        return bytes;
    }

    /** A copy of the text. */
    public byte[] toByteArray() {
        return Arrays.copyOf(bytes, length);
    }

    /** Characters that are JSON already, all of them ASCII. */
    public JsonText raw(String ascii) {
        requireNonNull(ascii);
        reserve(ascii.length());
        for (int i = 0; i < ascii.length(); i++) {
            bytes[length++] = (byte) ascii.charAt(i);
        }
        return this;
    }

    /** Bytes that are JSON already. */
    public JsonText raw(byte[] json, int from, int to) {
        reserve(to - from);
        System.arraycopy(json, from, bytes, length, to - from);
        length += to - from;
        return this;
    }

    public JsonText number(long value) {
        return raw(Long.toString(value));
    }

    /** A string with its quotes. */
    public JsonText string(String text) {
        reserve(text.length() + 2);
        bytes[length++] = '"';
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
                reserve(1);
                bytes[length++] = (byte) c;
            } else if (c < 0x80) {
                escape(c);
            } else if (Character.isHighSurrogate(c)
                    && i + 1 < text.length()
                    && Character.isLowSurrogate(text.charAt(i + 1))) {
                utf8(Character.toCodePoint(c, text.charAt(++i)));
            } else {
                utf8(Character.isSurrogate(c) ? 0xfffd : c);
            }
        }
        reserve(1);
        bytes[length++] = '"';
        return this;
    }

    private void escape(char c) {
        reserve(6);
        bytes[length++] = '\\';
        switch (c) {
            case '"', '\\' -> bytes[length++] = (byte) c;
            case '\n' -> bytes[length++] = 'n';
            case '\r' -> bytes[length++] = 'r';
            case '\t' -> bytes[length++] = 't';
            default -> {
                bytes[length++] = 'u';
                bytes[length++] = '0';
                bytes[length++] = '0';
                bytes[length++] = HEX[c >> 4];
                bytes[length++] = HEX[c & 0xf];
            }
        }
    }

    private void utf8(int codePoint) {
        reserve(4);
        if (codePoint < 0x800) {
            bytes[length++] = (byte) (0xc0 | (codePoint >> 6));
        } else {
            if (codePoint < 0x10000) {
                bytes[length++] = (byte) (0xe0 | (codePoint >> 12));
            } else {
                bytes[length++] = (byte) (0xf0 | (codePoint >> 18));
                bytes[length++] = (byte) (0x80 | ((codePoint >> 12) & 0x3f));
            }
            bytes[length++] = (byte) (0x80 | ((codePoint >> 6) & 0x3f));
        }
        bytes[length++] = (byte) (0x80 | (codePoint & 0x3f));
    }

    private void reserve(int more) {
        if (bytes.length - length < more) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + more));
        }
    }
}
