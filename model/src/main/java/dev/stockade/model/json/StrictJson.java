package dev.stockade.model.json;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * Reads one JSON document (RFC 8259) and refuses whatever two parsers might read differently: duplicate keys at any depth,
 * unpaired surrogates, bytes that are not UTF-8, a byte order mark, numbers that are not finite as a double, a NUL in a key, the
 * key {@code __proto__} (JavaScript may take its value for the object's prototype), anything after the document.
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

    private static final String PROTOTYPE = "__proto__";
    private static final String CUT_OFF = "the body ends in the middle of the message";
    private static final Members.ObjectKeys PLAIN = new Members.ObjectKeys(false, false, List.of());

    /** Whose documents are read: what a server sends need not be as strict, since nothing is decided on its values. */
    public enum Sender {
        /** The full strictness. */
        AGENT,
        /**
         * Unpaired surrogates in escapes, and NUL or {@code __proto__} as keys, are passed: honest servers were seen to send
         * cut strings.
         */
        SERVER
    }

    private final boolean strict;
    private final ByteCursor in = new ByteCursor();
    private final StringToken string;
    private final KeyToken key;
    private final NumberToken number = new NumberToken(in);
    private final OpenKeys open;
    private int objects;
    private Members members = new Members(new Members.Layout(PLAIN, 0));

    /** @param seed any number that a sender cannot know */
    public StrictJson(Sender sender, long seed) {
        strict = requireNonNull(sender) == Sender.AGENT;
        string = new StringToken(in, !strict);
        key = new KeyToken(in, string);
        open = new OpenKeys(seed, MOST_OPEN_KEYS);
    }

    /**
     * Reads the buffer from its position to its limit, which stay as they are.
     *
     * @param into receives where the wanted members are
     * @throws JsonRefusedException if it is not one strict document whose root is an object
     */
    public void read(ByteBuffer document, Members into) throws JsonRefusedException {
        members = into;
        members.clear();
        open.clear();
        objects = 0;
        in.start(document);
        try {
            root();
        } finally {
            in.end();
        }
    }

    private void root() throws JsonRefusedException {
        switch (in.skipSpace()) {
            case '{' -> {}
            case '[' -> throw new JsonRefusedException("the body is a batch: send one message in each request");
            case ByteCursor.END -> throw new JsonRefusedException("the body is empty: a JSON-RPC message was expected");
            case 0xef -> throw new JsonRefusedException("the body starts with a byte order mark: send plain UTF-8");
            case 0, 0xfe, 0xff -> throw new JsonRefusedException("the body is not UTF-8");
            default -> throw new JsonRefusedException("the body is not a JSON object");
        }
        object(1, members.layout.root);
        if (in.skipSpace() != ByteCursor.END) {
            throw in.refused("something follows the message");
        }
    }

    private byte value(int depth, Members.ObjectKeys wanted) throws JsonRefusedException {
        return switch (in.peek()) {
            case '{' -> {
                object(depth, wanted);
                yield Members.OBJECT;
            }
            case '[' -> {
                array(depth);
                yield Members.ARRAY;
            }
            case '"' -> {
                in.at++;
                string.skip();
                yield Members.STRING;
            }
            case 't' -> word("true", Members.TRUE);
            case 'f' -> word("false", Members.FALSE);
            case 'n' -> word("null", Members.NULL);
            case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' ->
                number.isInteger() ? Members.INTEGER : Members.NUMBER;
            case ByteCursor.END -> throw in.refused(CUT_OFF);
            default -> throw in.refused("no JSON value starts here");
        };
    }

    private byte word(String word, byte type) throws JsonRefusedException {
        for (int i = 0; i < word.length(); i++) {
            if (in.take() != word.charAt(i)) {
                throw in.refused("no JSON value starts here");
            }
        }
        return type;
    }

    private void array(int depth) throws JsonRefusedException {
        deeper(depth);
        in.at++;
        if (in.skipSpace() == ']') {
            in.at++;
            return;
        }
        do {
            in.skipSpace();
            value(depth + 1, PLAIN);
        } while (goesOn(']'));
    }

    private void object(int depth, Members.ObjectKeys wanted) throws JsonRefusedException {
        deeper(depth);
        in.at++;
        int serial = ++objects;
        int mark = open.mark();
        if (in.skipSpace() == '}') {
            in.at++;
            return;
        }
        do {
            if (in.skipSpace() != '"') {
                throw in.refused("a key in quotes was expected");
            }
            in.at++;
            int keyAt = in.offset();
            key(keyAt, serial, wanted.folded());
            if (in.skipSpace() != ':') {
                throw in.refused("a colon was expected");
            }
            in.at++;
            in.skipSpace();
            member(depth, wanted, keyAt);
        } while (goesOn('}'));
        open.release(mark);
    }

    private void deeper(int depth) throws JsonRefusedException {
        if (depth > DEEPEST) {
            throw in.refused("objects and arrays nest deeper than " + DEEPEST + " levels");
        }
    }

    /** After a member or an item: whether a comma says that one more follows. */
    private boolean goesOn(char closing) throws JsonRefusedException {
        int b = in.skipSpace();
        if (b == ',' || b == closing) {
            in.at++;
            return b == ',';
        }
        throw in.refused(b == ByteCursor.END ? CUT_OFF : "a comma or " + closing + " was expected");
    }

    private void key(int keyAt, int object, boolean folded) throws JsonRefusedException {
        key.read(folded);
        if (strict && key.hasNul()) {
            throw ByteCursor.refused(keyAt, "a key holds a NUL");
        }
        if (strict && key.is(PROTOTYPE)) {
            throw ByteCursor.refused(keyAt, "a key is __proto__, which some servers do not read as a key");
        }
        if (open.full()) {
            throw in.refused("more than " + MOST_OPEN_KEYS + " keys in objects that contain each other");
        }
        if (!open.add(key.hash(), object)) {
            throw ByteCursor.refused(
                    keyAt, "a key stands twice in one object" + (folded ? ", or twice but for its case" : ""));
        }
    }

    private void member(int depth, Members.ObjectKeys wanted, int keyAt) throws JsonRefusedException {
        List<Members.WantedKey> keys = wanted.keys();
        for (int i = 0; i < keys.size(); i++) {
            Members.WantedKey candidate = keys.get(i);
            if (!key.isButForCase(candidate.name())) {
                continue;
            }
            if (!key.is(candidate.name())) {
                if (wanted.folded() && candidate.decides()) {
                    throw ByteCursor.refused(keyAt, "a key differs from '" + candidate.name() + "' only in case");
                }
                continue;
            }
            int from = in.offset();
            byte type = value(
                    depth + 1,
                    candidate.inside().isEmpty() ? PLAIN : candidate.inside().get(0));
            members.types[candidate.member()] = type;
            members.starts[candidate.member()] = from;
            members.ends[candidate.member()] = in.offset();
            return;
        }
        if (wanted.closed()) {
            throw ByteCursor.refused(keyAt, "a JSON-RPC message has no such key");
        }
        value(depth + 1, PLAIN);
    }
}
