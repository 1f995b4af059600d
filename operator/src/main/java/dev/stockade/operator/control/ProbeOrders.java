package dev.stockade.operator.control;

import dev.stockade.operator.isolation.Outcome;
import dev.stockade.operator.isolation.SidecarVantages;
import dev.stockade.wire.control.v1.ProbeOrder;
import dev.stockade.wire.control.v1.ProbeResult;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** The orders of one sidecar that wait for their answers. Safe for use by many threads. */
final class ProbeOrders {
    private static final int MOST = 512;

    /** Orders wait their turn at the sidecar, and an attempt lasts two seconds. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Map<Long, Waiting> waiting = new HashMap<>();
    private long last;
    private boolean closed;

    private record Waiting(Consumer<Outcome> answer, Instant since) {}

    /** The message to send; empty if too many are waiting. */
    synchronized Optional<ProbeOrder> add(SidecarVantages.Order order, Consumer<Outcome> answer, Instant now) {
        if (closed || waiting.size() >= MOST) {
            return Optional.empty();
        }
        long id = ++last;
        waiting.put(id, new Waiting(answer, now));
        return Optional.of(ProbeOrder.newBuilder()
                .setId(id)
                .setPodNamespace(order.podNamespace())
                .setPodName(order.podName())
                .setPodUid(order.podUid())
                .setAddress(order.address())
                .setPort(order.port())
                .build());
    }

    void answered(ProbeResult result) {
        Waiting one;
        synchronized (this) {
            one = waiting.remove(result.getId());
        }
        if (one != null) {
            one.answer().accept(outcome(result.getOutcome()));
        }
    }

    private static Outcome outcome(ProbeResult.Outcome said) {
        return switch (said) {
            case OUTCOME_OPEN -> Outcome.OPEN;
            case OUTCOME_REFUSED -> Outcome.REFUSED;
            case OUTCOME_TIMEOUT -> Outcome.TIMEOUT;
            case OUTCOME_UNREACHABLE -> Outcome.UNREACHABLE;
            case OUTCOME_NOT_TRIED, OUTCOME_UNSPECIFIED, UNRECOGNIZED -> Outcome.NOT_TRIED;
        };
    }

    /** The same the other way round. */
    static ProbeResult.Outcome message(Outcome outcome) {
        return switch (outcome) {
            case OPEN -> ProbeResult.Outcome.OUTCOME_OPEN;
            case REFUSED -> ProbeResult.Outcome.OUTCOME_REFUSED;
            case TIMEOUT -> ProbeResult.Outcome.OUTCOME_TIMEOUT;
            case UNREACHABLE -> ProbeResult.Outcome.OUTCOME_UNREACHABLE;
            case NOT_TRIED -> ProbeResult.Outcome.OUTCOME_NOT_TRIED;
        };
    }

    /** Whoever has waited too long is told that nobody tried. */
    void expire(Instant now) {
        List<Waiting> expired = new ArrayList<>();
        synchronized (this) {
            waiting.values().removeIf(one -> {
                boolean late = one.since().plus(PATIENCE).isBefore(now);
                if (late) {
                    expired.add(one);
                }
                return late;
            });
        }
        expired.forEach(one -> one.answer().accept(Outcome.NOT_TRIED));
    }

    /** The sidecar has gone: nobody tries. */
    void close() {
        List<Waiting> left;
        synchronized (this) {
            closed = true;
            left = List.copyOf(waiting.values());
            waiting.clear();
        }
        left.forEach(one -> one.answer().accept(Outcome.NOT_TRIED));
    }
}
