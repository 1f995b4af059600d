package dev.stockade.model.mcp;

import dev.stockade.model.json.JsonPieces;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Looks at a message of a server while its bytes pass, in any pieces, and keeps none of it but a few short texts: what kind of
 * message it is, whether it reports an error, and what it asks of the agent. What it cannot make sense of is a {@link #fault},
 * after which the rest must not be passed on.
 *
 * <p>It is stricter than the message's receiver where the two could otherwise disagree on what the message is: the root must be
 * one object, the keys that are looked for must be exact and unique, and only JSON may stand outside of strings.
 */
public final class AnswerScanner {
    /** What the server sent. */
    public enum Form {
        REQUEST,
        NOTIFICATION,
        RESPONSE,
        /** Nothing that JSON-RPC knows. */
        NEITHER
    }

    /** Where in the message an object stands, as far as that matters. */
    private enum Place {
        ROOT,
        PARAMS,
        RESULT,
        INPUT_REQUESTS,
        INPUT_REQUEST,
        ELSEWHERE
    }

    /** Keys on which sender and receiver must not disagree, by place. */
    private static final List<String> ROOT_KEYS = List.of("jsonrpc", "id", "method", "params", "result", "error");

    private static final List<String> RESULT_KEYS = List.of("inputRequests");
    private static final List<String> INPUT_REQUEST_KEYS = List.of("method");

    private enum State {
        /** Before the root, after it, or between tokens. */
        OUTSIDE,
        STRING,
        ESCAPE,
        /** A number, true, false or null. */
        WORD
    }

    private static final int WATCHED_DEPTH = 5;
    private static final int DEEPEST = 1_000_000;
    private static final int MOST_INPUT_REQUESTS = 256;
    /** A string of {@link Target#LONGEST} characters, each escaped. */
    private static final int LONGEST_TEXT = 6 * Target.LONGEST;

    private final Place[] places = new Place[WATCHED_DEPTH + 1];
    private final boolean[] inObject = new boolean[WATCHED_DEPTH + 1];
    /** Which of the root's keys were there. */
    private int rootSeen;

    private int resultSeen;
    private int inputRequestSeen;

    private State state = State.OUTSIDE;
    private int depth;
    private boolean closed;
    private boolean expectKey;
    private boolean isKey;
    private boolean capturing;
    private String key = "";
    private byte[] text = new byte[64];
    private int length;

    private String fault = "";
    private String method = "";
    private String uri = "";
    private Optional<RequestId> id = Optional.empty();
    private boolean hasMethod;
    private boolean hasId;
    private boolean hasResult;
    private boolean hasError;
    private boolean toolError;
    private boolean list;
    private final List<String> inputMethods = new ArrayList<>();
    private int inputRequests;

    /**
     * Takes the next bytes.
     *
     * @return whether they may be passed on; false once there is a {@link #fault}
     */
    public boolean feed(byte[] bytes, int from, int to) {
        int i = from;
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
        return fault.isEmpty();
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
            if (capturing) {
                capture(bytes[i]);
            }
            state = State.ESCAPE;
        } else {
            state = State.OUTSIDE;
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
            case '}', ']' -> {
                expectKey = false;
                if (depth <= WATCHED_DEPTH && inObject[depth] != (b == '}')) {
                    fault = "no JSON: brackets do not match";
                } else if (--depth == 0) {
                    closed = true;
                }
            }
            case ',' -> expectKey = depth <= WATCHED_DEPTH && inObject[depth];
            case ':' -> {}
            case '"' -> {
                state = State.STRING;
                isKey = expectKey;
                expectKey = false;
                length = 0;
                capturing = isKey ? place() != Place.ELSEWHERE : isWanted();
            }
            default -> {
                if (isWord(b)) {
                    state = State.WORD;
                    length = 0;
                    capturing = isWanted();
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

    private Place place() {
        return depth >= 1 && depth <= WATCHED_DEPTH ? places[depth] : Place.ELSEWHERE;
    }

    /** Whether the value that starts here is one whose text matters. */
    private boolean isWanted() {
        return switch (place()) {
            case ROOT -> key.equals("id") || key.equals("method");
            case PARAMS -> key.equals("uri");
            case RESULT -> key.equals("isError");
            case INPUT_REQUEST -> key.equals("method");
            case INPUT_REQUESTS, ELSEWHERE -> false;
        };
    }

    private void open(boolean object) {
        Place inside = Place.ELSEWHERE;
        if (depth == 0) {
            inside = Place.ROOT;
        } else {
            switch (place()) {
                case ROOT -> {
                    if (object && key.equals("params")) {
                        inside = Place.PARAMS;
                    } else if (object && key.equals("result")) {
                        inside = Place.RESULT;
                    } else if (key.equals("id") || key.equals("method")) {
                        fault = "an id or method that is no plain value";
                    }
                }
                case RESULT -> {
                    if (key.equals("inputRequests")) {
                        inside = Place.INPUT_REQUESTS;
                        if (!object) {
                            fault = "inputRequests that are no object";
                        }
                    } else if (!object && isList(key)) {
                        list = true;
                    }
                }
                case INPUT_REQUESTS -> {
                    inside = Place.INPUT_REQUEST;
                    inputRequestSeen = 0;
                    if (++inputRequests > MOST_INPUT_REQUESTS) {
                        fault = "more than " + MOST_INPUT_REQUESTS + " inputRequests";
                    }
                }
                case PARAMS, INPUT_REQUEST, ELSEWHERE -> {}
            }
        }
        if (++depth > DEEPEST) {
            fault = "nesting without end";
        }
        if (depth <= WATCHED_DEPTH) {
            places[depth] = inside;
            inObject[depth] = object;
        }
        key = "";
        expectKey = object && depth <= WATCHED_DEPTH;
    }

    private static boolean isList(String key) {
        return switch (key) {
            case "tools", "resources", "resourceTemplates", "prompts" -> true;
            default -> false;
        };
    }

    private void stringEnds() {
        if (!capturing) {
            if (isKey) {
                key = "";
            }
            return;
        }
        String value;
        try {
            value = JsonPieces.unescaped(text, length);
        } catch (IllegalArgumentException e) {
            fault = "no JSON: no such escape";
            return;
        }
        if (isKey) {
            keyEnds(value);
        } else {
            valueEnds(value, true);
        }
    }

    private void keyEnds(String name) {
        Place place = place();
        key = name;
        switch (place) {
            case ROOT -> rootSeen = once(ROOT_KEYS, rootSeen, name);
            case RESULT -> resultSeen = once(RESULT_KEYS, resultSeen, name);
            case INPUT_REQUEST -> inputRequestSeen = once(INPUT_REQUEST_KEYS, inputRequestSeen, name);
            case PARAMS, INPUT_REQUESTS, ELSEWHERE -> {}
        }
        if (place == Place.ROOT) {
            switch (name) {
                case "id" -> hasId = true;
                case "method" -> hasMethod = true;
                case "result" -> hasResult = true;
                case "error" -> hasError = true;
                default -> {}
            }
        }
    }

    private int once(List<String> keys, int seen, String name) {
        for (int i = 0; i < keys.size(); i++) {
            String wanted = keys.get(i);
            if (wanted.equals(name)) {
                if ((seen & (1 << i)) != 0) {
                    fault = "the key '" + wanted + "' twice";
                }
                return seen | (1 << i);
            }
            if (wanted.length() == name.length() && folded(wanted).equals(folded(name))) {
                fault = "a key that differs from '" + wanted + "' only in case";
            }
        }
        return seen;
    }

    private static String folded(String text) {
        return text.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT);
    }

    private void wordEnds() {
        state = State.OUTSIDE;
        if (capturing) {
            valueEnds(JsonPieces.unescaped(text, length), false);
        }
    }

    private void valueEnds(String value, boolean quoted) {
        switch (place()) {
            case ROOT -> {
                if (key.equals("method")) {
                    if (!quoted) {
                        fault = "a method that is no string";
                    }
                    method = value;
                } else if (quoted) {
                    id = Optional.of(new RequestId(
                            '"' + new String(text, 0, length, StandardCharsets.UTF_8) + '"', true, value));
                } else if (value.chars().allMatch(c -> (c >= '0' && c <= '9') || c == '-')) {
                    id = Optional.of(new RequestId(value, false, value));
                }
            }
            case PARAMS -> uri = value;
            case RESULT -> toolError = !quoted && value.equals("true");
            case INPUT_REQUEST -> inputMethods.add(value);
            case INPUT_REQUESTS, ELSEWHERE -> {}
        }
    }

    private void capture(byte b) {
        if (capturing) {
            room(1);
            if (fault.isEmpty()) {
                text[length++] = b;
            }
        }
    }

    private void capture(byte[] bytes, int from, int to) {
        room(to - from);
        if (fault.isEmpty()) {
            System.arraycopy(bytes, from, text, length, to - from);
            length += to - from;
        }
    }

    private void room(int more) {
        if (length + more > LONGEST_TEXT) {
            fault = "a key, id, method or uri that is too long";
        } else if (length + more > text.length) {
            text = Arrays.copyOf(text, Math.min(LONGEST_TEXT, Math.max(text.length * 2, length + more)));
        }
    }

    /** Why the message must not be passed on, or "". */
    public String fault() {
        return fault;
    }

    /** Whether the message has been seen to its end. */
    public boolean complete() {
        return closed && fault.isEmpty();
    }

    /** Final once the message is complete. */
    public Form form() {
        if (hasMethod) {
            return hasResult || hasError ? Form.NEITHER : hasId ? Form.REQUEST : Form.NOTIFICATION;
        }
        return hasResult || hasError ? Form.RESPONSE : Form.NEITHER;
    }

    /** Whether a key at the root says that this is a request or a notification. */
    public boolean hasMethod() {
        return hasMethod;
    }

    /** Of a request or notification, else "". */
    public String method() {
        return method;
    }

    /** Its id, where that is a string or an integer. */
    public Optional<RequestId> id() {
        return id;
    }

    /** {@code params.uri}, else "". */
    public String uri() {
        return uri;
    }

    /** Whether it is a JSON-RPC error. */
    public boolean isError() {
        return hasError;
    }

    /** Whether {@code result.isError} is true: the tool itself failed. */
    public boolean isToolError() {
        return toolError;
    }

    /** Whether the result holds a list of tools, resources, templates or prompts. */
    public boolean hasList() {
        return list;
    }

    /** How many {@code inputRequests} the result has; those without a method count. */
    public int inputRequests() {
        return inputRequests;
    }

    /** The methods of the result's {@code inputRequests} (2026-07-28 basic/patterns/mrtr). */
    public List<String> inputMethods() {
        return List.copyOf(inputMethods);
    }
}
