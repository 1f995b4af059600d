package dev.stockade.sidecar.control;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.sidecar.identity.Identities;
import dev.stockade.sidecar.identity.Svid;
import dev.stockade.sidecar.log.Log;
import dev.stockade.sidecar.state.AgentRules;
import dev.stockade.sidecar.state.PodState;
import io.grpc.Status;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import javax.net.ssl.SSLException;

/**
 * Asks for certificates, renews them at half of their life, and replaces them at once when a rotation asks for it. Every answer
 * brings fresh keys; a former key is held by nobody but the connections that it made. On the control thread alone.
 */
final class Certificates {
    private static final Duration FIRST_WAIT = Duration.ofMillis(200);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);
    private static final Duration LONGEST_WAIT_RENEWING = Duration.ofSeconds(30);

    private final Identities identities;
    private final KeptBundle bundle;
    private final OperatorChannel operator;
    private final Signing signing;
    private final RenewalTime renewal;
    private final Backoff backoff;
    private final LifeNotices notices;
    private final AtomicReference<ControlStatus> status;
    private final ScheduledExecutorService thread;
    private final Runnable held;
    private final Clock clock;
    private final Log log;

    private boolean asking;
    private boolean tokenAlone;
    private Instant due = Instant.MAX;
    private Optional<Future<?>> retry = Optional.empty();
    private Optional<OperatorChannel.Open> channel = Optional.empty();

    /** @param held runs when new certificates are in force */
    Certificates(
            Identities identities,
            KeptBundle bundle,
            OperatorChannel operator,
            Signing signing,
            RenewalTime renewal,
            RandomGenerator random,
            AtomicReference<ControlStatus> status,
            ScheduledExecutorService thread,
            Runnable held,
            Clock clock,
            Log log) {
        this.identities = requireNonNull(identities);
        this.bundle = requireNonNull(bundle);
        this.operator = requireNonNull(operator);
        this.signing = requireNonNull(signing);
        this.renewal = requireNonNull(renewal);
        this.backoff = new Backoff(FIRST_WAIT, random);
        this.status = requireNonNull(status);
        this.thread = requireNonNull(thread);
        this.held = requireNonNull(held);
        this.clock = requireNonNull(clock);
        this.log = requireNonNull(log);
        this.notices = new LifeNotices(log);
    }

    /** Asks now, whatever was to be waited for. */
    void ask() {
        retry.ifPresent(f -> f.cancel(false));
        retry = Optional.empty();
        if (asking) {
            return;
        }
        asking = true;
        try {
            if (channel.isEmpty()) {
                channel = Optional.of(operator.open(shown()));
            }
            signing.request(channel.get())
                    .whenCompleteAsync(
                            (signed, why) -> {
                                if (why == null) {
                                    holdOrRetry(signed);
                                } else {
                                    failed(why);
                                }
                            },
                            thread);
        } catch (SSLException | RuntimeException e) {
            failed(e);
        }
    }

    /**
     * The certificate that the request is made with: while this process lives, the operator gives another one to nobody who
     * does not show the one that is held, for a token can be copied. Where the handshake fails with it, the token alone may do.
     */
    private Optional<Svid> shown() {
        Instant now = clock.instant();
        return tokenAlone
                ? Optional.empty()
                : identities.svids().values().stream()
                        .filter(svid -> svid.validAt(now))
                        .findAny();
    }

    /**
     * Called each second. By the clock, and not by a timer alone: a timer stands still while the machine sleeps, and a
     * certificate's life does not.
     */
    void tick() {
        Instant now = clock.instant();
        // Without one there is no stream, by which it would be heard that there is an identity for this pod again.
        boolean cutOff = identities.svids().isEmpty() && !status.get().connected();
        if ((cutOff || !now.isBefore(due)) && !asking && retry.isEmpty()) {
            ask();
        }
        if (!asking) {
            notices.check(identities.svids().values(), now, status.get().waiting());
        }
    }

    /** Another bundle is in force: what it asks for is not waited for until half of a life is over. */
    void trustChanged() {
        if (asking) {
            // The answer to come is measured by the bundle that is in force then.
            return;
        }
        Instant now = clock.instant();
        Instant sooner = renewal.of(identities.svids().values(), identities.trust(), now);
        if (sooner.isBefore(due)) {
            due = sooner;
        }
    }

    /**
     * An identity that a snapshot no longer has is dropped; one that it has anew, or that is no longer suspended, is asked
     * for.
     */
    void align(Optional<PodState> former, PodState next) {
        Map<WorkloadKind, Svid> kept = new EnumMap<>(WorkloadKind.class);
        boolean missing = false;
        boolean anew = false;
        for (WorkloadKind role : WorkloadKind.values()) {
            Optional<SpiffeId> wanted = next.identity(role);
            Optional<Svid> fitting = identities
                    .svid(role)
                    .filter(svid -> wanted.filter(svid.id()::equals).isPresent());
            fitting.ifPresent(svid -> kept.put(role, svid));
            if (wanted.isPresent() && fitting.isEmpty()) {
                missing = true;
                anew |= former.flatMap(f -> f.identity(role))
                        .filter(wanted.get()::equals)
                        .isEmpty();
            }
        }
        if (kept.size() < identities.svids().size()) {
            identities.svids().forEach((role, svid) -> {
                if (!kept.containsKey(role)) {
                    log.info("identity ended", "spiffeId", svid.id());
                }
            });
            identities.hold(kept);
        }
        boolean resumed = former.filter(Certificates::suspended).isPresent() && !suspended(next);
        if (anew || (resumed && !status.get().certificates())) {
            backoff.reset();
            ask();
        } else if (missing && retry.isEmpty()) {
            ask();
        }
    }

    private static boolean suspended(PodState state) {
        return state.agent().filter(AgentRules::suspended).isPresent();
    }

    private void holdOrRetry(Signing.Signed signed) {
        try {
            hold(signed);
        } catch (RuntimeException e) {
            // Nothing here may end the renewal for good.
            failed(e);
        }
    }

    private void hold(Signing.Signed signed) {
        Optional<String> formerTrust = identities.trust().refusal(signed.trust());
        if (formerTrust.isPresent()) {
            failed(Status.INTERNAL
                    .withDescription("the operator's answer is not usable: " + formerTrust.get())
                    .asRuntimeException());
            return;
        }
        bundle.believe(signed.trust(), identities);
        Map<WorkloadKind, Svid> now = new EnumMap<>(WorkloadKind.class);
        now.putAll(identities.svids());
        now.putAll(signed.svids());
        identities.hold(now);
        bundle.keep(identities);
        asking = false;
        tokenAlone = false;
        backoff.reset();
        // The next request, half a life later, judges the operator anew.
        closeChannel();
        due = renewal.of(now.values(), identities.trust(), clock.instant());
        status.updateAndGet(ControlStatus::certified);
        now.values()
                .forEach(svid -> log.info(
                        "certificate held", "spiffeId", svid.id(), "until", svid.ends(), "issuer", svid.issuer()));
        held.run();
    }

    private void failed(Throwable thrown) {
        asking = false;
        tokenAlone = !tokenAlone && inHandshake(thrown);
        // Another replica may know better, and another certificate may be held by then.
        closeChannel();
        Throwable why = thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
        boolean renewing = !identities.svids().isEmpty();
        String sentence = Refusals.sentence(why);
        if (!status.get().waitsFor(sentence)) {
            log.warn(renewing ? "certificates not renewed" : "no certificate yet", "reason", sentence);
        }
        status.updateAndGet(former -> former.waiting(sentence));
        // Without an address in the API yet, or at a crowded operator, asking harder does not help.
        boolean crowded = Status.fromThrowable(why).getCode() == Status.Code.RESOURCE_EXHAUSTED;
        Duration wait = backoff.next(renewing || crowded ? LONGEST_WAIT_RENEWING : LONGEST_WAIT);
        retry = Optional.of(thread.schedule(this::ask, wait.toMillis(), TimeUnit.MILLISECONDS));
    }

    private static boolean inHandshake(Throwable thrown) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof SSLException) {
                return true;
            }
        }
        return false;
    }

    private void closeChannel() {
        channel.ifPresent(OperatorChannel.Open::close);
        channel = Optional.empty();
    }
}
