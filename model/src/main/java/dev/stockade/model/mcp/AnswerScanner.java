package dev.stockade.model.mcp;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.json.JsonPieces;
import dev.stockade.model.policy.GuardedKind;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Looks at a message of a server while its bytes pass, in any pieces, and keeps none of it but a few short texts: what kind of
 * message it is, whether it reports an error, what it asks of the agent, and what it hands out to be brought back. What it cannot
 * make sense of is a {@link #fault}, after which the rest must not be passed on.
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

    private static final int MOST_INPUT_REQUESTS = 256;
    /** As many as a subscription may name tasks, and a few. */
    private static final int MOST_HANDED = 1024;

    private final PassingTokens tokens = new PassingTokens(new Meaning());
    private final AnswerPlace[] places = new AnswerPlace[AnswerPlace.WATCHED_DEPTH + 1];
    /** Which of a place's {@link AnswerPlace#exactKeys} were there, a bit each. */
    private final int[] seen = new int[AnswerPlace.COUNT];

    private String key = "";
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
    private Predicate<String> hidden = uri -> false;
    private boolean hidesResource;
    private Optional<GuardedKind> capability = Optional.empty();
    private final EnumSet<GuardedKind> listChanged = EnumSet.noneOf(GuardedKind.class);
    private String resultType = "";
    private List<Handed> handed = List.of();

    /** From now on, looks for resources in results that this says are hidden from the agent. */
    public void watch(Predicate<String> hiddenUri) {
        hidden = requireNonNull(hiddenUri);
    }

    /**
     * Whether the result names such a resource in a link or embeds one, as far as it was seen. Says yes too often rather than too
     * seldom: {@link ContentFilter} looks closely.
     */
    public boolean hidesResource() {
        return hidesResource;
    }

    /**
     * Takes the next bytes.
     *
     * @return whether they may be passed on; false once there is a {@link #fault}
     */
    public boolean feed(byte[] bytes, int from, int to) {
        tokens.feed(bytes, from, to);
        return tokens.fault().isEmpty();
    }

    private AnswerPlace place() {
        int depth = tokens.depth();
        return depth >= 1 && depth <= AnswerPlace.WATCHED_DEPTH ? places[depth] : AnswerPlace.ELSEWHERE;
    }

    /** What the tokens of a message mean, by the place where they stand. */
    private final class Meaning implements PassingTokens.Reader {
        @Override
        public void opens(boolean object) {
            AnswerPlace inside = tokens.depth() == 0 ? AnswerPlace.ROOT : inside(object);
            if (tokens.depth() < AnswerPlace.WATCHED_DEPTH) {
                places[tokens.depth() + 1] = inside;
            }
            key = "";
        }

        @Override
        public boolean wantsKey() {
            return place() != AnswerPlace.ELSEWHERE;
        }

        @Override
        public boolean wantsValue() {
            return place().wants(key);
        }

        @Override
        public int longest() {
            return place() == AnswerPlace.RESULT && key.equals("requestState")
                    ? Brought.LONGEST_STATE
                    : PassingTokens.LONGEST_TEXT;
        }

        @Override
        public void passesKey() {
            key = "";
        }

        @Override
        public void key(byte[] raw, int length) {
            String name = text(raw, length);
            if (tokens.fault().isEmpty()) {
                keyEnds(name);
            }
        }

        @Override
        public void value(byte[] raw, int length, boolean quoted) {
            String value = text(raw, length);
            if (tokens.fault().isEmpty()) {
                valueEnds(value, raw, length, quoted);
            }
        }

        private String text(byte[] raw, int length) {
            if (!JsonPieces.isUtf8(raw, length)) {
                tokens.fail("text that is not UTF-8");
                return "";
            }
            try {
                return JsonPieces.unescaped(raw, length);
            } catch (IllegalArgumentException e) {
                tokens.fail("no JSON: no such escape");
                return "";
            }
        }
    }

    /** The place inside of the object or array that starts here. */
    private AnswerPlace inside(boolean object) {
        AnswerPlace place = place();
        String objection = place.objection(key, object);
        if (!objection.isEmpty()) {
            tokens.fail(objection);
        }
        AnswerPlace inside = place.inside(key, object);
        switch (inside) {
            case TASK, RELATED_TASK -> seen[inside.index()] = 0;
            case INPUT_REQUEST -> {
                seen[inside.index()] = 0;
                if (++inputRequests > MOST_INPUT_REQUESTS) {
                    tokens.fail("more than " + MOST_INPUT_REQUESTS + " inputRequests");
                }
            }
            case CAPABILITY -> capability = AnswerPlace.declared(key);
            default -> list |= place == AnswerPlace.RESULT && AnswerPlace.isList(key);
        }
        return inside;
    }

    private void keyEnds(String name) {
        AnswerPlace place = place();
        key = name;
        once(place, name);
        if (place == AnswerPlace.ROOT) {
            switch (name) {
                case "id" -> hasId = true;
                case "method" -> hasMethod = true;
                case "result" -> hasResult = true;
                case "error" -> hasError = true;
                default -> {}
            }
        }
    }

    private void once(AnswerPlace place, String name) {
        List<String> keys = place.exactKeys;
        for (int i = 0; i < keys.size(); i++) {
            String wanted = keys.get(i);
            if (wanted.equals(name)) {
                int bit = 1 << i;
                if ((seen[place.index()] & bit) != 0) {
                    tokens.fail("the key '" + wanted + "' twice");
                }
                seen[place.index()] |= bit;
                return;
            }
            // Letter by letter, as Java and Go do: the dotted capital I is an i, the long s an s, the Kelvin sign a k.
            if (wanted.equalsIgnoreCase(name)) {
                tokens.fail("a key that differs from '" + wanted + "' only in case");
            }
        }
    }

    private void valueEnds(String value, byte[] raw, int length, boolean quoted) {
        switch (place()) {
            case ROOT -> {
                if (key.equals("method")) {
                    if (!quoted) {
                        tokens.fail("a method that is no string");
                    }
                    method = value;
                } else if (quoted) {
                    id = Optional.of(
                            new RequestId('"' + new String(raw, 0, length, StandardCharsets.UTF_8) + '"', true, value));
                } else if (value.chars().allMatch(c -> (c >= '0' && c <= '9') || c == '-')) {
                    id = Optional.of(new RequestId(value, false, value));
                }
            }
            case PARAMS -> {
                if (key.equals("uri")) {
                    uri = value;
                } else if (quoted) {
                    handedOut(Handed.Spot.NAMED_TASK, value);
                }
            }
            case RESULT -> resultMember(value, quoted);
            case INPUT_REQUEST -> inputMethods.add(value);
            case TASK -> {
                if (quoted) {
                    handedOut(Handed.Spot.NEW_TASK, value);
                }
            }
            case RELATED_TASK, TASK_IDS -> {
                if (!quoted) {
                    tokens.fail("the id of a task that is no string");
                }
                handedOut(Handed.Spot.NAMED_TASK, value);
            }
            case CAPABILITY -> listChanged(capability, value, quoted);
            case AGREED -> listChanged(AnswerPlace.agreed(key), value, quoted);
            case BLOCK, EMBEDDED -> hidesResource |= hidden.test(value);
            case INPUT_REQUESTS, META, CAPABILITIES, BLOCKS, MESSAGES, MESSAGE, ELSEWHERE -> {}
        }
    }

    private void listChanged(Optional<GuardedKind> kind, String value, boolean quoted) {
        if (!quoted && value.equals("true")) {
            kind.ifPresent(listChanged::add);
        }
    }

    private void resultMember(String value, boolean quoted) {
        switch (key) {
            case "isError" -> toolError = !quoted && value.equals("true");
            case "resultType" -> resultType = value;
            case "requestState" -> {
                if (quoted) {
                    handedOut(Handed.Spot.STATE, value);
                }
            }
            default -> {
                if (quoted) {
                    handedOut(Handed.Spot.TASK, value);
                }
            }
        }
    }

    private void handedOut(Handed.Spot spot, String value) {
        if (handed.isEmpty()) {
            handed = new ArrayList<>(2);
        }
        if (handed.size() == MOST_HANDED) {
            tokens.fail("more than " + MOST_HANDED + " tasks");
        } else {
            handed.add(new Handed(spot, value, tokens.closingQuote()));
        }
    }

    /** Why the message must not be passed on, or "". */
    public String fault() {
        return tokens.fault();
    }

    /** Whether the message has been seen to its end. */
    public boolean complete() {
        return tokens.closed() && tokens.fault().isEmpty();
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

    /** Whether it is an answer, and no error. */
    public boolean hasResult() {
        return hasResult;
    }

    /** Whether it is a JSON-RPC error. */
    public boolean isError() {
        return hasError;
    }

    /** Whether {@code result.isError} is true: the tool itself failed. */
    public boolean isToolError() {
        return toolError;
    }

    /** Whether the result holds what should be a list of tools, resources, templates or prompts. */
    public boolean hasList() {
        return list;
    }

    /**
     * The kinds of which the server says that it tells when their lists change: declared in the result of {@code initialize}
     * (2025-11-25 basic/lifecycle, {@code capabilities.tools.listChanged}), or agreed to when it acknowledges a subscription
     * (2026-07-28 basic/patterns/subscriptions, {@code notifications.toolsListChanged}).
     */
    public Set<GuardedKind> listChanged() {
        return listChanged.clone();
    }

    /** {@code result.resultType} (modern), else "". */
    public String resultType() {
        return resultType;
    }

    /** What has been handed out so far, in the order of the message. */
    public List<Handed> handed() {
        return Collections.unmodifiableList(handed);
    }

    /** How many {@code inputRequests} the result, or a task's notice, has; those without a method count. */
    public int inputRequests() {
        return inputRequests;
    }

    /** The methods of these {@code inputRequests} (2026-07-28 basic/patterns/mrtr). */
    public List<String> inputMethods() {
        return List.copyOf(inputMethods);
    }
}
