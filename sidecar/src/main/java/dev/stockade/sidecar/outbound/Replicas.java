package dev.stockade.sidecar.outbound;

import dev.stockade.sidecar.state.AgentRules.Endpoint;
import dev.stockade.sidecar.state.AgentRules.Target;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Chooses the replica for a request: the one of its session, else the ready one with the fewest open requests. */
final class Replicas {
    private static final Pattern TAGGED = Pattern.compile("([0-9a-f]{12})\\..*");

    private final Map<String, Integer> open = new HashMap<>();
    private int turn;

    /** The tag that a session's id begins with, if it has one. */
    static Optional<String> tag(String sessionId) {
        Matcher tagged = TAGGED.matcher(sessionId);
        return tagged.matches() ? Optional.of(tagged.group(1)) : Optional.empty();
    }

    /** The replica that holds a session, whether or not it is ready for new ones. */
    static Optional<Endpoint> holding(Target target, String tag) {
        return target.endpoints().stream().filter(e -> e.tag().equals(tag)).findFirst();
    }

    /** @param tried the pods that could not be reached for this request */
    Optional<Endpoint> forNewWork(Target target, Set<String> tried) {
        var ready = target.endpoints().stream()
                .filter(e -> e.ready() && !tried.contains(e.podUid()))
                .toList();
        int size = ready.size();
        if (size == 0) {
            return Optional.empty();
        }
        // Equals take turns, so that a quiet agent uses all of them.
        int first = Math.floorMod(turn++, size);
        return java.util.stream.IntStream.range(0, size)
                .mapToObj(i -> ready.get((first + i) % size))
                .min(Comparator.comparingInt(e -> open.getOrDefault(e.podUid(), 0)));
    }

    void opened(Endpoint endpoint) {
        open.merge(endpoint.podUid(), 1, Integer::sum);
    }

    void closed(Endpoint endpoint) {
        open.computeIfPresent(endpoint.podUid(), (uid, n) -> n > 1 ? n - 1 : null);
    }
}
