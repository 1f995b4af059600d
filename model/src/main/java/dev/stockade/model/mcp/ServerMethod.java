package dev.stockade.model.mcp;

import static dev.stockade.model.mcp.McpMethod.Form.NOTIFICATION;
import static dev.stockade.model.mcp.McpMethod.Form.REQUEST;
import static dev.stockade.model.mcp.Treatment.DENIED;
import static dev.stockade.model.mcp.Treatment.GUARDED;
import static dev.stockade.model.mcp.Treatment.PLUMBING;

import dev.stockade.model.policy.ClientFeature;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Every method that a server may send to a client, and how it is treated. A request that is not here is refused towards the
 * server, a notification that is not here is dropped.
 */
public enum ServerMethod {
    PING("ping", REQUEST, PLUMBING, "2025-11-25/basic/utilities/ping"),
    PROGRESS("notifications/progress", NOTIFICATION, PLUMBING, "2026-07-28/basic/patterns/progress"),
    CANCELLED("notifications/cancelled", NOTIFICATION, PLUMBING, "2026-07-28/basic/patterns/cancellation"),
    MESSAGE("notifications/message", NOTIFICATION, PLUMBING, "2026-07-28/server/utilities/logging"),
    TOOLS_CHANGED(
            "notifications/tools/list_changed",
            NOTIFICATION,
            PLUMBING,
            "2026-07-28/server/tools#list-changed-notification"),
    RESOURCES_CHANGED(
            "notifications/resources/list_changed",
            NOTIFICATION,
            PLUMBING,
            "2026-07-28/server/resources#list-changed-notification"),
    PROMPTS_CHANGED(
            "notifications/prompts/list_changed",
            NOTIFICATION,
            PLUMBING,
            "2026-07-28/server/prompts#list-changed-notification"),
    ACKNOWLEDGED(
            "notifications/subscriptions/acknowledged",
            NOTIFICATION,
            PLUMBING,
            "2026-07-28/basic/patterns/subscriptions"),
    ELICITATION_COMPLETE(
            "notifications/elicitation/complete",
            NOTIFICATION,
            ClientFeature.ELICITATION,
            "2025-11-25/client/elicitation"),

    /** By its URI. */
    RESOURCE_UPDATED(
            "notifications/resources/updated", NOTIFICATION, GUARDED, "2026-07-28/server/resources#subscriptions"),

    // By clientFeatures: requests on event streams (legacy), or inside inputRequests (modern).
    SAMPLING("sampling/createMessage", REQUEST, ClientFeature.SAMPLING, "2026-07-28/client/sampling"),
    ELICITATION("elicitation/create", REQUEST, ClientFeature.ELICITATION, "2026-07-28/client/elicitation"),
    ROOTS("roots/list", REQUEST, ClientFeature.ROOTS, "2026-07-28/client/roots"),

    // By owner: of the agent's own tasks alone.
    TASK_STATUS(
            "notifications/tasks/status",
            NOTIFICATION,
            GUARDED,
            "2025-11-25/basic/utilities/tasks#task-status-notification"),
    TASK_CHANGED("notifications/tasks", NOTIFICATION, GUARDED, "SEP-2663#task-status-notifications"),

    // Denied: tasks that a client would run for the server.
    TASKS_LIST("tasks/list", REQUEST, DENIED, "2025-11-25/basic/utilities/tasks#listing-tasks"),
    TASKS_GET("tasks/get", REQUEST, DENIED, "2025-11-25/basic/utilities/tasks#getting-tasks"),
    TASKS_RESULT("tasks/result", REQUEST, DENIED, "2025-11-25/basic/utilities/tasks#retrieving-task-results"),
    TASKS_CANCEL("tasks/cancel", REQUEST, DENIED, "2025-11-25/basic/utilities/tasks#cancelling-tasks");

    private static final Map<String, ServerMethod> BY_WORD = new HashMap<>();

    static {
        for (ServerMethod method : values()) {
            BY_WORD.put(method.word, method);
        }
    }

    private final String word;
    private final McpMethod.Form form;
    private final Treatment treatment;
    private final Optional<ClientFeature> feature;
    private final String section;

    ServerMethod(String word, McpMethod.Form form, Treatment treatment, String section) {
        this.word = word;
        this.form = form;
        this.treatment = treatment;
        this.feature = Optional.empty();
        this.section = section;
    }

    ServerMethod(String word, McpMethod.Form form, ClientFeature feature, String section) {
        this.word = word;
        this.form = form;
        this.treatment = GUARDED;
        this.feature = Optional.of(feature);
        this.section = section;
    }

    /** The method of that name, or empty: it does not pass. */
    public static Optional<ServerMethod> of(String word) {
        return Optional.ofNullable(BY_WORD.get(word));
    }

    /** As it stands in a message. */
    public String word() {
        return word;
    }

    public McpMethod.Form form() {
        return form;
    }

    public Treatment treatment() {
        return treatment;
    }

    /** The grant that a guarded one needs; a resource notice needs its URI allowed instead, a task's its owner. */
    public Optional<ClientFeature> feature() {
        return feature;
    }

    /** Whether it tells of one task, and so concerns that task's owner alone. */
    public boolean isOfTask() {
        return this == TASK_STATUS || this == TASK_CHANGED;
    }

    /** The page of the specification. */
    public String section() {
        return section;
    }
}
