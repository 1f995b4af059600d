package dev.stockade.sidecar.audit;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.audit.AuditEvent;
import dev.stockade.model.audit.AuditEvent.Outcome;
import dev.stockade.model.audit.AuditEvent.Ruling;
import dev.stockade.model.audit.AuditEvent.Verdict;
import dev.stockade.model.policy.Reason;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

/** What the audit log says, summed up by words of ours alone: never by an agent, a server or a tool. Safe for any thread. */
public final class Tally {
    private static final String NONE = "none";

    private final LongAdder allowed = new LongAdder();
    private final Map<Reason, LongAdder> denied = zeros(Reason.class);
    private final Map<Reason, LongAdder> observed = zeros(Reason.class);
    private final Map<Outcome, LongAdder> outcomes = zeros(Outcome.class);
    private final LongAdder micros = new LongAdder();

    /**
     * A decision and its number.
     *
     * @param reason "none" of an allowance
     */
    public record Decided(String verdict, String reason, long count) {}

    /** An outcome and its number. */
    public record Ended(String outcome, long count) {}

    Tally() {}

    /** All words from the start: a counter that appears with its first event has no rate before the second. */
    private static <K extends Enum<K>> Map<K, LongAdder> zeros(Class<K> words) {
        Map<K, LongAdder> zeros = new EnumMap<>(words);
        for (K word : words.getEnumConstants()) {
            zeros.put(word, new LongAdder());
        }
        return zeros;
    }

    private static <K> void increment(Map<K, LongAdder> counters, K word) {
        requireNonNull(counters.get(word)).increment();
    }

    void count(AuditEvent event) {
        switch (event.phase()) {
            case DECISION -> decided(event.ruling());
            case OUTCOME -> {
                event.measures().outcome().ifPresent(outcome -> increment(outcomes, outcome));
                micros.add(Math.max(0, event.measures().durationMicros()));
            }
        }
    }

    private void decided(Ruling ruling) {
        switch (ruling.verdict()) {
            case ALLOW -> allowed.increment();
            case DENY -> increment(denied, ruling.reason().orElse(Reason.POLICY_DENIED));
            case OBSERVE_DENY -> increment(observed, ruling.reason().orElse(Reason.POLICY_DENIED));
        }
    }

    /** Allowances, and refusals by every reason that there is, also those that never happened. */
    public Stream<Decided> decisions() {
        return Stream.of(
                        Stream.of(new Decided(Verdict.ALLOW.word(), NONE, allowed.sum())),
                        reasons(Verdict.DENY, denied),
                        reasons(Verdict.OBSERVE_DENY, observed))
                .flatMap(all -> all);
    }

    private static Stream<Decided> reasons(Verdict verdict, Map<Reason, LongAdder> counters) {
        return counters.entrySet().stream()
                .map(entry -> new Decided(
                        verdict.word(), entry.getKey().word(), entry.getValue().sum()));
    }

    /** How what was allowed ended. */
    public Stream<Ended> outcomes() {
        return outcomes.entrySet().stream()
                .map(entry -> new Ended(entry.getKey().word(), entry.getValue().sum()));
    }

    /** How many messages that ended are in {@link #seconds}. */
    public long ended() {
        return outcomes.values().stream().mapToLong(LongAdder::sum).sum();
    }

    /** The time of all of them together, from the request's head to the last byte of its answer. */
    public double seconds() {
        return micros.sum() / 1e6;
    }
}
