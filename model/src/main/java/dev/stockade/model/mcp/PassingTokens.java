package dev.stockade.model.mcp;

import static java.util.Objects.requireNonNull;

import java.util.Arrays;

/**
 * Finds the tokens of JSON in bytes that pass in any pieces, and keeps only the text that its reader wants. It checks as much as
 * keeps two parsers from finding different tokens: that the root is one object, and that nothing but JSON's characters stands
 * outside of strings.
 */
final class PassingTokens {
    /** Is told what was found. */
    interface Reader {
        /** The root, or a value, is an object or an array that starts here. */
        void opens(boolean object);

        /** Whether the text of the key that starts here is wanted. */
        boolean wantsKey();

        /** Whether the text of the string, number or word that starts here is wanted. */
        boolean wantsValue();

        /** How many bytes a wanted value may have. */
        int longest();

        /** A key that was not wanted has ended. */
        void passesKey();

        /** The inside of a key that was wanted, undecoded: the first bytes of the array, which is used again. */
        void key(byte[] raw, int length);

        /** The same of a value; a number or word if it is not quoted. */
        void value(byte[] raw, int length, boolean quoted);
    }

    private enum State {
        /** Before the root, after it, or between tokens. */
        OUTSIDE,
        STRING,
        ESCAPE,
        /** A number, true, false or null. */
        WORD
    }

    /** Down to here brackets must match and keys be keys. Deeper nothing is looked for, and a stack would grow with the message. */
    private static final int CHECKED_DEPTH = AnswerPlace.WATCHED_DEPTH;

    private static final int DEEPEST = 1_000_000;
    /** A string of {@link Target#LONGEST} characters, each escaped. */
    static final int LONGEST_TEXT = 6 * Target.LONGEST;

    private final Reader reader;
    private final boolean[] inObject = new boolean[CHECKED_DEPTH + 1];
    private State state = State.OUTSIDE;
    private int depth;
    private boolean closed;
    private boolean expectKey;
    private boolean isKey;
    private boolean capturing;
    /** Of the text that is captured. */
    private int longest;

    private byte[] text = new byte[64];
    private int length;
    private String fault = "";
    /** How many bytes passed before those that are looked at. */
    private long passed;
    /** Where the string ended whose end was seen last. */
    private long closingQuote;

    PassingTokens(Reader reader) {
        this.reader = requireNonNull(reader);
    }

    /** How many objects and arrays are open. */
    int depth() {
        return depth;
    }

    /** Of the string that was found last: how many bytes of the message stand before the quote at its end. */
    long closingQuote() {
        return closingQuote;
    }

    /** Whether the root has ended. */
    boolean closed() {
        return closed;
    }

    /** Why the message must not be passed on, or "". */
    String fault() {
        return fault;
    }

    /** Stops at the byte that comes next. */
    void fail(String why) {
        fault = why;
    }

    /** Takes the next bytes, unless something failed. */
    void feed(byte[] bytes, int from, int to) {
        int i = from;
        passed -= from;
        while (i < to && fault.isEmpty()) {
            switch (state) {
                case STRING -> i = string(bytes, i, to);
                case ESCAPE -> {
                    capture(bytes[i++]);
                    state = State.STRING;
                }
                case WORD -> {
                    if (isWord(bytes[i])) {
                        capture(bytes[i++]);
                    } else {
                        wordEnds();
                    }
                }
                case OUTSIDE -> outside(bytes[i++]);
            }
        }
        passed += to;
    }

    private int string(byte[] bytes, int from, int to) {
        int i = from;
        while (i < to && bytes[i] != '"' && bytes[i] != '\\') {
            i++;
        }
        if (capturing) {
            capture(bytes, from, i);
        }
        if (i == to) {
            return i;
        }
        if (bytes[i] == '\\') {
            capture(bytes[i]);
            state = State.ESCAPE;
        } else {
            state = State.OUTSIDE;
            closingQuote = passed + i;
            stringEnds();
        }
        return i + 1;
    }

    private void outside(byte b) {
        if (b == ' ' || b == '\n' || b == '\r' || b == '\t') {
            return;
        }
        if (closed) {
            fault = "something follows the message";
            return;
        }
        if (depth == 0 && b != '{') {
            fault = b == '[' ? "a batch" : "no JSON object";
            return;
        }
        if (expectKey && b != '"' && b != '}') {
            fault = "no JSON: a key in quotes was expected";
            return;
        }
        switch (b) {
            case '{' -> open(true);
            case '[' -> open(false);
            case '}', ']' -> close(b == '}');
            case ',' -> expectKey = depth <= CHECKED_DEPTH && inObject[depth];
            case ':' -> {}
            case '"' -> {
                state = State.STRING;
                isKey = expectKey;
                expectKey = false;
                length = 0;
                capturing = isKey ? reader.wantsKey() : reader.wantsValue();
                longest = isKey || !capturing ? LONGEST_TEXT : reader.longest();
            }
            default -> {
                if (isWord(b)) {
                    state = State.WORD;
                    length = 0;
                    capturing = reader.wantsValue();
                    longest = LONGEST_TEXT;
                    capture(b);
                } else {
                    fault = "no JSON: a character that stands outside of strings";
                }
            }
        }
    }

    private static boolean isWord(byte b) {
        return (b >= 'a' && b <= 'z')
                || (b >= 'A' && b <= 'Z')
                || (b >= '0' && b <= '9')
                || b == '-'
                || b == '+'
                || b == '.';
    }

    private void open(boolean object) {
        reader.opens(object);
        if (++depth > DEEPEST) {
            fault = "nesting without end";
        }
        if (depth <= CHECKED_DEPTH) {
            inObject[depth] = object;
        }
        expectKey = object && depth <= CHECKED_DEPTH;
    }

    private void close(boolean object) {
        expectKey = false;
        if (depth <= CHECKED_DEPTH && inObject[depth] != object) {
            fault = "no JSON: brackets do not match";
            return;
        }
        closed = --depth == 0;
    }

    private void stringEnds() {
        if (isKey && capturing) {
            reader.key(text, length);
        } else if (isKey) {
            reader.passesKey();
        } else if (capturing) {
            reader.value(text, length, true);
        }
    }

    private void wordEnds() {
        state = State.OUTSIDE;
        if (capturing) {
            reader.value(text, length, false);
        }
    }

    private void capture(byte b) {
        if (capturing && hasRoom(1)) {
            text[length++] = b;
        }
    }

    private void capture(byte[] bytes, int from, int to) {
        if (hasRoom(to - from)) {
            System.arraycopy(bytes, from, text, length, to - from);
            length += to - from;
        }
    }

    private boolean hasRoom(int more) {
        if (length + more > longest) {
            fault = "a key, id, method, uri, task or requestState that is too long";
            return false;
        }
        if (length + more > text.length) {
            text = Arrays.copyOf(text, Math.min(longest, Math.max(text.length * 2, length + more)));
        }
        return true;
    }
}
