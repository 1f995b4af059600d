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
import dev.stockade.sidecar.tls.MeshTls;
import dev.stockade.wire.control.v1.Heartbeat;
import dev.stockade.wire.control.v1.Snapshot;
import io.grpc.Status;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import javax.net.ssl.SSLException;

/** Keeps certificates and snapshots coming. All of its state belongs to its one thread. */
public final class ControlClient implements AutoCloseable {
    private static final Duration FIRST_WAIT = Duration.ofMillis(200);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);
    private static final Duration LONGEST_WAIT_RENEWING = Duration.ofSeconds(30);

    private final ControlSettings settings;
    private final Identities identities;
    private final CurrentState state;
    private final Clock clock;
    private final Log log;
    private final RandomGenerator random = RandomGenerator.getDefault();
    private final ScheduledExecutorService thread;
    private final OperatorChannel operator;
    private final Signing signing;
    private final SnapshotReader reader;
    private final KeptBundle bundle;
    private final Backoff signingWait = new Backoff(FIRST_WAIT, random);
    private final Backoff subscribingWait = new Backoff(FIRST_WAIT, random);

    private boolean signingNow;
    private Optional<Future<?>> nextSigning = Optional.empty();
    private Optional<OperatorChannel.Open> signingChannel = Optional.empty();
    private Optional<OperatorChannel.Open> subscribingChannel = Optional.empty();
    private Optional<Svid> subscribingAs = Optional.empty();
    private Optional<Subscription> subscription = Optional.empty();
    private boolean subscribingSoon;
    private volatile ControlStatus status = ControlStatus.STARTING;

    public ControlClient(
            ControlSettings settings,
            Identities identities,
            CurrentState state,
            MeshTls tls,
            EventLoopGroup loops,
            Class<? extends Channel> channelType,
            Clock clock,
            Log log) {
        this.settings = requireNonNull(settings);
        this.identities = requireNonNull(identities);
        this.state = requireNonNull(state);
        this.clock = requireNonNull(clock);
        this.log = requireNonNull(log);
        this.thread = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().name("control").daemon().factory());
        this.operator = new OperatorChannel(
                settings, tls, () -> identities.trustInOperator(clock.instant()), loops, channelType, thread);
        this.signing = new Signing(settings, clock);
        this.reader = new SnapshotReader(settings.trustDomain(), clock);
        this.bundle = new KeptBundle(settings.bundle(), log);
    }

    /** Begins with asking for certificates; returns at once. */
    public void start() {
        thread.execute(this::sign);
    }

    /** How it stands with the operator. */
    public ControlStatus status() {
        return status;
    }

    // ---- certificates

    private void sign() {
        if (signingNow) {
            return;
        }
        signingNow = true;
        OperatorChannel.Open channel;
        try {
            channel = signingChannel.isPresent() ? signingChannel.get() : operator.open(Optional.empty());
        } catch (SSLException e) {
            signingFailed(e);
            return;
        }
        signingChannel = Optional.of(channel);
        signing.request(channel)
                .whenCompleteAsync(
                        (signed, why) -> {
                            if (why == null) {
                                holdOrRetry(signed);
                            } else {
                                signingFailed(why);
                            }
                        },
                        thread);
    }

    private void holdOrRetry(Signing.Signed signed) {
        try {
            hold(signed);
        } catch (RuntimeException e) {
            // Nothing here may end the renewal for good.
            signingFailed(e);
        }
    }

    private void hold(Signing.Signed signed) {
        signingNow = false;
        signingWait.reset();
        bundle.believe(signed.trust(), identities);
        Map<WorkloadKind, Svid> now = new EnumMap<>(WorkloadKind.class);
        now.putAll(identities.svids());
        now.putAll(signed.svids());
        identities.hold(now);
        bundle.keep(identities);
        status = status.certified();
        now.values().forEach(svid -> log.info("certificate held", "spiffeId", svid.id(), "until", svid.ends()));
        signAgainIn(renewal(now));
        // A new stream shows the new certificate. Data connections live on with the former one.
        subscribe();
    }

    private Duration renewal(Map<WorkloadKind, Svid> svids) {
        Instant now = clock.instant();
        Instant end =
                svids.values().stream().map(Svid::ends).min(Instant::compareTo).orElse(now);
        long half = Math.max(1_000, Duration.between(now, end).toMillis() / 2);
        return Duration.ofMillis(half - random.nextLong(half / 10 + 1));
    }

    private void signingFailed(Throwable thrown) {
        signingNow = false;
        Throwable why = thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
        boolean renewing = !identities.svids().isEmpty();
        String sentence = Refusals.sentence(why);
        if (!status.waitsFor(sentence)) {
            log.warn(renewing ? "certificates not renewed" : "no certificate yet", "reason", sentence);
        }
        status = status.waiting(sentence);
        // Without an address in the API yet, or at a crowded operator, asking harder does not help.
        boolean crowded = Status.fromThrowable(why).getCode() == Status.Code.RESOURCE_EXHAUSTED;
        signAgainIn(signingWait.next(renewing || crowded ? LONGEST_WAIT_RENEWING : LONGEST_WAIT));
    }

    private void signAgainIn(Duration wait) {
        nextSigning.ifPresent(f -> f.cancel(false));
        nextSigning = Optional.of(thread.schedule(this::sign, wait.toMillis(), TimeUnit.MILLISECONDS));
    }

    // ---- snapshots

    private void subscribe() {
        subscribingSoon = false;
        subscription.ifPresent(Subscription::close);
        subscription = Optional.empty();
        Optional<Svid> own = identities.svid(WorkloadKind.MCP).or(() -> identities.svid(WorkloadKind.AGENT));
        if (own.isEmpty()) {
            // Every identity has ended; the next one begins with a certificate.
            return;
        }
        try {
            OperatorChannel.Open channel = subscribingChannel(own.get());
            subscription = Optional.of(new Subscription(channel.channel(), settings, state, new Answers()));
        } catch (SSLException e) {
            subscribeLater("the certificate cannot be used: " + e.getMessage());
        }
    }

    /** One channel a certificate. */
    private OperatorChannel.Open subscribingChannel(Svid own) throws SSLException {
        if (subscribingChannel.isPresent() && subscribingAs.filter(own::equals).isPresent()) {
            return subscribingChannel.get();
        }
        subscribingChannel.ifPresent(OperatorChannel.Open::close);
        subscribingChannel = Optional.empty();
        OperatorChannel.Open channel = operator.open(Optional.of(own));
        subscribingChannel = Optional.of(channel);
        subscribingAs = Optional.of(own);
        return channel;
    }

    private void subscribeLater(String why) {
        if (!status.waitsFor(why)) {
            log.warn("no stream of snapshots", "reason", why);
        }
        status = status.disconnected(why);
        if (!subscribingSoon) {
            subscribingSoon = true;
            long wait = subscribingWait.next(LONGEST_WAIT).toMillis();
            thread.schedule(this::subscribe, wait, TimeUnit.MILLISECONDS);
        }
    }

    private final class Answers implements Subscription.Listener {
        @Override
        public void snapshot(Snapshot snapshot, Subscription.Acknowledge acknowledge) {
            subscribingWait.reset();
            status = status.subscribed();
            try {
                PodState next = reader.read(snapshot);
                Optional<String> formerTrust = identities.trust().refusal(next.trust());
                if (formerTrust.isPresent()) {
                    throw new RefusedSnapshotException("snapshot " + next.version() + " is refused: "
                            + formerTrust.get() + "; the former one stays in force");
                }
                boolean news = state.held()
                        .filter(h -> h.version().equals(next.version()))
                        .isEmpty();
                state.apply(next)
                        .whenCompleteAsync(
                                (done, why) -> acknowledge.with(
                                        Optional.ofNullable(why).map(Answers::notCut)),
                                thread);
                bundle.believe(next.trust(), identities);
                if (news) {
                    log.info("snapshot in force", "version", next.version(), "generation", next.generation());
                }
                alignIdentities(next);
            } catch (RefusedSnapshotException e) {
                log.warn("snapshot refused", "version", snapshot.getVersion(), "reason", e.sentence());
                acknowledge.with(Optional.of(e.sentence()));
            }
        }

        private static String notCut(Throwable why) {
            return "the snapshot is in force, but what it withdraws could not be cut: " + why.getMessage();
        }

        @Override
        public void heartbeat(Heartbeat heartbeat) {
            subscribingWait.reset();
            status = status.subscribed();
            state.confirm(Instant.ofEpochSecond(
                    heartbeat.getConfirmed().getSeconds(),
                    heartbeat.getConfirmed().getNanos()));
        }

        @Override
        public void ended(String why) {
            subscription = Optional.empty();
            subscribeLater(why);
        }
    }

    /** An identity that a snapshot no longer has is dropped; one that it has anew is asked for. */
    private void alignIdentities(PodState next) {
        Map<WorkloadKind, Svid> kept = new EnumMap<>(WorkloadKind.class);
        boolean missing = false;
        for (WorkloadKind role : WorkloadKind.values()) {
            Optional<Svid> fitting = identities
                    .svid(role)
                    .filter(svid ->
                            next.identity(role).filter(svid.id()::equals).isPresent());
            fitting.ifPresent(svid -> kept.put(role, svid));
            missing |= next.identity(role).isPresent() && fitting.isEmpty();
        }
        if (kept.size() < identities.svids().size()) {
            identities.svids().forEach((role, svid) -> {
                if (!kept.containsKey(role)) {
                    log.info("identity ended", "spiffeId", svid.id());
                }
            });
            identities.hold(kept);
        }
        if (missing && !signingNow) {
            signAgainIn(Duration.ZERO);
        }
    }

    @Override
    public void close() {
        List<OperatorChannel.Open> closed = new CopyOnWriteArrayList<>();
        Future<?> closing = thread.submit(() -> {
            subscription.ifPresent(Subscription::close);
            subscription = Optional.empty();
            subscribingChannel.ifPresent(closed::add);
            signingChannel.ifPresent(closed::add);
            closed.forEach(OperatorChannel.Open::close);
        });
        try {
            closing.get(2, TimeUnit.SECONDS);
            closed.forEach(OperatorChannel.Open::awaitTermination);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            log.warn("the control channel did not close", "reason", String.valueOf(e.getCause()));
        }
        thread.shutdownNow();
    }
}
