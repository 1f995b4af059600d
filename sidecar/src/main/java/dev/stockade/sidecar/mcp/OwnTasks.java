package dev.stockade.sidecar.mcp;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.mcp.HandedOut;
import java.time.Clock;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which tasks this replica knows to be whose: those that it handed to an agent, and those that an agent brought back with a
 * mark. Decides only what a list and a notice show, where the server names tasks without a mark; a task that is not here is
 * left out there, and the agent's all the same once it brings the id. Safe for use by many threads.
 *
 * <p>Two agents may have a task of one id each: some servers count in each session anew.
 */
final class OwnTasks {
    /** How many tasks are kept. */
    static final int MOST = 10_000;

    /** A task that nothing named for this long is forgotten. */
    static final Duration IDLE = Duration.ofHours(24);

    private final Clock clock;
    private final int most;
    private final Map<Task, Long> lastNamed = new ConcurrentHashMap<>();

    private record Task(SpiffeId owner, String id) {}

    OwnTasks(Clock clock, int most) {
        this.clock = requireNonNull(clock);
        this.most = most;
    }

    /** Those of one agent. */
    HandedOut.Tasks of(SpiffeId agent) {
        return new HandedOut.Tasks() {
            @Override
            public boolean owns(String id) {
                return lastNamed.computeIfPresent(new Task(agent, id), (task, named) -> clock.millis()) != null;
            }

            @Override
            public void opened(String id) {
                note(new Task(agent, id));
            }
        };
    }

    private void note(Task task) {
        long now = clock.millis();
        if (lastNamed.put(task, now) == null && lastNamed.size() > most) {
            makeRoom(task, now);
        }
    }

    /** An agent with many tasks makes room among its own first. */
    private void makeRoom(Task added, long now) {
        lastNamed.values().removeIf(named -> now - named > IDLE.toMillis());
        if (lastNamed.size() <= most) {
            return;
        }
        lastNamed.entrySet().stream()
                .filter(e -> !e.getKey().equals(added))
                .min(Comparator.comparing(
                                (Map.Entry<Task, Long> e) -> !e.getKey().owner().equals(added.owner()))
                        .thenComparing(Map.Entry::getValue))
                .ifPresent(e -> lastNamed.remove(e.getKey(), e.getValue()));
    }

    int size() {
        return lastNamed.size();
    }
}
