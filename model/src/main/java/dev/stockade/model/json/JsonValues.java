package dev.stockade.model.json;

import dev.stockade.model.json.Arguments.Reading;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Makes values of arguments that a condition reads. What {@link StrictJson} lets pass there, since it is nobody's business as
 * long as nothing is decided on it, is refused here: keys that differ only in case, and integers beyond 2^53.
 */
final class JsonValues {
    /** How many values and keys a condition may look into; a bound on memory. */
    static final int MOST = 20_000;

    /** 2^53: the largest size of an integer that every parser reads exactly. */
    private static final long LARGEST = 1L << 53;

    /** A sign and the sixteen digits of 2^53. */
    private static final int LONGEST_INTEGER = 17;

    private final ByteBuffer document;
    private int at;
    private int count;

    private static final class TooManyException extends Exception {
        private static final long serialVersionUID = 1L;

        TooManyException() {
            super("", null, false, false);
        }
    }

    private JsonValues(ByteBuffer document, int at) {
        this.document = document;
        this.at = at;
    }

    /** @param range of an object in a document that {@link StrictJson} has accepted */
    static Reading read(ByteBuffer document, ByteRange range) {
        try {
            JsonValues reader = new JsonValues(document, range.start());
            reader.skipSpace();
            return new Reading.Values(reader.object());
        } catch (JsonRefusedException e) {
            return new Reading.Refused(e.sentence());
        } catch (TooManyException e) {
            return new Reading.TooMany();
        }
    }

    private Object value() throws JsonRefusedException, TooManyException {
        one();
        return switch (peek()) {
            case '{' -> object();
            case '[' -> array();
            case '"' -> text();
            case 't' -> word(4, true);
            case 'f' -> word(5, false);
            case 'n' -> word(4, JsonNull.NULL);
            default -> number();
        };
    }

    private Map<String, Object> object() throws JsonRefusedException, TooManyException {
        Map<String, Object> members = new HashMap<>();
        Set<String> folded = new HashSet<>();
        at++;
        while (true) {
            skipSpace();
            if (peek() == '}') {
                at++;
                return members;
            }
            if (peek() == ',') {
                at++;
                continue;
            }
            int keyAt = at;
            one();
            int close = JsonPieces.closingQuote(document, at);
            String key = JsonPieces.text(document, new ByteRange(at, close + 1));
            at = close + 1;
            if (!folded.add(KeyToken.folded(key))) {
                throw ByteCursor.refused(
                        keyAt, "two keys in the arguments differ only in case, where a rule's condition reads them");
            }
            skipSpace();
            at++;
            skipSpace();
            members.put(key, value());
        }
    }

    private List<Object> array() throws JsonRefusedException, TooManyException {
        List<Object> items = new ArrayList<>();
        at++;
        while (true) {
            skipSpace();
            if (peek() == ']') {
                at++;
                return items;
            }
            if (peek() == ',') {
                at++;
                continue;
            }
            items.add(value());
        }
    }

    private Object text() {
        int close = JsonPieces.closingQuote(document, at);
        ByteRange range = new ByteRange(at, close + 1);
        at = close + 1;
        return range.length() > LongText.FROM ? new LongText(document, range) : JsonPieces.text(document, range);
    }

    private Object word(int length, Object means) {
        at += length;
        return means;
    }

    private Object number() throws JsonRefusedException {
        int from = at;
        at = JsonPieces.skip(document, at);
        ByteRange range = new ByteRange(from, at);
        String digits = JsonPieces.raw(document, range);
        for (int i = 0; i < digits.length(); i++) {
            char c = digits.charAt(i);
            if (c == '.' || c == 'e' || c == 'E') {
                return Double.parseDouble(digits);
            }
        }
        if (digits.length() > LONGEST_INTEGER || Math.abs(Long.parseLong(digits)) > LARGEST) {
            throw ByteCursor.refused(
                    from,
                    "an integer in the arguments is beyond 2^53, where a rule's condition reads them: not every"
                            + " program reads it exactly");
        }
        return Long.parseLong(digits);
    }

    private void one() throws TooManyException {
        if (++count > MOST) {
            throw new TooManyException();
        }
    }

    private int peek() {
        return document.get(document.position() + at);
    }

    private void skipSpace() {
        while (true) {
            int b = peek();
            if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
                return;
            }
            at++;
        }
    }
}
