package dev.stockade.operator.isolation;

import static java.util.Objects.requireNonNull;

import dev.stockade.operator.status.Isolation;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** What was tried, from where, and how it went. Safe for use by many threads. */
final class Trials {
    static final Duration VALID = Isolation.VALID;

    private final Map<String, OfPod> pods = new HashMap<>();

    /** Whoever tried before is believed until others have tried: pods come and go all the time. */
    private static final class OfPod {
        private static final int MOST_FORMER = 4;

        private List<Vantage> vantages = List.of();
        /** Those that were replaced last, the latest first. */
        private List<Vantage> former = List.of();

        private final Map<Vantage, Map<Target, Attempt>> attempts = new HashMap<>();

        void choose(List<Vantage> chosen) {
            if (chosen.equals(vantages)) {
                return;
            }
            former = Stream.concat(vantages.stream(), former.stream())
                    .distinct()
                    .filter(vantage -> !chosen.contains(vantage))
                    .limit(MOST_FORMER)
                    .toList();
            vantages = List.copyOf(chosen);
            attempts.keySet().removeIf(vantage -> !vantages.contains(vantage) && !former.contains(vantage));
        }

        Stream<Map.Entry<Target, Attempt>> current() {
            return vantages.stream().flatMap(vantage -> attempts.getOrDefault(vantage, Map.of()).entrySet().stream());
        }

        Tried tried(Vantage vantage, List<Target> targets, Instant now) {
            return Trials.tried(vantage, attempts.getOrDefault(vantage, Map.of()), targets, now);
        }
    }

    /** @param opened how often in a row it was open */
    private record Attempt(Outcome outcome, int opened, Instant at) {
        boolean isValid(Instant now) {
            return !at.plus(VALID).isBefore(now);
        }

        /** Whether it says something that an order which nobody carried out does not take back. */
        boolean outlasts(Outcome next, Instant now) {
            return next == Outcome.NOT_TRIED && outcome != Outcome.NOT_TRIED && isValid(now);
        }
    }

    /** From now on the pod is tried from these. What others found to be closed holds until these have tried. */
    synchronized void choose(String podUid, List<Vantage> vantages) {
        pods.computeIfAbsent(podUid, uid -> new OfPod()).choose(vantages);
    }

    /**
     * Notes an outcome.
     *
     * @return whether what is known of the pod is another than before
     */
    synchronized boolean note(String podUid, Vantage from, Target target, Outcome outcome, Instant at) {
        OfPod pod = pods.get(podUid);
        if (pod == null || !pod.vantages.contains(from)) {
            return false;
        }
        Map<Target, Attempt> attempts = pod.attempts.computeIfAbsent(from, v -> new HashMap<>());
        Attempt before = attempts.get(target);
        if (before != null && before.outlasts(outcome, at)) {
            return false;
        }
        int opened = outcome == Outcome.OPEN ? (before == null ? 0 : before.opened()) + 1 : 0;
        attempts.put(target, new Attempt(outcome, opened, at));
        return before == null || before.outcome() != outcome || opened == Tried.SURE || !before.isValid(at);
    }

    /** Forgets all other pods. */
    synchronized void retain(Set<String> podUids) {
        pods.keySet().retainAll(podUids);
    }

    /** What is known of a pod, by vantage point. */
    synchronized List<Tried> of(String podUid, List<Target> targets, Instant now) {
        OfPod pod = pods.get(podUid);
        if (pod == null) {
            return List.of();
        }
        List<Tried> current = pod.vantages.stream()
                .map(vantage -> pod.tried(vantage, targets, now))
                .toList();
        if (current.stream().allMatch(Tried::settled) || unsure(podUid)) {
            return current;
        }
        List<Tried> former = pod.former.stream()
                .map(vantage -> pod.tried(vantage, targets, now))
                .filter(Tried::provesClosed)
                .toList();
        return former.isEmpty()
                ? current
                : Stream.concat(current.stream().filter(Tried::settled), former.stream())
                        .toList();
    }

    private static Tried tried(Vantage vantage, Map<Target, Attempt> attempts, List<Target> targets, Instant now) {
        requireNonNull(vantage);
        List<Target> missing = new ArrayList<>();
        List<Target> open = new ArrayList<>();
        List<Target> blocked = new ArrayList<>();
        for (Target target : targets) {
            Attempt attempt = attempts.get(target);
            if (attempt == null || !attempt.isValid(now)) {
                missing.add(target);
            } else if (target.isControl()) {
                if (attempt.outcome() != Outcome.OPEN) {
                    blocked.add(target);
                }
            } else if (attempt.opened() >= Tried.SURE) {
                open.add(target);
            } else if (!attempt.outcome().isClosed()) {
                missing.add(target);
            }
        }
        return new Tried(vantage, open, missing, blocked);
    }

    /** How many pods were reached around their sidecars at the last attempt. */
    synchronized long bypassed() {
        return pods.keySet().stream().filter(this::bypassed).count();
    }

    /** Whether something opened once, and has to be tried again before anything is said. */
    synchronized boolean unsure(String podUid) {
        return opened(podUid, 1, Tried.SURE - 1);
    }

    /** Whether something opened as often as it takes. */
    synchronized boolean bypassed(String podUid) {
        return opened(podUid, Tried.SURE, Integer.MAX_VALUE);
    }

    /** Whether some vantage point did not reach the pod's sidecar when it last tried. */
    synchronized boolean blocked(String podUid) {
        OfPod pod = pods.get(podUid);
        return pod != null
                && pod.current()
                        .anyMatch(entry ->
                                entry.getKey().isControl() && entry.getValue().outcome() != Outcome.OPEN);
    }

    private boolean opened(String podUid, int least, int most) {
        OfPod pod = pods.get(podUid);
        return pod != null
                && pod.current()
                        .anyMatch(entry -> !entry.getKey().isControl()
                                && entry.getValue().opened() >= least
                                && entry.getValue().opened() <= most);
    }
}
