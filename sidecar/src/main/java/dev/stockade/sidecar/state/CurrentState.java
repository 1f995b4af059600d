package dev.stockade.sidecar.state;

import static java.util.Objects.requireNonNull;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/** The snapshot in force. Readers take one volatile read; {@code control} alone writes. */
public final class CurrentState {
    /** Applies where the pod has no server, whose {@code limits.staleAfter} would say it. */
    private static final Duration STALE_AFTER = Duration.ofHours(1);

    private final Clock clock;
    private final CopyOnWriteArrayList<Function<PodState, CompletableFuture<Void>>> listeners =
            new CopyOnWriteArrayList<>();
    private volatile Optional<PodState> held = Optional.empty();
    private volatile Instant confirmed = Instant.MIN;

    public CurrentState(Clock clock) {
        this.clock = requireNonNull(clock);
    }

    /** The snapshot in force, whether or not it is stale. */
    public Optional<PodState> held() {
        return held;
    }

    /** The rules of this pod's server, unless it has none. */
    public Optional<ServerRules> server() {
        return held.flatMap(PodState::serving).map(PodState.Serving::rules);
    }

    /** The rules of this pod's agent, unless it has none. */
    public Optional<AgentRules> agent() {
        return held.flatMap(PodState::agent);
    }

    /**
     * Runs for every snapshot that is put in force, on the thread that does so.
     *
     * @param listener its future completes when what the snapshot withdraws has been cut
     */
    public void onApply(Function<PodState, CompletableFuture<Void>> listener) {
        listeners.add(listener);
    }

    /**
     * Puts a snapshot in force at once.
     *
     * @return completes when what it withdraws has been cut, and it may be acknowledged
     * @throws RefusedSnapshotException if it is older than the one in force, which then stays
     */
    public CompletableFuture<Void> apply(PodState next) throws RefusedSnapshotException {
        Optional<String> older = held.flatMap(next::olderThan);
        if (older.isPresent()) {
            throw new RefusedSnapshotException(
                    "snapshot " + next.version() + " is older than the one in force (" + older.get() + ")");
        }
        held = Optional.of(next);
        confirm(next.confirmed());
        List<CompletableFuture<Void>> done =
                listeners.stream().map(l -> l.apply(next)).toList();
        return CompletableFuture.allOf(done.toArray(CompletableFuture[]::new));
    }

    /**
     * The operator's caches were current then, by its own clock; an earlier instant than the one known changes nothing, and
     * none is later than now: a clock that is ahead must not keep rules in force that nothing confirms.
     */
    public void confirm(Instant at) {
        Instant now = clock.instant();
        Instant known = at.isAfter(now) ? now : at;
        if (known.isAfter(confirmed)) {
            confirmed = known;
        }
    }

    /** When the snapshot in force was last known to be current. */
    public Instant confirmed() {
        return confirmed;
    }

    /** How long it serves without confirmation. */
    public Duration staleAfter() {
        return server().map(s -> s.limits().staleAfter()).orElse(STALE_AFTER);
    }

    /** Whether nothing confirmed the snapshot in force for longer than that; also true before the first one. */
    public boolean stale() {
        return held.isEmpty() || clock.instant().isAfter(confirmed.plus(staleAfter()));
    }
}
