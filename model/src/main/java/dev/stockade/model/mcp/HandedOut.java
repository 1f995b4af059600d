package dev.stockade.model.mcp;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.SpiffeId;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Says what of an answer gets the agent's mark. The id of a task becomes the agent's where a result says that its call goes on
 * as this task; anywhere else an id is marked only if the task is the agent's already, so that nothing which names another's
 * task makes it this agent's.
 */
public final class HandedOut {
    /** What is known of the agent's tasks. */
    public interface Tasks {
        /** Whether the task was handed to the agent, or brought back by it. */
        boolean owns(String id);

        /** The task is handed to the agent. */
        void opened(String id);
    }

    /**
     * The request that is answered, or that opened the stream.
     *
     * @param purpose its method and name
     * @param task whether it asked to be run as a task (legacy)
     * @param tasks the ids that it brought, as the server knows them
     */
    public record Asked(OwnerMarks.Purpose purpose, boolean task, Set<String> tasks) {
        /** Nothing that could be handed something. */
        public static final Asked NOTHING = new Asked(OwnerMarks.Purpose.ANY, false, Set.of());

        public Asked {
            requireNonNull(purpose);
            tasks = Set.copyOf(tasks);
        }
    }

    /**
     * Text that goes between two bytes of a message.
     *
     * @param at how many bytes of the message stand before it
     * @param text ASCII
     */
    public record Insert(long at, String text) {
        public Insert {
            requireNonNull(text);
        }
    }

    private final OwnerMarks marks;
    private final SpiffeId agent;
    private final Asked asked;
    private final Tasks tasks;

    public HandedOut(OwnerMarks marks, SpiffeId agent, Asked asked, Tasks tasks) {
        this.marks = requireNonNull(marks);
        this.agent = requireNonNull(agent);
        this.asked = requireNonNull(asked);
        this.tasks = requireNonNull(tasks);
    }

    /** Whether the task is the agent's. */
    public boolean owns(String task) {
        return asked.tasks().contains(task) || tasks.owns(task);
    }

    /** Whether every task that a request or notification of the server names is the agent's. */
    public boolean ownsAll(AnswerScanner message) {
        return message.handed().stream().allMatch(h -> h.spot() == Handed.Spot.STATE || owns(h.value()));
    }

    /** What stands behind the id of a task of the agent; empty if it is not the agent's. */
    public Optional<String> markOf(String task) {
        return owns(task) ? Optional.of(taskMark(task)) : Optional.empty();
    }

    private String taskMark(String task) {
        return marks.mark(OwnerMarks.Kind.TASK, agent, OwnerMarks.Purpose.ANY, task);
    }

    /**
     * The marks in as much of a message as has passed.
     *
     * @param from how many of its {@link AnswerScanner#handed} were seen to before
     * @param ours whether the message answers the request; false for another's answer that a stream replays, and for what is
     *     no answer
     * @return in the order of the message
     */
    public List<Insert> inserts(AnswerScanner message, int from, boolean ours) {
        List<Handed> handed = message.handed();
        if (from >= handed.size()) {
            return List.of();
        }
        List<Insert> inserts = new ArrayList<>();
        for (Handed one : handed.subList(from, handed.size())) {
            mark(message, one, ours).ifPresent(text -> inserts.add(new Insert(one.end(), text)));
        }
        return inserts;
    }

    private Optional<String> mark(AnswerScanner message, Handed handed, boolean ours) {
        return switch (handed.spot()) {
            case STATE ->
                ours
                        ? Optional.of(marks.mark(OwnerMarks.Kind.REQUEST_STATE, agent, asked.purpose(), handed.value()))
                        : Optional.empty();
            case NEW_TASK -> {
                // A replayed answer is one to this session, of a request that is not known any more.
                if (asked.task() || !ours) {
                    tasks.opened(handed.value());
                }
                yield markOf(handed.value());
            }
            case TASK -> {
                if (ours && message.resultType().equals("task")) {
                    tasks.opened(handed.value());
                }
                yield markOf(handed.value());
            }
            case NAMED_TASK -> markOf(handed.value());
        };
    }
}
