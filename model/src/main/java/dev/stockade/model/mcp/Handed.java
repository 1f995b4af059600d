package dev.stockade.model.mcp;

import static java.util.Objects.requireNonNull;

/**
 * Something in a message that the server hands out to be brought back.
 *
 * @param end how many bytes of the message stand before the quote at its end
 */
public record Handed(Spot spot, String value, long end) {
    public Handed {
        requireNonNull(spot);
        requireNonNull(value);
    }

    /** Where it stands, and so what it means. */
    public enum Spot {
        /** {@code result.requestState} (2026-07-28 basic/patterns/mrtr). */
        STATE,
        /** {@code result.task.taskId}: the call goes on as this task (2025-11-25 basic/utilities/tasks). */
        NEW_TASK,
        /** {@code result.taskId}: so it does if {@code resultType} is "task" (SEP-2663); else the task that was asked for. */
        TASK,
        /** Where a task is only named: {@code params.taskId}, {@code params.notifications.taskIds}, and in {@code _meta}. */
        NAMED_TASK
    }
}
