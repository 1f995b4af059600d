package dev.stockade.model.mcp;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Locale;

/**
 * One event of a stream of server-sent events, with its bytes as they came, the empty line at its end included.
 *
 * <p>A block of lines without {@code data} (a comment, an id, a retry time) is an event here too: it is passed on.
 */
public final class SseEvent {
    private final ByteBuffer bytes;
    private final ByteBuffer data;
    private final String type;
    private final boolean hasData;
    private final boolean hasId;

    private SseEvent(ByteBuffer bytes, ByteBuffer data, String type, boolean hasData, boolean hasId) {
        this.bytes = bytes;
        this.data = data;
        this.type = type;
        this.hasData = hasData;
        this.hasId = hasId;
    }

    /** Reads the bytes between position and limit, and keeps a view of them. */
    public static SseEvent of(ByteBuffer event) {
        ByteBuffer data = ByteBuffer.allocate(0);
        ByteArrayOutputStream joined = new ByteArrayOutputStream(0);
        int dataLines = 0;
        String type = "";
        boolean hasId = false;
        Lines lines = new Lines(event);
        while (lines.next()) {
            if (lines.isField("data")) {
                ByteBuffer value = lines.value();
                if (dataLines == 1) {
                    append(joined, data);
                }
                if (dataLines > 0) {
                    joined.write('\n');
                    append(joined, value);
                } else {
                    data = value;
                }
                dataLines++;
            } else if (lines.isField("event")) {
                type = UTF_8.decode(lines.value()).toString();
            } else if (lines.isField("id")) {
                ByteBuffer id = lines.value();
                hasId = isIgnored(id) ? hasId : id.hasRemaining();
            }
        }
        if (dataLines > 1) {
            data = ByteBuffer.wrap(joined.toByteArray());
        }
        return new SseEvent(event, data, type, !isBlank(data), hasId);
    }

    /** Clients take no id with a NUL, and are given none that some of them would cut. An empty one takes the last away. */
    private static boolean isIgnored(ByteBuffer id) {
        for (int i = id.position(); i < id.limit(); i++) {
            if (id.get(i) == 0) {
                return true;
            }
        }
        return breaks(id);
    }

    private static boolean isBlank(ByteBuffer data) {
        for (int i = data.position(); i < data.limit(); i++) {
            byte b = data.get(i);
            if (b != ' ' && b != '\n' && b != '\t') {
                return false;
            }
        }
        return true;
    }

    private static void append(ByteArrayOutputStream to, ByteBuffer value) {
        byte[] copy = new byte[value.remaining()];
        value.duplicate().get(copy);
        to.writeBytes(copy);
    }

    /** The {@code data} lines, joined by line feeds. */
    public ByteBuffer data() {
        return data.duplicate();
    }

    /** Whether there is any data: clients do nothing else with an event. */
    public boolean hasData() {
        return hasData;
    }

    /** Whether it carries an {@code id}, from which a client may resume. */
    public boolean hasId() {
        return hasId;
    }

    /** Whether its type is that of MCP's messages: "message", or none. */
    public boolean isMessage() {
        return type.isEmpty() || type.equals("message");
    }

    /**
     * Whether a line of it ends elsewhere for some clients: those that end lines as Python's {@code splitlines} does, and so would
     * read fields where the standard has none.
     */
    public boolean breaksElsewhere() {
        return breaks(bytes);
    }

    private static boolean breaks(ByteBuffer text) {
        for (int i = text.position(); i < text.limit(); i++) {
            byte b = text.get(i);
            if (b < 0x20 && (b >= 0x0b || b < 0) && breakAt(text, i) > 0) {
                return true;
            }
        }
        return false;
    }

    /** How many bytes there make such a break: VT, FF, FS, GS, RS, U+0085, U+2028 or U+2029. */
    private static int breakAt(ByteBuffer text, int at) {
        return switch (Byte.toUnsignedInt(text.get(at))) {
            case 0x0b, 0x0c, 0x1c, 0x1d, 0x1e -> 1;
            case 0xc2 -> at + 1 < text.limit() && text.get(at + 1) == (byte) 0x85 ? 2 : 0;
            case 0xe2 ->
                at + 2 < text.limit()
                                && text.get(at + 1) == (byte) 0x80
                                && (text.get(at + 2) == (byte) 0xa8 || text.get(at + 2) == (byte) 0xa9)
                        ? 3
                        : 0;
            default -> 0;
        };
    }

    /**
     * The event with other data; its other lines stay, unless they {@link #breaksElsewhere}. Line feeds in the data become spaces,
     * and what else some clients end lines at, escapes.
     */
    public byte[] withData(byte[] json) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(json.length + 64);
        Lines lines = new Lines(bytes);
        while (lines.next()) {
            ByteBuffer line = bytes.slice(bytes.position() + lines.start, lines.end - lines.start);
            if (!lines.isField("data") && lines.end > lines.start && !breaks(line)) {
                append(out, line);
                out.write('\n');
            }
        }
        out.writeBytes("data: ".getBytes(UTF_8));
        ByteBuffer data = ByteBuffer.wrap(json);
        for (int i = 0; i < json.length; ) {
            int width = breakAt(data, i);
            if (width > 0) {
                int c = width == 1 ? json[i] : width == 2 ? 0x85 : 0x2000 | (json[i + 2] & 0x3f);
                out.writeBytes(String.format(Locale.ROOT, "\\u%04x", c).getBytes(UTF_8));
                i += width;
            } else {
                out.write(json[i] == '\n' || json[i] == '\r' ? ' ' : json[i]);
                i++;
            }
        }
        out.write('\n');
        out.write('\n');
        return out.toByteArray();
    }

    /** An event of MCP's type with this data, which is one line. */
    public static byte[] message(byte[] json) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(json.length + 32);
        out.writeBytes("event: message\ndata: ".getBytes(UTF_8));
        out.writeBytes(json);
        out.write('\n');
        out.write('\n');
        return out.toByteArray();
    }

    /** The lines of an event. */
    private static final class Lines {
        private final ByteBuffer event;
        private final int base;
        private final int length;
        private int next;
        private int start;
        private int end;
        private int colon;

        Lines(ByteBuffer event) {
            this.event = event;
            base = event.position();
            length = event.remaining();
            if (length >= 3 && at(0) == (byte) 0xef && at(1) == (byte) 0xbb && at(2) == (byte) 0xbf) {
                next = 3;
            }
        }

        private byte at(int index) {
            return event.get(base + index);
        }

        boolean next() {
            if (next >= length) {
                return false;
            }
            start = next;
            colon = -1;
            int i = start;
            while (i < length && at(i) != '\n' && at(i) != '\r') {
                if (colon < 0 && at(i) == ':') {
                    colon = i;
                }
                i++;
            }
            end = i;
            next = i + 1;
            if (i + 1 < length && at(i) == '\r' && at(i + 1) == '\n') {
                next++;
            }
            return true;
        }

        boolean isField(String name) {
            int nameEnd = colon < 0 ? end : colon;
            if (nameEnd - start != name.length()) {
                return false;
            }
            for (int i = 0; i < name.length(); i++) {
                if (at(start + i) != name.charAt(i)) {
                    return false;
                }
            }
            return true;
        }

        ByteBuffer value() {
            if (colon < 0) {
                return ByteBuffer.allocate(0);
            }
            int from = colon + 1;
            if (from < end && at(from) == ' ') {
                from++;
            }
            return event.slice(base + from, end - from);
        }
    }
}
