package dev.stockade.model.mcp;

import dev.stockade.model.policy.GuardedKind;
import java.util.List;
import java.util.Optional;

/** Where in a message of a server an object or array stands, as far as that matters: which keys mean what there. Pure. */
enum AnswerPlace {
    ROOT("jsonrpc", "id", "method", "params", "result", "error"),
    PARAMS("uri", "taskId", "inputRequests", "notifications", "_meta"),
    RESULT("inputRequests", "tools", "resources", "resourceTemplates", "prompts", "tasks", "isError"),
    INPUT_REQUESTS,
    INPUT_REQUEST("method"),
    /** {@code result.capabilities}: what a server declares. */
    CAPABILITIES,
    /** One of them that can declare {@code listChanged}. */
    CAPABILITY,
    /** {@code params.notifications}: what a server agrees to send on a subscription. */
    AGREED("taskIds"),
    /** {@code result.task}. */
    TASK("taskId"),
    META("io.modelcontextprotocol/related-task"),
    /** {@code _meta["io.modelcontextprotocol/related-task"]}. */
    RELATED_TASK("taskId"),
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
    ELSEWHERE;

    /** How deep a resource stands that is embedded in a message of a prompt. */
    static final int WATCHED_DEPTH = 7;

    /** How many there are. */
    static final int COUNT = values().length;

    /** Keys on which sender and receiver must not disagree here: exact, and once. At most 32. */
    @SuppressWarnings("ImmutableEnumChecker") // List.of is
    final List<String> exactKeys;

    AnswerPlace(String... exactKeys) {
        this.exactKeys = List.of(exactKeys);
    }

    /** Its index among all, below {@link #COUNT}: for arrays, of which an EnumMap would box what they hold. */
    @SuppressWarnings("EnumOrdinal")
    int index() {
        return ordinal();
    }

    /** Whether the text of the value under this key matters. */
    boolean wants(String key) {
        return switch (this) {
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

    /**
     * The place inside of what starts here.
     *
     * @param key under which it stands; "" in an array
     * @param object whether it is an object, or an array
     */
    AnswerPlace inside(String key, boolean object) {
        return switch (this) {
            case ROOT ->
                switch (key) {
                    case "params" -> only(object, PARAMS);
                    case "result" -> only(object, RESULT);
                    default -> ELSEWHERE;
                };
            case PARAMS ->
                switch (key) {
                    case "inputRequests" -> INPUT_REQUESTS;
                    case "notifications" -> only(object, AGREED);
                    case "_meta" -> only(object, META);
                    default -> ELSEWHERE;
                };
            case RESULT ->
                switch (key) {
                    case "inputRequests" -> INPUT_REQUESTS;
                    case "task" -> only(object, TASK);
                    case "_meta" -> only(object, META);
                    case "capabilities" -> only(object, CAPABILITIES);
                    case "content" -> object ? BLOCK : BLOCKS;
                    case "messages" -> only(!object, MESSAGES);
                    default -> ELSEWHERE;
                };
            case MESSAGES -> only(object, MESSAGE);
            case MESSAGE -> key.equals("content") ? object ? BLOCK : BLOCKS : ELSEWHERE;
            case BLOCKS -> only(object, BLOCK);
            case BLOCK -> only(object && key.equals("resource"), EMBEDDED);
            case CAPABILITIES -> only(object && declared(key).isPresent(), CAPABILITY);
            case META -> only(key.equals(META.exactKeys.getFirst()), RELATED_TASK);
            case AGREED -> only(key.equals("taskIds"), TASK_IDS);
            case INPUT_REQUESTS -> INPUT_REQUEST;
            case INPUT_REQUEST, CAPABILITY, TASK, RELATED_TASK, TASK_IDS, EMBEDDED, ELSEWHERE -> ELSEWHERE;
        };
    }

    private static AnswerPlace only(boolean so, AnswerPlace place) {
        return so ? place : ELSEWHERE;
    }

    /** What is wrong with an object or array that starts here under this key, or "". */
    String objection(String key, boolean object) {
        return switch (this) {
            case ROOT -> key.equals("id") || key.equals("method") ? "an id or method that is no plain value" : "";
            case PARAMS, RESULT -> key.equals("inputRequests") && !object ? "inputRequests that are no object" : "";
            case META -> key.equals(exactKeys.getFirst()) && !object ? "a related task that is no object" : "";
            case AGREED -> key.equals("taskIds") && object ? "taskIds that are no array" : "";
            default -> "";
        };
    }

    /** The kind whose lists a capability of this name is about. */
    static Optional<GuardedKind> declared(String key) {
        return switch (key) {
            case "tools" -> Optional.of(GuardedKind.TOOL);
            case "resources" -> Optional.of(GuardedKind.RESOURCE);
            case "prompts" -> Optional.of(GuardedKind.PROMPT);
            default -> Optional.empty();
        };
    }

    /** The kind that {@code toolsListChanged} and its like are about. */
    static Optional<GuardedKind> agreed(String key) {
        return key.endsWith("ListChanged")
                ? declared(key.substring(0, key.length() - "ListChanged".length()))
                : Optional.empty();
    }

    /** Whether a member of a result that is an object or array is what should be a list. */
    static boolean isList(String key) {
        return switch (key) {
            case "tools", "resources", "resourceTemplates", "prompts", "tasks" -> true;
            default -> false;
        };
    }
}
