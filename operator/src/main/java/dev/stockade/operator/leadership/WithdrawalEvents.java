package dev.stockade.operator.leadership;

import static java.util.Objects.requireNonNull;

import dev.stockade.operator.status.EventDraft;
import dev.stockade.operator.status.EventWriter;
import dev.stockade.operator.status.Mesh;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says in an event who was withdrawn and why. Every replica watches for withdrawals, and the one that leads writes: so one that
 * happens while the lease changes hands is written by the next. Each event's name follows from what it says, so that it is
 * written once, however many replicas try.
 */
final class WithdrawalEvents implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WithdrawalEvents.class);
    private static final Duration REMEMBERED = Duration.ofMinutes(2);
    private static final int MOST_REMEMBERED = 1_000;

    private final EventWriter events;
    private final Supplier<Mesh> mesh;
    private final BooleanSupplier leading;
    private final Clock clock;
    private final ExecutorService writer = Executors.newSingleThreadExecutor(
            Thread.ofVirtual().name("withdrawals").factory());
    private final Deque<Noted> unwritten = new ArrayDeque<>();
    private @Nullable Mesh last;

    private record Noted(Withdrawal withdrawal, Instant at) {}

    /**
     * @param leading whether this replica writes
     * @param instance the operator's pod, as the events' reporting instance
     */
    WithdrawalEvents(
            KubernetesClient client, Supplier<Mesh> mesh, BooleanSupplier leading, String instance, Clock clock) {
        this.events = new EventWriter(client, instance, clock);
        this.mesh = requireNonNull(mesh);
        this.leading = requireNonNull(leading);
        this.clock = requireNonNull(clock);
    }

    /** Something may have changed, or this replica now leads. Returns at once. */
    void look() {
        try {
            writer.execute(() -> {
                try {
                    note();
                    write();
                } catch (RuntimeException e) {
                    LOG.atError().setCause(e).log("withdrawals could not be looked for");
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.debug("withdrawals are not looked for any more");
        }
    }

    /** On the writer's thread, like all that follows. */
    private void note() {
        Mesh now = mesh.get();
        Mesh before = last;
        last = now;
        if (before == null || isSame(before, now)) {
            return;
        }
        Instant at = clock.instant();
        Withdrawal.between(before, now).forEach(withdrawal -> {
            LOG.atInfo()
                    .addKeyValue("event", "withdrawn")
                    .addKeyValue("kind", withdrawal.about().getKind())
                    .addKeyValue(
                            "object",
                            withdrawal.about().getNamespace() + "/"
                                    + withdrawal.about().getName())
                    .addKeyValue("why", withdrawal.sentence())
                    .log("an identity was withdrawn");
            unwritten.add(new Noted(withdrawal, at));
        });
        while (unwritten.size() > MOST_REMEMBERED) {
            unwritten.remove();
        }
    }

    @SuppressWarnings("ReferenceEquality")
    private static boolean isSame(Mesh one, Mesh other) {
        return one.view() == other.view();
    }

    private void write() {
        unwritten.removeIf(noted -> noted.at().plus(REMEMBERED).isBefore(clock.instant()));
        if (!leading.getAsBoolean()) {
            return;
        }
        List<Noted> failed = new ArrayList<>();
        while (!unwritten.isEmpty()) {
            Noted noted = unwritten.remove();
            if (!written(noted)) {
                failed.add(noted);
            }
        }
        unwritten.addAll(failed);
    }

    /** @return false if it is to be tried again */
    private boolean written(Noted noted) {
        Withdrawal withdrawal = noted.withdrawal();
        return events.writeOnce(
                EventDraft.of(withdrawal.about(), withdrawal.reason(), withdrawal.sentence()),
                noted.at(),
                withdrawal.occasion());
    }

    @Override
    public void close() {
        writer.shutdownNow();
    }
}
