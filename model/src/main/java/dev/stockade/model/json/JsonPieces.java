package dev.stockade.model.json;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;

/** Takes values out of a document that {@link StrictJson} has accepted, and therefore checks nothing again. */
public final class JsonPieces {
    private JsonPieces() {}

    /**
     * The text of a string that {@link StrictJson#read} has gone over.
     *
     * @param range with the quotes
     */
    public static String text(ByteBuffer document, ByteRange range) {
        byte[] raw = new byte[range.length() - 2];
        document.get(document.position() + range.start() + 1, raw);
        return unescaped(raw, raw.length);
    }

    /**
     * The text that the first bytes of the inside of a string mean.
     *
     * @throws IllegalArgumentException if an escape in it is none
     */
    public static String unescaped(byte[] raw, int length) {
        int i = 0;
        while (i < length && raw[i] != '\\') {
            i++;
        }
        if (i == length) {
            return new String(raw, 0, length, StandardCharsets.UTF_8);
        }
        StringBuilder text = new StringBuilder(length);
        int from = 0;
        while (i < length) {
            if (raw[i] != '\\') {
                i++;
                continue;
            }
            text.append(new String(raw, from, i - from, StandardCharsets.UTF_8));
            if (i + 1 >= length) {
                throw new IllegalArgumentException("an escape is cut off");
            }
            byte b = raw[i + 1];
            i += 2;
            switch (b) {
                case 'b' -> text.append('\b');
                case 'f' -> text.append('\f');
                case 'n' -> text.append('\n');
                case 'r' -> text.append('\r');
                case 't' -> text.append('\t');
                case 'u' -> {
                    if (i + 4 > length) {
                        throw new IllegalArgumentException("an escape is cut off");
                    }
                    text.append((char) HexFormat.fromHexDigits(new String(raw, i, 4, StandardCharsets.ISO_8859_1)));
                    i += 4;
                }
                default -> text.append((char) b);
            }
            from = i;
        }
        return text.append(new String(raw, from, length - from, StandardCharsets.UTF_8))
                .toString();
    }

    /** Whether the first bytes are UTF-8; some parsers read an overlong form as the character that it pretends to be. */
    public static boolean isUtf8(byte[] raw, int length) {
        for (int i = 0; i < length; i++) {
            if (raw[i] < 0) {
                return isStrictUtf8(ByteBuffer.wrap(raw, i, length - i));
            }
        }
        return true;
    }

    private static boolean isStrictUtf8(ByteBuffer bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(bytes);
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }

    /**
     * Where the value ends that starts here, in a document that {@link StrictJson#read} has gone over.
     *
     * @param at offset of the value's first byte
     * @return offset of the byte after its last
     */
    public static int skip(ByteBuffer document, int at) {
        int base = document.position();
        int i = at;
        int depth = 0;
        while (true) {
            switch (document.get(base + i)) {
                case '"' -> {
                    i = closingQuote(document, i) + 1;
                    if (depth == 0) {
                        return i;
                    }
                }
                case '{', '[' -> {
                    depth++;
                    i++;
                }
                case '}', ']' -> {
                    if (depth == 0) {
                        return i;
                    }
                    i++;
                    if (--depth == 0) {
                        return i;
                    }
                }
                case ',', ' ', '\n', '\r', '\t' -> {
                    if (depth == 0) {
                        return i;
                    }
                    i++;
                }
                default -> i++;
            }
        }
    }

    /** Where the quote is that closes the string that opens here. */
    public static int closingQuote(ByteBuffer document, int open) {
        int base = document.position();
        int i = open + 1;
        while (document.get(base + i) != '"') {
            i += document.get(base + i) == '\\' ? 2 : 1;
        }
        return i;
    }

    /**
     * Where a character of a string's text stands.
     *
     * @param range of the string, with its quotes, in a document that {@link StrictJson#read} has gone over
     * @param index of a UTF-16 unit of the text, at most its length
     * @return offset of its first byte, or of the closing quote
     */
    public static int offset(ByteBuffer document, ByteRange range, int index) {
        int base = document.position();
        int at = range.start() + 1;
        int units = 0;
        while (units < index) {
            int b = document.get(base + at) & 0xff;
            if (b == '\\') {
                at += document.get(base + at + 1) == 'u' ? 6 : 2;
                units++;
            } else if (b < 0x80) {
                at++;
                units++;
            } else {
                // The first byte of UTF-8 says how many there are; four of them are two units.
                at += b < 0xe0 ? 2 : b < 0xf0 ? 3 : 4;
                units += b < 0xf0 ? 1 : 2;
            }
        }
        return at;
    }

    /** The bytes of a range as they came, for ranges that hold only ASCII or whose text is wanted undecoded. */
    public static String raw(ByteBuffer document, ByteRange range) {
        byte[] bytes = new byte[range.length()];
        document.get(document.position() + range.start(), bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
