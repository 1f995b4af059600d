package dev.stockade.operator.isolation;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tries every protected pod again and again while this replica leads: at once when the pod, its ports, the NetworkPolicies of its
 * namespace or the vantage points have changed; from the operator's own pod every {@link #OWN}, which finds within half a minute
 * that a network no longer enforces; from sidecars every {@link #SIDECARS}, and as often as from the operator while anything
 * opens or a sidecar's own port is not reached. At most ten attempts a second go out from one vantage point.
 */
public final class Prober implements AutoCloseable {
    static final Duration OWN = Duration.ofSeconds(20);
    static final Duration SIDECARS = Duration.ofMinutes(3);
    private static final Duration AGAIN = Duration.ofSeconds(3);
    private static final Duration SPACING = Duration.ofMillis(100);

    /** What is waiting longer than that is planned anew instead. */
    private static final Duration BACKLOG = Duration.ofSeconds(30);

    private static final Logger log = LoggerFactory.getLogger(Prober.class);

    private final ProvenIsolation isolation;
    private final Dialer dialer;
    private final BooleanSupplier leading;
    private final Runnable changed;
    private static final String OPERATOR = "operator";
    private static final String SIDECAR = "sidecar";

    private final MeterRegistry meters;
    private final Clock clock;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("prober").daemon().factory());
    private volatile SidecarVantages sidecars = SidecarVantages.NONE;

    private final Map<String, Due> due = new HashMap<>();
    private final Map<String, Instant> slots = new HashMap<>();
    private final Map<String, List<Vantage>> chosen = new HashMap<>();
    private List<Vantage> chosenFrom = List.of();
    private boolean trying;

    /** @param seen what the plan was made of; another one makes the pod due */
    private record Due(Object seen, Instant tried, Instant asked) {
        static final Due NEVER = new Due(List.of(), Instant.EPOCH, Instant.EPOCH);
    }

    /** Tries to connect. */
    interface Dialer {
        /** Connects and closes at once, without a byte; blocks until it is known how it went. */
        Outcome dial(Target target);
    }

    /**
     * Tries nothing before {@link #start}.
     *
     * @param leading whether this replica does it
     * @param changed called when something else is known than before
     */
    public Prober(
            ProvenIsolation isolation, BooleanSupplier leading, Runnable changed, MeterRegistry meters, Clock clock) {
        this(isolation, new OwnDialer(), leading, changed, meters, clock);
    }

    Prober(
            ProvenIsolation isolation,
            Dialer dialer,
            BooleanSupplier leading,
            Runnable changed,
            MeterRegistry meters,
            Clock clock) {
        this.isolation = requireNonNull(isolation);
        this.dialer = requireNonNull(dialer);
        this.leading = requireNonNull(leading);
        this.changed = requireNonNull(changed);
        this.meters = requireNonNull(meters);
        this.clock = requireNonNull(clock);
        Gauge.builder(
                        "stockade.mesh.bypassed.pods",
                        isolation.trials(),
                        trials -> leading.getAsBoolean() ? trials.bypassed() : 0)
                .description(
                        "Pods that this replica reached around their sidecars at the last attempt; 0 unless it leads")
                .register(meters);
        // All of them from the start: a counter that appears with its first attempt has no rate before the second.
        for (Outcome outcome : Outcome.values()) {
            counter(OPERATOR, outcome);
            counter(SIDECAR, outcome);
        }
    }

    /** From now on these sidecars are asked too. */
    public void ask(SidecarVantages others) {
        this.sidecars = requireNonNull(others);
    }

    /** Begins. */
    public void start() {
        ScheduledFuture<?> _ = thread.scheduleWithFixedDelay(this::tick, 1, 1, TimeUnit.SECONDS);
    }

    private void tick() {
        try {
            plan();
        } catch (RuntimeException e) {
            // What is thrown here would end the repetition.
            log.atError().setCause(e).log("ways around sidecars could not be looked for");
        }
    }

    /** What is due is sent on its way. On the prober's own thread, or a test's. */
    void plan() {
        if (!leading.getAsBoolean()) {
            // What was found stays until it is looked for again: the last reconciliations may not be over yet.
            due.clear();
            trying = false;
            return;
        }
        if (!trying) {
            isolation.trials().retain(Set.of());
            trying = true;
        }
        Instant now = clock.instant();
        List<ProvenIsolation.Subject> subjects = isolation.subjects();
        Set<String> there =
                subjects.stream().map(subject -> subject.pod().uid()).collect(Collectors.toSet());
        due.keySet().retainAll(there);
        isolation.trials().retain(there);
        slots.values().removeIf(slot -> slot.isBefore(now));
        List<Vantage> others = isolation.vantages(sidecars.pods());
        if (!others.equals(chosenFrom)) {
            chosenFrom = others;
            chosen.clear();
        }
        chosen.keySet().retainAll(there);
        boolean news = false;
        for (ProvenIsolation.Subject subject : subjects.stream()
                .sorted(Comparator.comparing(one -> lastDue(one.pod().uid())))
                .toList()) {
            news |= plan(subject, vantages(subject.pod()), now);
        }
        if (news) {
            changed.run();
        }
    }

    /** Chosen once for a pod, as long as the same sidecars are there: choosing looks at all of them. */
    private List<Vantage> vantages(ProtectedPod pod) {
        return chosen.computeIfAbsent(pod.uid(), uid -> ProbePlan.vantages(pod, chosenFrom));
    }

    private Instant lastDue(String uid) {
        return due.getOrDefault(uid, Due.NEVER).tried();
    }

    /** @return whether the pod is tried for another reason than that it is time */
    private boolean plan(ProvenIsolation.Subject subject, List<Vantage> vantages, Instant now) {
        String uid = subject.pod().uid();
        Object seen = List.of(subject.targets(), subject.listening(), subject.policyVersions(), vantages);
        Due last = due.getOrDefault(uid, Due.NEVER);
        boolean anew = !last.seen().equals(seen);
        isolation.trials().choose(uid, vantages);
        boolean own = anew || !now.isBefore(last.tried().plus(pause(uid, OWN)));
        boolean asked = anew || !now.isBefore(last.asked().plus(pause(uid, SIDECARS)));
        if ((!own && !asked) || vantages.stream().anyMatch(vantage -> isBusy(vantage, now))) {
            return false;
        }
        for (Vantage vantage : vantages) {
            if (vantage.isOperator() ? own : asked) {
                subject.targets().forEach(target -> send(subject.pod(), vantage, target, now));
            }
        }
        due.put(uid, new Due(seen, own ? now : last.tried(), asked ? now : last.asked()));
        return anew;
    }

    private Duration pause(String podUid, Duration usual) {
        if (isolation.trials().unsure(podUid)) {
            return AGAIN;
        }
        boolean soon = isolation.trials().bypassed(podUid) || isolation.trials().blocked(podUid);
        return soon ? OWN : usual;
    }

    private boolean isBusy(Vantage vantage, Instant now) {
        Instant slot = slots.get(vantage.uid());
        return slot != null && slot.isAfter(now.plus(BACKLOG));
    }

    private void send(ProtectedPod pod, Vantage from, Target target, Instant now) {
        Instant slot = slots.getOrDefault(from.uid(), now);
        Instant at = slot.isBefore(now) ? now : slot;
        slots.put(from.uid(), at.plus(SPACING));
        ScheduledFuture<?> _ = thread.schedule(
                () -> attempt(pod, from, target), Duration.between(now, at).toMillis(), TimeUnit.MILLISECONDS);
    }

    private void attempt(ProtectedPod pod, Vantage from, Target target) {
        if (from.isOperator()) {
            Thread.ofVirtual().name("probe").start(() -> note(pod, from, target, dialer.dial(target)));
        } else {
            sidecars.order(
                    from.uid(),
                    new SidecarVantages.Order(pod.namespace(), pod.name(), pod.uid(), target.address(), target.port()),
                    outcome -> note(pod, from, target, outcome));
        }
    }

    private Counter counter(String vantage, Outcome outcome) {
        return Counter.builder("stockade.probes")
                .description(
                        "Attempts to reach a protected pod around its sidecar, by where they came from and how they"
                                + " went")
                .tag("vantage", vantage)
                .tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
                .register(meters);
    }

    private void note(ProtectedPod pod, Vantage from, Target target, Outcome outcome) {
        if (!target.isControl()) {
            counter(from.isOperator() ? OPERATOR : SIDECAR, outcome).increment();
        }
        boolean news = isolation.trials().note(pod.uid(), from, target, outcome, clock.instant());
        boolean bypass = news && outcome == Outcome.OPEN && !target.isControl();
        (bypass ? log.atWarn() : log.atDebug())
                .addKeyValue("event", "probe")
                .addKeyValue("pod", pod.reference())
                .addKeyValue("target", target)
                .addKeyValue("from", from.name())
                .addKeyValue("outcome", outcome)
                .log(bypass ? "a protected pod was reached around its sidecar" : "tried to reach a protected pod");
        if (news) {
            changed.run();
        }
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }
}
