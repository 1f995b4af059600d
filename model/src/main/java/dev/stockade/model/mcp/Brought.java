package dev.stockade.model.mcp;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.json.ByteRange;
import dev.stockade.model.json.JsonPieces;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a message of an agent brings back that a server handed out.
 *
 * @param state {@code params.requestState}
 * @param tasks {@code params.taskId}, or the {@code taskIds} of a subscription
 * @param related the task that the message says it belongs to, in {@code _meta}
 */
public record Brought(Optional<Value> state, List<Value> tasks, Optional<Value> related) {
    /** How many characters a {@code requestState} may have, without its mark. */
    public static final int LONGEST_STATE = 256 * 1024;

    /** How many characters a task's id may have, without its mark. */
    public static final int LONGEST_TASK = 1024;

    public static final Brought NOTHING = new Brought(Optional.empty(), List.of(), Optional.empty());

    public Brought {
        requireNonNull(state);
        tasks = List.copyOf(tasks);
        requireNonNull(related);
    }

    /**
     * A string in the message.
     *
     * @param text as it was given to the agent, with its mark
     * @param range where it lies in the body, with its quotes
     */
    public record Value(String text, ByteRange range) {
        public Value {
            requireNonNull(text);
            requireNonNull(range);
        }
    }

    /**
     * The same without marks.
     *
     * @param cuts what takes the marks out of the body, in its order
     * @param tasks the ids as the server knows them; all of them the agent's
     */
    public record Unmarked(List<ListFilter.Cut> cuts, List<String> tasks) {
        /** Nothing was brought. */
        public static final Unmarked NONE = new Unmarked(List.of(), List.of());

        public Unmarked {
            cuts = List.copyOf(cuts);
            tasks = List.copyOf(tasks);
        }
    }

    /** Whether there is anything. */
    public boolean isEmpty() {
        return state.isEmpty() && tasks.isEmpty() && related.isEmpty();
    }

    /** Whether the {@code requestState}, if there is one, was handed to this agent for this purpose. */
    public boolean hasOwnState(OwnerMarks marks, SpiffeId agent, OwnerMarks.Purpose purpose) {
        return state.isEmpty()
                || marks.unmarked(
                                OwnerMarks.Kind.REQUEST_STATE,
                                agent,
                                purpose,
                                state.get().text())
                        .isPresent();
    }

    /**
     * Takes the marks off, the one of a {@code requestState} unseen.
     *
     * @return empty if a task is not the agent's
     */
    public Optional<Unmarked> unmarked(OwnerMarks marks, SpiffeId agent, ByteBuffer body) {
        if (isEmpty()) {
            return Optional.of(Unmarked.NONE);
        }
        List<String> ids = new ArrayList<>();
        List<ListFilter.Cut> cuts = new ArrayList<>();
        for (Value task : Stream.concat(tasks.stream(), related.stream()).toList()) {
            Optional<String> id = marks.unmarked(OwnerMarks.Kind.TASK, agent, OwnerMarks.Purpose.ANY, task.text());
            if (id.isEmpty()) {
                return Optional.empty();
            }
            ids.add(id.get());
            cuts.add(cut(body, task));
        }
        state.ifPresent(s -> cuts.add(cut(body, s)));
        cuts.sort(Comparator.comparingInt(c -> c.range().start()));
        return Optional.of(new Unmarked(cuts, ids));
    }

    /** From the mark's first character to the closing quote, however the agent's library has escaped them. */
    private static ListFilter.Cut cut(ByteBuffer body, Value value) {
        int from = JsonPieces.offset(body, value.range(), value.text().length() - OwnerMarks.LENGTH);
        return new ListFilter.Cut(new ByteRange(from, value.range().end() - 1), "");
    }
}
