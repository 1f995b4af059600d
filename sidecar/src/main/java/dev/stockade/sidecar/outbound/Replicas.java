package dev.stockade.sidecar.outbound;

import static java.util.Objects.requireNonNull;

import dev.stockade.sidecar.state.AgentRules.Endpoint;
import dev.stockade.sidecar.state.AgentRules.Target;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Chooses the replica for a request: the one of its session, else one with the fewest open requests, ready if any is. */
final class Replicas {
    private static final Pattern TAGGED = Pattern.compile("([0-9a-f]{12})\\..*");

    /** How long a replica that could not be reached is left out, where another one is ready. */
    static final Duration LEFT_OUT = Duration.ofSeconds(10);

    /** Once so many could not be reached, those that are not ready are not tried as well: the agent waits meanwhile. */
    private static final int UNREADY_TRIED = 3;

    private final LongSupplier nanos;
    private final Map<String, Integer> open = new HashMap<>();
    /** Since when. */
    private final Map<String, Long> unreachable = new HashMap<>();

    private int turn;

    Replicas() {
        this(System::nanoTime);
    }

    /** @param nanos a clock that only goes on, as {@link System#nanoTime} */
    Replicas(LongSupplier nanos) {
        this.nanos = requireNonNull(nanos);
    }

    /** The tag that a session's id begins with, if it has one. */
    static Optional<String> tag(String sessionId) {
        Matcher tagged = TAGGED.matcher(sessionId);
        return tagged.matches() ? Optional.of(tagged.group(1)) : Optional.empty();
    }

    /** The replica that holds a session, whether or not it is ready for new ones. */
    static Optional<Endpoint> holding(Target target, String tag) {
        return target.endpoints().stream().filter(e -> e.tag().equals(tag)).findFirst();
    }

    /**
     * One that is ready; while none is, one that is not: what Kubernetes knows of pods may be old, and their sidecars decide
     * by themselves. One that is being taken away comes last.
     *
     * @param tried the pods that could not be reached for this request
     */
    Optional<Endpoint> forNewWork(Target target, Set<String> tried) {
        List<Endpoint> candidates = among(target, tried, Endpoint::ready);
        if (candidates.isEmpty() && tried.size() < UNREADY_TRIED) {
            candidates = among(target, tried, e -> !e.terminating());
            candidates = candidates.isEmpty() ? among(target, tried, Endpoint::terminating) : candidates;
        }
        if (candidates.isEmpty()) {
            return Optional.empty();
        }
        long now = nanos.getAsLong();
        unreachable.values().removeIf(since -> now - since > LEFT_OUT.toNanos());
        // With nothing open it would be the first choice of every request, each of which would wait for it anew.
        List<Endpoint> reached = candidates.stream()
                .filter(e -> !unreachable.containsKey(e.podUid()))
                .toList();
        List<Endpoint> among = reached.isEmpty() ? candidates : reached;
        int size = among.size();
        // Equals take turns, so that a quiet agent uses all of them.
        int first = Math.floorMod(turn++, size);
        return java.util.stream.IntStream.range(0, size)
                .mapToObj(i -> among.get((first + i) % size))
                .min(Comparator.comparingInt(e -> open.getOrDefault(e.podUid(), 0)));
    }

    private static List<Endpoint> among(Target target, Set<String> tried, Predicate<Endpoint> which) {
        return target.endpoints().stream()
                .filter(e -> !tried.contains(e.podUid()) && which.test(e))
                .toList();
    }

    /** No connection to it came about, or it does not answer on the one that there is. */
    void unreachable(Endpoint endpoint) {
        unreachable.put(endpoint.podUid(), nanos.getAsLong());
    }

    /** It has answered. */
    void reached(Endpoint endpoint) {
        unreachable.remove(endpoint.podUid());
    }

    void opened(Endpoint endpoint) {
        open.merge(endpoint.podUid(), 1, Integer::sum);
    }

    void closed(Endpoint endpoint) {
        open.computeIfPresent(endpoint.podUid(), (uid, n) -> n > 1 ? n - 1 : null);
    }
}
