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
 * message it is, whether it reports an error, what it asks of the agent, and what it hands out to be brought back. What it cannot make sense of is a {@link #fault},
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

    /** Where in the message an object or array stands, as far as that matters. */
    private enum Place {
        ROOT,
        PARAMS,
        RESULT,
        INPUT_REQUESTS,
        INPUT_REQUEST,
        /** {@code result.capabilities}: what a server declares. */
        CAPABILITIES,
        /** One of them that can declare {@code listChanged}. */
        CAPABILITY,
        /** {@code params.notifications}: what a server agrees to send on a subscription. */
        AGREED,
        /** {@code result.task}. */
        TASK,
        META,
        /** {@code _meta["io.modelcontextprotocol/related-task"]}. */
        RELATED_TASK,
        /** {@code params.notifications.taskIds}. */
        TASK_IDS,
        /** Blocks of {@code result.content}, or of a message's. */
        BLOCKS,
        BLOCK,
        /** {@code resource} of a block: embedded. */
        EMBEDDED,
        /** {@code result.messages}. */
        MESSAGES,
        MESSAGE,
        ELSEWHERE
    }

    /** Keys on which sender and receiver must not disagree, by place. */
    private static final List<String> ROOT_KEYS = List.of("jsonrpc", "id", "method", "params", "result", "error");

    private static final String RELATED = "io.modelcontextprotocol/related-task";
    private static final List<String> PARAMS_KEYS = List.of("uri", "taskId", "inputRequests", "notifications", "_meta");
    private static final List<String> RESULT_KEYS =
            List.of("inputRequests", "tools", "resources", "resourceTemplates", "prompts", "tasks", "isError");
    private static final List<String> META_KEYS = List.of(RELATED);
    private static final List<String> TASK_KEYS = List.of("taskId");
    private static final List<String> SUBSCRIBED_KEYS = List.of("taskIds");
    private static final List<String> INPUT_REQUEST_KEYS = List.of("method");

    /** How deep a resource stands that is embedded in a message of a prompt. */
    static final int WATCHED_DEPTH = 7;

    private static final int MOST_INPUT_REQUESTS = 256;
    /** As many as a subscription may name tasks, and a few. */
    private static final int MOST_HANDED = 1024;

    private final PassingTokens tokens = new PassingTokens(new Meaning());
    private final Place[] places = new Place[WATCHED_DEPTH + 1];
    /** Which of the root's keys were there. */
    private int rootSeen;

    private int paramsSeen;
    private int resultSeen;
    private int inputRequestSeen;
    private int metaSeen;
    private int taskSeen;
    private int subscribedSeen;

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

    private Place place() {
        int depth = tokens.depth();
        return depth >= 1 && depth <= WATCHED_DEPTH ? places[depth] : Place.ELSEWHERE;
    }

    /** Whether the value that starts here is one whose text matters. */
    private boolean isWanted() {
        return switch (place()) {
            case ROOT -> key.equals("id") || key.equals("method");
            case PARAMS -> key.equals("uri") || key.equals("taskId");
            case RESULT ->
                switch (key) {
                    case "isError", "resultType", "requestState", "taskId" -> true;
                    default -> false;
                };
            case INPUT_REQUEST -> key.equals("method");
            case TASK, RELATED_TASK -> key.equals("taskId");
            case TASK_IDS -> true;
            case CAPABILITY -> key.equals("listChanged");
            case AGREED -> agreed(key).isPresent();
            case BLOCK, EMBEDDED -> key.equals("uri");
            case INPUT_REQUESTS, META, CAPABILITIES, BLOCKS, MESSAGES, MESSAGE, ELSEWHERE -> false;
        };
    }

    private static Optional<GuardedKind> declared(String key) {
        return switch (key) {
            case "tools" -> Optional.of(GuardedKind.TOOL);
            case "resources" -> Optional.of(GuardedKind.RESOURCE);
            case "prompts" -> Optional.of(GuardedKind.PROMPT);
            default -> Optional.empty();
        };
    }

    private static Optional<GuardedKind> agreed(String key) {
        return key.endsWith("ListChanged")
                ? declared(key.substring(0, key.length() - "ListChanged".length()))
                : Optional.empty();
    }

    /** What the tokens of a message mean, by the place where they stand. */
    private final class Meaning implements PassingTokens.Reader {
        @Override
        public void opens(boolean object) {
            Place inside = tokens.depth() == 0 ? Place.ROOT : inside(object);
            if (tokens.depth() < WATCHED_DEPTH) {
                places[tokens.depth() + 1] = inside;
            }
            key = "";
        }

        @Override
        public boolean wantsKey() {
            return place() != Place.ELSEWHERE;
        }

        @Override
        public boolean wantsValue() {
            return isWanted();
        }

        @Override
        public int longest() {
            return place() == Place.RESULT && key.equals("requestState")
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
    private Place inside(boolean object) {
        switch (place()) {
            case ROOT -> {
                if (object && key.equals("params")) {
                    return Place.PARAMS;
                }
                if (object && key.equals("result")) {
                    return Place.RESULT;
                }
                if (key.equals("id") || key.equals("method")) {
                    tokens.fail("an id or method that is no plain value");
                }
            }
            case RESULT -> {
                if (key.equals("inputRequests")) {
                    return inputRequests(object);
                }
                if (object && key.equals("task")) {
                    taskSeen = 0;
                    return Place.TASK;
                }
                if (object && key.equals("_meta")) {
                    return Place.META;
                }
                if (object && key.equals("capabilities")) {
                    return Place.CAPABILITIES;
                }
                if (key.equals("content")) {
                    return object ? Place.BLOCK : Place.BLOCKS;
                }
                if (!object && key.equals("messages")) {
                    return Place.MESSAGES;
                }
                list |= isList(key);
            }
            case MESSAGES -> {
                return object ? Place.MESSAGE : Place.ELSEWHERE;
            }
            case MESSAGE -> {
                if (key.equals("content")) {
                    return object ? Place.BLOCK : Place.BLOCKS;
                }
            }
            case BLOCKS -> {
                return object ? Place.BLOCK : Place.ELSEWHERE;
            }
            case BLOCK -> {
                if (object && key.equals("resource")) {
                    return Place.EMBEDDED;
                }
            }
            case CAPABILITIES -> {
                capability = declared(key);
                return object && capability.isPresent() ? Place.CAPABILITY : Place.ELSEWHERE;
            }
            case PARAMS -> {
                switch (key) {
                    case "inputRequests" -> {
                        return inputRequests(object);
                    }
                    case "notifications" -> {
                        return object ? Place.AGREED : Place.ELSEWHERE;
                    }
                    case "_meta" -> {
                        return object ? Place.META : Place.ELSEWHERE;
                    }
                    default -> {}
                }
            }
            case META -> {
                if (key.equals(RELATED)) {
                    if (!object) {
                        tokens.fail("a related task that is no object");
                    }
                    taskSeen = 0;
                    return Place.RELATED_TASK;
                }
            }
            case AGREED -> {
                if (key.equals("taskIds")) {
                    if (object) {
                        tokens.fail("taskIds that are no array");
                    }
                    return Place.TASK_IDS;
                }
            }
            case INPUT_REQUESTS -> {
                inputRequestSeen = 0;
                if (++inputRequests > MOST_INPUT_REQUESTS) {
                    tokens.fail("more than " + MOST_INPUT_REQUESTS + " inputRequests");
                }
                return Place.INPUT_REQUEST;
            }
            case INPUT_REQUEST, CAPABILITY, TASK, RELATED_TASK, TASK_IDS, EMBEDDED, ELSEWHERE -> {}
        }
        return Place.ELSEWHERE;
    }

    private Place inputRequests(boolean object) {
        if (!object) {
            tokens.fail("inputRequests that are no object");
        }
        return Place.INPUT_REQUESTS;
    }

    private static boolean isList(String key) {
        return switch (key) {
            case "tools", "resources", "resourceTemplates", "prompts", "tasks" -> true;
            default -> false;
        };
    }

    private void keyEnds(String name) {
        Place place = place();
        key = name;
        switch (place) {
            case ROOT -> rootSeen = once(ROOT_KEYS, rootSeen, name);
            case PARAMS -> paramsSeen = once(PARAMS_KEYS, paramsSeen, name);
            case RESULT -> resultSeen = once(RESULT_KEYS, resultSeen, name);
            case INPUT_REQUEST -> inputRequestSeen = once(INPUT_REQUEST_KEYS, inputRequestSeen, name);
            case META -> metaSeen = once(META_KEYS, metaSeen, name);
            case TASK, RELATED_TASK -> taskSeen = once(TASK_KEYS, taskSeen, name);
            case AGREED -> subscribedSeen = once(SUBSCRIBED_KEYS, subscribedSeen, name);
            case INPUT_REQUESTS,
                    TASK_IDS,
                    CAPABILITIES,
                    CAPABILITY,
                    BLOCKS,
                    BLOCK,
                    EMBEDDED,
                    MESSAGES,
                    MESSAGE,
                    ELSEWHERE -> {}
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
                    tokens.fail("the key '" + wanted + "' twice");
                }
                return seen | (1 << i);
            }
            // Letter by letter, as Java and Go do: the dotted capital I is an i, the long s an s, the Kelvin sign a k.
            if (wanted.equalsIgnoreCase(name)) {
                tokens.fail("a key that differs from '" + wanted + "' only in case");
            }
        }
        return seen;
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
            case AGREED -> listChanged(agreed(key), value, quoted);
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
