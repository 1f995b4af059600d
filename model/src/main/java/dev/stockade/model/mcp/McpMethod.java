package dev.stockade.model.mcp;

import static dev.stockade.model.mcp.Era.BOTH;
import static dev.stockade.model.mcp.Era.LEGACY;
import static dev.stockade.model.mcp.Era.MODERN;
import static dev.stockade.model.mcp.McpMethod.Form.NOTIFICATION;
import static dev.stockade.model.mcp.McpMethod.Form.REQUEST;
import static dev.stockade.model.mcp.Treatment.DENIED;
import static dev.stockade.model.mcp.Treatment.FILTERED;
import static dev.stockade.model.mcp.Treatment.GUARDED;
import static dev.stockade.model.mcp.Treatment.PLUMBING;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Every method that a client may send, in both generations of the protocol, and how it is treated. A method that is not here is
 * denied.
 *
 * <p>The last column is the page of the specification (modelcontextprotocol.io/specification/[revision]/...).
 */
public enum McpMethod {
    // Plumbing: no name to decide on.
    INITIALIZE("initialize", REQUEST, LEGACY, PLUMBING, Subject.NONE, "2025-11-25/basic/lifecycle#initialization"),
    INITIALIZED(
            "notifications/initialized",
            NOTIFICATION,
            LEGACY,
            PLUMBING,
            Subject.NONE,
            "2025-11-25/basic/lifecycle#initialization"),
    PING("ping", REQUEST, LEGACY, PLUMBING, Subject.NONE, "2025-11-25/basic/utilities/ping"),
    DISCOVER("server/discover", REQUEST, MODERN, PLUMBING, Subject.NONE, "2026-07-28/server/discover"),
    CANCELLED(
            "notifications/cancelled",
            NOTIFICATION,
            BOTH,
            PLUMBING,
            Subject.NONE,
            "2025-11-25/basic/utilities/cancellation"),
    PROGRESS(
            "notifications/progress",
            NOTIFICATION,
            BOTH,
            PLUMBING,
            Subject.NONE,
            "2025-11-25/basic/utilities/progress"),
    SET_LEVEL("logging/setLevel", REQUEST, LEGACY, PLUMBING, Subject.NONE, "2025-11-25/server/utilities/logging"),
    ROOTS_CHANGED(
            "notifications/roots/list_changed",
            NOTIFICATION,
            LEGACY,
            PLUMBING,
            Subject.NONE,
            "2025-11-25/client/roots#root-list-changes"),

    // Lists: allowed, and the result shows only what the agent may use.
    TOOLS_LIST("tools/list", REQUEST, BOTH, FILTERED, Subject.NONE, "2026-07-28/server/tools#listing-tools"),
    RESOURCES_LIST(
            "resources/list", REQUEST, BOTH, FILTERED, Subject.NONE, "2026-07-28/server/resources#listing-resources"),
    TEMPLATES_LIST(
            "resources/templates/list",
            REQUEST,
            BOTH,
            FILTERED,
            Subject.NONE,
            "2026-07-28/server/resources#resource-templates"),
    PROMPTS_LIST("prompts/list", REQUEST, BOTH, FILTERED, Subject.NONE, "2026-07-28/server/prompts#listing-prompts"),

    // Guarded: the policy decides on what they name.
    TOOLS_CALL("tools/call", REQUEST, BOTH, GUARDED, Subject.TOOL_NAME, "2026-07-28/server/tools#calling-tools"),
    PROMPTS_GET(
            "prompts/get", REQUEST, BOTH, GUARDED, Subject.PROMPT_NAME, "2026-07-28/server/prompts#getting-a-prompt"),
    RESOURCES_READ(
            "resources/read",
            REQUEST,
            BOTH,
            GUARDED,
            Subject.RESOURCE_URI,
            "2026-07-28/server/resources#reading-resources"),
    RESOURCES_SUBSCRIBE(
            "resources/subscribe",
            REQUEST,
            LEGACY,
            GUARDED,
            Subject.RESOURCE_URI,
            "2025-11-25/server/resources#subscriptions"),
    RESOURCES_UNSUBSCRIBE(
            "resources/unsubscribe",
            REQUEST,
            LEGACY,
            GUARDED,
            Subject.RESOURCE_URI,
            "2025-11-25/server/resources#subscriptions"),
    COMPLETE(
            "completion/complete", REQUEST, BOTH, GUARDED, Subject.REFERENCE, "2026-07-28/server/utilities/completion"),
    LISTEN(
            "subscriptions/listen",
            REQUEST,
            MODERN,
            GUARDED,
            Subject.SUBSCRIPTIONS,
            "2026-07-28/basic/patterns/subscriptions"),

    // Tasks: the list shows the agent's own, and an id opens nothing but to the agent that it was handed to.
    TASKS_LIST("tasks/list", REQUEST, LEGACY, FILTERED, Subject.NONE, "2025-11-25/basic/utilities/tasks#listing-tasks"),
    TASKS_GET("tasks/get", REQUEST, BOTH, GUARDED, Subject.TASK, "2025-11-25/basic/utilities/tasks#getting-tasks"),
    TASKS_RESULT(
            "tasks/result",
            REQUEST,
            LEGACY,
            GUARDED,
            Subject.TASK,
            "2025-11-25/basic/utilities/tasks#retrieving-task-results"),
    TASKS_CANCEL(
            "tasks/cancel", REQUEST, BOTH, GUARDED, Subject.TASK, "2025-11-25/basic/utilities/tasks#cancelling-tasks"),
    TASKS_UPDATE("tasks/update", REQUEST, MODERN, GUARDED, Subject.TASK, "SEP-2663#task-update-requests"),

    // Denied: tasks that a client runs for a server. No server may ask for them either (ServerMethod).
    TASK_STATUS(
            "notifications/tasks/status",
            NOTIFICATION,
            LEGACY,
            DENIED,
            Subject.NONE,
            "2025-11-25/basic/utilities/tasks#task-status-notification");

    /** Whether an answer is due. */
    public enum Form {
        REQUEST,
        NOTIFICATION
    }

    /** Where in {@code params} the guarded name stands. */
    public enum Subject {
        NONE,
        /** {@code name}, a tool. */
        TOOL_NAME,
        /** {@code name}, a prompt. */
        PROMPT_NAME,
        /** {@code uri}. */
        RESOURCE_URI,
        /** {@code ref}: a prompt's name or a resource's URI or template. */
        REFERENCE,
        /** {@code notifications}: the URIs in {@code resourceSubscriptions}, the tasks in {@code taskIds}. */
        SUBSCRIPTIONS,
        /** {@code taskId}: no name that a rule could have, but it must have been handed to the agent. */
        TASK
    }

    private static final Map<String, McpMethod> BY_WORD = new HashMap<>();

    static {
        for (McpMethod method : values()) {
            BY_WORD.put(method.word, method);
        }
    }

    private final String word;
    private final Form form;
    private final Era era;
    private final Treatment treatment;
    private final Subject subject;
    private final String section;

    McpMethod(String word, Form form, Era era, Treatment treatment, Subject subject, String section) {
        this.word = word;
        this.form = form;
        this.era = era;
        this.treatment = treatment;
        this.subject = subject;
        this.section = section;
    }

    /** The method of that name, or empty: it is denied. */
    public static Optional<McpMethod> of(String word) {
        return Optional.ofNullable(BY_WORD.get(word));
    }

    /** As it stands in a message. */
    public String word() {
        return word;
    }

    public Form form() {
        return form;
    }

    public Era era() {
        return era;
    }

    public Treatment treatment() {
        return treatment;
    }

    public Subject subject() {
        return subject;
    }

    /** The page of the specification. */
    public String section() {
        return section;
    }
}
