package dev.stockade.model.json;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * Reads one JSON document (RFC 8259) and refuses whatever two parsers might read differently: duplicate keys at any depth,
 * unpaired surrogates, bytes that are not UTF-8, a byte order mark, numbers that are not finite as a double, a NUL in a key,
 * anything after the document.
 *
 * <p>Builds no tree: it notes where the wanted members lie and leaves the bytes as they are. Memory is bounded by
 * {@link #MOST_OPEN_KEYS}, time is linear in the document. An instance is used again and again, by one thread at a time.
 */
public final class StrictJson {
    /** How deep objects and arrays may nest in each other. */
    public static final int DEEPEST = 64;

    /** How many keys the objects that are open at one place of the document may have together. */
    public static final int MOST_OPEN_KEYS = 16_384;

    /** How many characters a number may have. */
    public static final int LONGEST_NUMBER = 400;

    private static final int WINDOW = 4096;
    private static final int LONGEST_WANTED_KEY = 64;
    private static final Members.ObjectKeys PLAIN = new Members.ObjectKeys(false, false, List.of());

    /** Whose documents are read: what a server sends need not be as strict, since nothing is decided on its values. */
    public enum Sender {
        /** The full strictness. */
        AGENT,
        /** Unpaired surrogates in escapes and NUL in keys are passed: honest servers were seen to send cut strings. */
        SERVER
    }

    private final Sender sender;
    private final OpenKeys open;
    private final char[] key = new char[LONGEST_WANTED_KEY];
    private int keyLength;
    private long keyHash;
    private final StringBuilder exact = new StringBuilder();
    private int objects;

    private ByteBuffer source = ByteBuffer.allocate(0);
    private final byte[] copy = new byte[WINDOW];
    private byte[] window = copy;
    /** Whether the window is the document's own array, with nothing to be copied. */
    private boolean whole;

    /** What to add to an index of the window to get an offset in the document. */
    private int base;

    private int at;
    private int limit;
    private int total;
    private Members members = new Members(new Members.Layout(PLAIN, 0));

    /** @param seed any number that a sender cannot know */
    public StrictJson(Sender sender, long seed) {
        this.sender = requireNonNull(sender);
        open = new OpenKeys(seed, MOST_OPEN_KEYS);
    }

    /**
     * Reads the buffer from its position to its limit, which stay as they are.
     *
     * @param into receives where the wanted members are
     * @throws JsonRefusedException if it is not one strict document whose root is an object
     */
    public void read(ByteBuffer document, Members into) throws JsonRefusedException {
        source = document;
        members = into;
        members.clear();
        open.clear();
        objects = 0;
        total = document.remaining();
        whole = document.hasArray();
        if (whole) {
            window = document.array();
            at = document.arrayOffset() + document.position();
            limit = at + total;
            base = -at;
        } else {
            window = copy;
            at = 0;
            limit = 0;
            base = 0;
        }
        try {
            root();
        } finally {
            source = ByteBuffer.allocate(0);
            window = copy;
        }
    }

    private void root() throws JsonRefusedException {
        int first = skipSpace();
        switch (first) {
            case '{' -> {}
            case '[' -> throw new JsonRefusedException("the body is a batch: send one message in each request");
            case -1 -> throw new JsonRefusedException("the body is empty: a JSON-RPC message was expected");
            case 0xef -> throw new JsonRefusedException("the body starts with a byte order mark: send plain UTF-8");
            case 0, 0xfe, 0xff -> throw new JsonRefusedException("the body is not UTF-8");
            default -> throw new JsonRefusedException("the body is not a JSON object");
        }
        object(1, members.layout.root);
        if (skipSpace() != -1) {
            throw refused("something follows the message");
        }
    }

    private JsonRefusedException refused(String what) {
        return new JsonRefusedException("byte " + offset() + ": " + what);
    }

    private int offset() {
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

    /** The next byte, which stays the next; -1 at the end. */
    private int peek() {
        return at < limit || fill() ? window[at] & 0xff : -1;
    }

    private int take() throws JsonRefusedException {
        if (at < limit || fill()) {
            return window[at++] & 0xff;
        }
        throw refused("the body ends in the middle of the message");
    }

    private int skipSpace() {
        while (true) {
            int b = peek();
            if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
                return b;
            }
            at++;
        }
    }

    private byte value(int depth, Members.ObjectKeys wanted) throws JsonRefusedException {
        return switch (peek()) {
            case '{' -> {
                object(depth, wanted);
                yield Members.OBJECT;
            }
            case '[' -> {
                array(depth);
                yield Members.ARRAY;
            }
            case '"' -> {
                at++;
                string();
                yield Members.STRING;
            }
            case 't' -> word("true", Members.TRUE);
            case 'f' -> word("false", Members.FALSE);
            case 'n' -> word("null", Members.NULL);
            case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> number();
            case -1 -> throw refused("the body ends in the middle of the message");
            default -> throw refused("no JSON value starts here");
        };
    }

    private byte word(String word, byte type) throws JsonRefusedException {
        for (int i = 0; i < word.length(); i++) {
            if (take() != word.charAt(i)) {
                throw refused("no JSON value starts here");
            }
        }
        return type;
    }

    private void array(int depth) throws JsonRefusedException {
        deeper(depth);
        at++;
        if (skipSpace() == ']') {
            at++;
            return;
        }
        while (true) {
            skipSpace();
            value(depth + 1, PLAIN);
            int b = skipSpace();
            if (b == ']') {
                at++;
                return;
            }
            if (b != ',') {
                throw refused(b == -1 ? "the body ends in the middle of the message" : "a comma or ] was expected");
            }
            at++;
        }
    }

    private void deeper(int depth) throws JsonRefusedException {
        if (depth > DEEPEST) {
            throw refused("objects and arrays nest deeper than " + DEEPEST + " levels");
        }
    }

    private void object(int depth, Members.ObjectKeys wanted) throws JsonRefusedException {
        deeper(depth);
        at++;
        int serial = ++objects;
        int mark = open.mark();
        if (skipSpace() == '}') {
            at++;
            return;
        }
        while (true) {
            if (skipSpace() != '"') {
                throw refused("a key in quotes was expected");
            }
            at++;
            int keyAt = offset();
            key(wanted.folded());
            if (open.full()) {
                throw refused("more than " + MOST_OPEN_KEYS + " keys in objects that contain each other");
            }
            if (!open.add(keyHash, serial)) {
                throw new JsonRefusedException("byte " + keyAt + ": a key stands twice in one object"
                        + (wanted.folded() ? ", or twice but for its case" : ""));
            }
            if (skipSpace() != ':') {
                throw refused("a colon was expected");
            }
            at++;
            skipSpace();
            member(depth, wanted, keyAt);
            int b = skipSpace();
            if (b == '}') {
                at++;
                open.release(mark);
                return;
            }
            if (b != ',') {
                throw refused(b == -1 ? "the body ends in the middle of the message" : "a comma or } was expected");
            }
            at++;
        }
    }

    private void member(int depth, Members.ObjectKeys wanted, int keyAt) throws JsonRefusedException {
        List<Members.WantedKey> keys = wanted.keys();
        for (int i = 0; i < keys.size(); i++) {
            Members.WantedKey candidate = keys.get(i);
            if (!sameButForCase(candidate.name())) {
                continue;
            }
            if (!same(candidate.name())) {
                if (wanted.folded()) {
                    throw new JsonRefusedException(
                            "byte " + keyAt + ": a key differs from '" + candidate.name() + "' only in case");
                }
                continue;
            }
            int from = offset();
            byte type = value(
                    depth + 1,
                    candidate.inside().isEmpty() ? PLAIN : candidate.inside().get(0));
            members.types[candidate.member()] = type;
            members.starts[candidate.member()] = from;
            members.ends[candidate.member()] = offset();
            return;
        }
        if (wanted.closed()) {
            throw new JsonRefusedException("byte " + keyAt + ": a JSON-RPC message has no such key");
        }
        value(depth + 1, PLAIN);
    }

    private boolean same(String name) {
        if (name.length() != keyLength) {
            return false;
        }
        for (int i = 0; i < keyLength; i++) {
            if (key[i] != name.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private boolean sameButForCase(String name) {
        if (name.length() != keyLength) {
            return false;
        }
        for (int i = 0; i < keyLength; i++) {
            if (key[i] != name.charAt(i) && fold(key[i]) != fold(name.charAt(i))) {
                return false;
            }
        }
        return true;
    }

    /** As Go's encoding/json folds: the long s is an s, the Kelvin sign a k. */
    private static char fold(char c) {
        return c < 0x80 ? c >= 'A' && c <= 'Z' ? (char) (c + 32) : c : Character.toLowerCase(Character.toUpperCase(c));
    }

    /** After the opening quote of a key: reads it whole, with its hash and, as far as any wanted key goes, its text. */
    private void key(boolean folded) throws JsonRefusedException {
        keyLength = 0;
        keyHash = 0xcbf29ce484222325L;
        while (true) {
            int b = take();
            if (b == '"') {
                return;
            }
            if (b == '\\') {
                int c = escape();
                if (c == 0 && sender == Sender.AGENT) {
                    throw refused("a key holds a NUL");
                }
                if (c >= Character.MIN_SUPPLEMENTARY_CODE_POINT) {
                    keyUnit(Character.highSurrogate(c), folded);
                    keyUnit(Character.lowSurrogate(c), folded);
                } else {
                    keyUnit((char) c, folded);
                }
            } else if (b < 0x20) {
                throw refused("a control character stands unescaped in a string");
            } else if (b < 0x80) {
                keyUnit((char) b, folded);
            } else {
                int c = utf8(b);
                if (c >= Character.MIN_SUPPLEMENTARY_CODE_POINT) {
                    keyUnit(Character.highSurrogate(c), folded);
                    keyUnit(Character.lowSurrogate(c), folded);
                } else {
                    keyUnit((char) c, folded);
                }
            }
        }
    }

    private void keyUnit(char c, boolean folded) {
        if (keyLength < LONGEST_WANTED_KEY) {
            key[keyLength] = c;
        }
        keyLength++;
        keyHash = (keyHash ^ (folded ? fold(c) : c)) * 0x100000001b3L;
    }

    /** After the opening quote of a value. */
    private void string() throws JsonRefusedException {
        while (true) {
            byte[] w = window;
            int end = limit;
            int i = at;
            while (i < end) {
                byte b = w[i];
                if (b < 0x20 || b == '"' || b == '\\') {
                    break;
                }
                i++;
            }
            at = i;
            int b = take();
            if (b == '"') {
                return;
            }
            if (b == '\\') {
                escape();
            } else if (b < 0x20) {
                throw refused("a control character stands unescaped in a string");
            } else if (b >= 0x80) {
                utf8(b);
            }
        }
    }

    /** After a backslash: the character that is meant; a pair of surrogates is one. */
    private int escape() throws JsonRefusedException {
        int b = take();
        return switch (b) {
            case '"', '\\', '/' -> b;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> unicode();
            default -> throw refused("no such escape");
        };
    }

    private int unicode() throws JsonRefusedException {
        int unit = hex4();
        if (!Character.isSurrogate((char) unit)) {
            return unit;
        }
        if (Character.isHighSurrogate((char) unit) && peek() == '\\') {
            at++;
            int b = take();
            if (b == 'u') {
                int low = hex4();
                if (Character.isLowSurrogate((char) low)) {
                    return Character.toCodePoint((char) unit, (char) low);
                }
            }
            if (sender == Sender.SERVER) {
                // The half is lost, and what follows it is an escape of its own, known to be complete or checked here.
                if (b != 'u' && "\"\\/bfnrt".indexOf(b) < 0) {
                    throw refused("no such escape");
                }
                return 0xfffd;
            }
        }
        if (sender == Sender.SERVER) {
            return 0xfffd;
        }
        throw refused("half of a surrogate pair stands alone");
    }

    private int hex4() throws JsonRefusedException {
        int unit = 0;
        for (int i = 0; i < 4; i++) {
            int b = take();
            int digit = b >= '0' && b <= '9'
                    ? b - '0'
                    : b >= 'a' && b <= 'f' ? b - 'a' + 10 : b >= 'A' && b <= 'F' ? b - 'A' + 10 : -1;
            if (digit < 0) {
                throw refused("no such escape");
            }
            unit = (unit << 4) | digit;
        }
        return unit;
    }

    /** The code point that starts with this byte (RFC 3629: shortest form, no surrogates, at most U+10FFFF). */
    private int utf8(int lead) throws JsonRefusedException {
        int more =
                lead >= 0xc2 && lead < 0xe0 ? 1 : lead >= 0xe0 && lead < 0xf0 ? 2 : lead >= 0xf0 && lead < 0xf5 ? 3 : 0;
        int c = more == 1 ? lead & 0x1f : more == 2 ? lead & 0xf : lead & 7;
        for (int i = 0; i < more; i++) {
            int b = take();
            if ((b & 0xc0) != 0x80) {
                throw refused("the text is not UTF-8");
            }
            c = (c << 6) | (b & 0x3f);
        }
        if (more == 0
                || (more == 2 && (c < 0x800 || (c >= 0xd800 && c < 0xe000)))
                || (more == 3 && (c < 0x10000 || c > 0x10ffff))) {
            throw refused("the text is not UTF-8");
        }
        return c;
    }

    private byte number() throws JsonRefusedException {
        int from = offset();
        exact.setLength(0);
        byte type = Members.INTEGER;
        if (peek() == '-') {
            digit();
        }
        if (peek() == '0') {
            digit();
        } else {
            digits();
        }
        if (peek() == '.') {
            type = Members.NUMBER;
            digit();
            digits();
        }
        if (peek() == 'e' || peek() == 'E') {
            type = Members.NUMBER;
            digit();
            if (peek() == '+' || peek() == '-') {
                digit();
            }
            digits();
        }
        // Without an exponent, 308 digits are always finite.
        if ((type == Members.NUMBER || exact.length() > 300)
                && Double.isInfinite(Double.parseDouble(exact.toString()))) {
            throw new JsonRefusedException("byte " + from + ": a number is too large");
        }
        return type;
    }

    private void digits() throws JsonRefusedException {
        int b = peek();
        if (b < '0' || b > '9') {
            throw refused("a digit was expected");
        }
        while (b >= '0' && b <= '9') {
            digit();
            b = peek();
        }
    }

    private void digit() throws JsonRefusedException {
        if (exact.length() >= LONGEST_NUMBER) {
            throw refused("a number has more than " + LONGEST_NUMBER + " characters");
        }
        exact.append((char) take());
    }
}
