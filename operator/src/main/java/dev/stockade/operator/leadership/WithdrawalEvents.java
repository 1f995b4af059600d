package dev.stockade.operator.leadership;

import static java.util.Objects.requireNonNull;

import dev.stockade.operator.status.EndingNamespace;
import dev.stockade.operator.status.Mesh;
import io.fabric8.kubernetes.api.model.Event;
import io.fabric8.kubernetes.api.model.EventBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HexFormat;
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
    private static final int LONGEST_MESSAGE = 1024;
    private static final int LONGEST_PREFIX = 200;

    private final KubernetesClient client;
    private final Supplier<Mesh> mesh;
    private final BooleanSupplier leading;
    private final String instance;
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
        this.client = requireNonNull(client);
        this.mesh = requireNonNull(mesh);
        this.leading = requireNonNull(leading);
        this.instance = requireNonNull(instance);
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
            if (!written(event(noted))) {
                failed.add(noted);
            }
        }
        unwritten.addAll(failed);
    }

    private Event event(Noted noted) {
        Withdrawal withdrawal = noted.withdrawal();
        String time = noted.at().truncatedTo(ChronoUnit.SECONDS).toString();
        String name = withdrawal.about().getName();
        return new EventBuilder()
                .withNewMetadata()
                .withNamespace(withdrawal.about().getNamespace())
                .withName(name.substring(0, Math.min(LONGEST_PREFIX, name.length())) + "." + digest(withdrawal))
                .endMetadata()
                .withInvolvedObject(withdrawal.about())
                .withType("Warning")
                .withReason(withdrawal.reason())
                .withMessage(withdrawal
                        .sentence()
                        .substring(
                                0,
                                Math.min(LONGEST_MESSAGE, withdrawal.sentence().length())))
                .withFirstTimestamp(time)
                .withLastTimestamp(time)
                .withCount(1)
                .withNewSource("stockade-operator", null)
                .withReportingComponent("stockade-operator")
                .withReportingInstance(instance)
                .build();
    }

    private static String digest(Withdrawal withdrawal) {
        String what = withdrawal.about().getUid() + " " + withdrawal.reason() + " " + withdrawal.occasion();
        try {
            return HexFormat.of()
                    .formatHex(
                            MessageDigest.getInstance("SHA-256").digest(what.getBytes(StandardCharsets.UTF_8)), 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** @return false if it is to be tried again */
    private boolean written(Event event) {
        try {
            client.resource(event).create();
            return true;
        } catch (KubernetesClientException e) {
            if (e.getCode() == HttpURLConnection.HTTP_CONFLICT || EndingNamespace.refused(e)) {
                return true;
            }
            LOG.atWarn()
                    .addKeyValue("object", event.getInvolvedObject().getName())
                    .addKeyValue("reason", e.getMessage())
                    .log("the event of a withdrawal could not be written; trying again");
            return false;
        }
    }

    @Override
    public void close() {
        writer.shutdownNow();
    }
}
