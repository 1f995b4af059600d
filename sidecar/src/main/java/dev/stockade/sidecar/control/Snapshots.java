package dev.stockade.sidecar.control;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.sidecar.identity.Identities;
import dev.stockade.sidecar.identity.Svid;
import dev.stockade.sidecar.log.Log;
import dev.stockade.sidecar.state.CurrentState;
import dev.stockade.sidecar.state.PodState;
import dev.stockade.sidecar.state.RefusedSnapshotException;
import dev.stockade.sidecar.state.SnapshotReader;
import dev.stockade.sidecar.vantage.Lookout;
import dev.stockade.wire.control.v1.Heartbeat;
import dev.stockade.wire.control.v1.ProbeOrder;
import dev.stockade.wire.control.v1.ProbeResult;
import dev.stockade.wire.control.v1.Snapshot;
import dev.stockade.wire.control.v1.Sockets;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.random.RandomGenerator;
import javax.net.ssl.SSLException;

/** Keeps one stream of snapshots open, and puts what it brings in force. On the control thread alone. */
final class Snapshots {
    private static final Duration FIRST_WAIT = Duration.ofMillis(200);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

    private final ControlSettings settings;
    private final Identities identities;
    private final CurrentState state;
    private final KeptBundle bundle;
    private final OperatorChannel operator;
    private final Certificates certificates;
    private final RenewalTime renewal;
    private final Lookout lookout;
    private final Backoff backoff;
    private final SnapshotReader reader;
    private final AtomicReference<ControlStatus> status;
    private final ScheduledExecutorService thread;
    private final Clock clock;
    private final Log log;

    private Optional<OperatorChannel.Open> channel = Optional.empty();
    private Optional<Svid> as = Optional.empty();
    private Optional<Subscription> subscription = Optional.empty();
    private boolean soon;

    /** What this stream's operator knows of the pod's sockets: empty unless it has asked, and before it was told. */
    private Optional<Sockets> told = Optional.empty();

    private boolean asked;

    Snapshots(
            ControlSettings settings,
            Identities identities,
            CurrentState state,
            KeptBundle bundle,
            OperatorChannel operator,
            Certificates certificates,
            RenewalTime renewal,
            Lookout lookout,
            RandomGenerator random,
            AtomicReference<ControlStatus> status,
            ScheduledExecutorService thread,
            Clock clock,
            Log log) {
        this.settings = requireNonNull(settings);
        this.identities = requireNonNull(identities);
        this.state = requireNonNull(state);
        this.bundle = requireNonNull(bundle);
        this.operator = requireNonNull(operator);
        this.certificates = requireNonNull(certificates);
        this.renewal = requireNonNull(renewal);
        this.lookout = requireNonNull(lookout);
        this.backoff = new Backoff(FIRST_WAIT, random);
        this.reader = new SnapshotReader(settings.trustDomain(), clock);
        this.status = requireNonNull(status);
        this.thread = requireNonNull(thread);
        this.clock = requireNonNull(clock);
        this.log = requireNonNull(log);
    }

    /**
     * Opens another stream in place of the one that there is. A new certificate is shown in this way; data connections live
     * on with the former one.
     */
    void subscribe() {
        soon = false;
        asked = false;
        subscription.ifPresent(Subscription::close);
        subscription = Optional.empty();
        Instant now = clock.instant();
        Optional<Svid> own = identities
                .svid(WorkloadKind.MCP)
                .or(() -> identities.svid(WorkloadKind.AGENT))
                .filter(svid -> svid.validAt(now));
        if (own.isEmpty()) {
            // Every identity has ended; the next one begins with a certificate.
            closeChannel();
            return;
        }
        try {
            subscription = Optional.of(
                    new Subscription(channel(own.get()).channel(), settings, identities, state, new Answers()));
        } catch (SSLException e) {
            later("the certificate cannot be used: " + e.getMessage());
        }
    }

    /** One channel a certificate. */
    private OperatorChannel.Open channel(Svid own) throws SSLException {
        if (channel.isPresent() && as.filter(own::equals).isPresent()) {
            return channel.get();
        }
        closeChannel();
        OperatorChannel.Open opened = operator.open(Optional.of(own));
        channel = Optional.of(opened);
        as = Optional.of(own);
        return opened;
    }

    private void closeChannel() {
        channel.ifPresent(OperatorChannel.Open::close);
        channel = Optional.empty();
        as = Optional.empty();
    }

    private void later(String why) {
        if (!status.get().waitsFor(why)) {
            log.warn("no stream of snapshots", "reason", why);
        }
        status.updateAndGet(former -> former.disconnected(why));
        if (!soon) {
            soon = true;
            long wait = backoff.next(LONGEST_WAIT).toMillis();
            thread.schedule(this::subscribe, wait, TimeUnit.MILLISECONDS);
        }
    }

    /** Somebody that was believed is believed no longer, and may be who is at the other end: the operator proves itself anew. */
    private void reconnect() {
        closeChannel();
        subscribe();
    }

    private final class Answers implements Subscription.Listener {
        /**
         * Whether the rules in force are the latest of this stream. Until they are, a heartbeat speaks of others: a sidecar
         * that was away learns first what was withdrawn meanwhile, and one that refuses what it is sent goes stale.
         */
        private boolean latest;

        @Override
        public void snapshot(Snapshot snapshot, Subscription.Acknowledge acknowledge) {
            backoff.reset();
            status.updateAndGet(ControlStatus::subscribed);
            try {
                apply(checked(snapshot), acknowledge);
                latest = true;
            } catch (RefusedSnapshotException e) {
                latest = false;
                log.warn("snapshot refused", "version", snapshot.getVersion(), "reason", e.sentence());
                acknowledge.with(Optional.of(e.sentence()));
            }
        }

        /** Everything that may be wrong with it is found here, before anything changes. */
        private PodState checked(Snapshot snapshot) throws RefusedSnapshotException {
            PodState next = reader.read(snapshot);
            Optional<String> older = identities.trust().refusal(next.trust());
            if (older.isPresent()) {
                throw new RefusedSnapshotException("snapshot " + next.version() + " is refused: " + older.get()
                        + "; the former one stays in force");
            }
            return next;
        }

        private void apply(PodState next, Subscription.Acknowledge acknowledge) throws RefusedSnapshotException {
            Optional<PodState> former = state.held();
            boolean fewer = !next.trust()
                            .issuers()
                            .containsAll(identities.trust().issuers())
                    || !next.trust().roots().containsAll(identities.trust().roots());
            boolean reconnecting = fewer && !identities.trust().issuers().isEmpty();
            state.apply(next)
                    .whenCompleteAsync(
                            (done, why) -> {
                                acknowledge.with(Optional.ofNullable(why).map(Answers::notCut));
                                if (reconnecting) {
                                    thread.schedule(
                                            Snapshots.this::reconnect,
                                            renewal.withinSpread().toMillis(),
                                            TimeUnit.MILLISECONDS);
                                }
                            },
                            thread);
            bundle.believe(next.trust(), identities);
            if (former.filter(h -> h.version().equals(next.version())).isEmpty()) {
                log.info("snapshot in force", "version", next.version(), "generation", next.generation());
            }
            certificates.align(former, next);
        }

        private static String notCut(Throwable why) {
            return "the snapshot is in force, but what it withdraws could not be cut: " + why.getMessage();
        }

        @Override
        public void heartbeat(Heartbeat heartbeat) {
            backoff.reset();
            status.updateAndGet(ControlStatus::subscribed);
            if (!latest) {
                return;
            }
            try {
                state.confirm(Instant.ofEpochSecond(
                        heartbeat.getConfirmed().getSeconds(),
                        heartbeat.getConfirmed().getNanos()));
            } catch (DateTimeException e) {
                log.warn("heartbeat refused", "reason", "its time is not one: " + e.getMessage());
            }
        }

        @Override
        public void socketsRequested() {
            asked = true;
            told = Optional.empty();
            lookAround();
        }

        @Override
        public void probe(ProbeOrder order, Consumer<ProbeResult.Outcome> result) {
            lookout.probe(order, outcome -> {
                if (!thread.isShutdown()) {
                    thread.execute(() -> result.accept(outcome));
                }
            });
        }

        @Override
        public void ended(String why) {
            asked = false;
            subscription = Optional.empty();
            later(why);
        }
    }

    /** Says where the pod listens, if the operator has asked, something has changed, and the pod is a server's. */
    void lookAround() {
        if (!asked || subscription.isEmpty() || state.server().isEmpty()) {
            return;
        }
        lookout.listening().filter(now -> !told.equals(Optional.of(now))).ifPresent(now -> {
            told = Optional.of(now);
            subscription.get().listening(now);
        });
    }

    /** Ends the stream. */
    void end() {
        subscription.ifPresent(Subscription::close);
        subscription = Optional.empty();
    }
}
