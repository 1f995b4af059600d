package dev.stockade.operator.leadership;

import static java.util.Objects.requireNonNull;

import dev.stockade.operator.access.AccessReconciler;
import dev.stockade.operator.agent.AgentReconciler;
import dev.stockade.operator.authority.AuthorityState;
import dev.stockade.operator.metrics.ReconcileMeters;
import dev.stockade.operator.server.ServerReconciler;
import dev.stockade.operator.status.ChangeFeed;
import dev.stockade.operator.status.EventWriter;
import dev.stockade.operator.status.Evidence;
import dev.stockade.operator.status.Tenure;
import dev.stockade.operator.status.Transitions;
import dev.stockade.operator.trust.TrustReconciler;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfigurationBuilder;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.processing.retry.GenericRetry;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the reconcilers on the replica that holds the lease.
 *
 * <p>A lost lease ends neither the process nor its streams: this JOSDK {@code Operator} is stopped, and a new one with new
 * reconcilers stands for election again. A clean stop gives the lease back, so that another replica takes it at its next
 * attempt.
 */
public final class Reconcilers implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Reconcilers.class);
    private static final Duration FAILSAFE = Duration.ofMinutes(10);
    private static final Duration RETRY = Duration.ofSeconds(5);

    private final KubernetesClient client;
    private final Election election;
    private final Tenure tenure;
    private final Clock clock;
    private final Supplier<List<Reconciler<?>>> reconcilers;
    private final WithdrawalEvents withdrawals;
    private final ReconcileMeters reconciliations;
    private final ExecutorService thread = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("leadership").factory());

    private @Nullable Term term;
    private volatile boolean leading;
    private volatile boolean closed;

    /**
     * Stands for no election before {@link #start}.
     *
     * @param evidence its tenure is told when this replica is elected
     * @param reconcilers makes new ones: a JOSDK reconciler belongs to one {@code Operator}
     */
    Reconcilers(
            KubernetesClient client,
            Election election,
            Evidence evidence,
            ChangeFeed changes,
            MeterRegistry meters,
            Supplier<List<Reconciler<?>>> reconcilers) {
        this.client = requireNonNull(client);
        this.election = requireNonNull(election);
        this.tenure = evidence.tenure();
        this.clock = evidence.clock();
        this.withdrawals =
                new WithdrawalEvents(client, evidence.mesh(), this::leading, election.identity(), evidence.clock());
        changes.subscribe(withdrawals::look);
        this.reconcilers = requireNonNull(reconcilers);
        this.reconciliations = new ReconcileMeters(meters);
        Gauge.builder("stockade.leader", this, r -> r.leading() ? 1 : 0)
                .description("1 if this replica holds the lease and reconciles")
                .register(meters);
    }

    /**
     * The reconcilers of all four kinds.
     *
     * @param authority whether the certificate authority can sign
     * @param otherDomain a sentence, if the cluster's domain is not the one that the chart names
     * @param changes passes on every change of what the evidence and the authority say
     * @param meters how they do
     */
    public static Reconcilers of(
            KubernetesClient client,
            Election election,
            Evidence evidence,
            Supplier<AuthorityState> authority,
            Optional<String> otherDomain,
            ChangeFeed changes,
            MeterRegistry meters) {
        EventWriter events = new EventWriter(client, election.identity(), evidence.clock());
        Transitions transitions = new Transitions(events);
        return new Reconcilers(
                client,
                election,
                evidence,
                changes,
                meters,
                () -> List.of(
                        new ServerReconciler(evidence, changes, transitions, events),
                        new AgentReconciler(evidence, changes, transitions),
                        new AccessReconciler(evidence, changes, transitions),
                        new TrustReconciler(authority, otherDomain, changes, transitions, evidence.clock())));
    }

    /** Stands for election, now and whenever the lease was lost. Returns at once. */
    public void start() {
        // What is so now was not withdrawn just now.
        withdrawals.look();
        thread.execute(this::begin);
    }

    /** Whether this replica holds the lease. */
    public boolean leading() {
        return leading;
    }

    /** Stops reconciling, then gives the lease back if it is held. Returns when that is done, or after ten seconds. */
    @Override
    public void close() {
        if (thread.isShutdown()) {
            return;
        }
        closed = true;
        withdrawals.close();
        try {
            thread.execute(this::end);
            thread.shutdown();
            if (!thread.awaitTermination(10, TimeUnit.SECONDS)) {
                thread.shutdownNow();
            }
        } catch (InterruptedException e) {
            thread.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }

    private void begin() {
        while (!closed) {
            Term next = new Term();
            try {
                next.operator.start();
                term = next;
                return;
            } catch (RuntimeException e) {
                LOG.atWarn()
                        .addKeyValue(
                                "reason",
                                e.getCause() == null
                                        ? e.getMessage()
                                        : e.getCause().getMessage())
                        .log("reconcilers cannot start, trying again");
                next.operator.stop();
                pause();
            }
        }
    }

    private void pause() {
        try {
            Thread.sleep(RETRY);
        } catch (InterruptedException e) {
            closed = true;
        }
    }

    /** Leads for as long as the lease is held: whoever acts for the leader beside the reconcilers stops after them. */
    private void end() {
        if (term != null) {
            term.operator.stop();
            term = null;
        }
        boolean held = leading;
        leading = false;
        if (held) {
            release();
        }
    }

    /** On the election's own thread, which the stop would interrupt. */
    private void lost(Term lostTerm) {
        try {
            thread.execute(() -> {
                if (term != lostTerm || closed) {
                    return;
                }
                leading = false;
                LOG.atWarn()
                        .addKeyValue("identity", election.identity())
                        .log("lost the lease, standing for election again");
                lostTerm.operator.stop();
                term = null;
                begin();
            });
        } catch (RejectedExecutionException e) {
            LOG.debug("the lease was lost while stopping");
        }
    }

    /** JOSDK's elector does not: it would let others wait for the lease to run out. */
    private void release() {
        try {
            var lease = client.leases().inNamespace(election.namespace()).withName(election.lease());
            Lease held = lease.get();
            if (held != null && election.identity().equals(held.getSpec().getHolderIdentity())) {
                client.resource(new LeaseBuilder(held)
                                .editSpec()
                                .withHolderIdentity("")
                                .withLeaseDurationSeconds(1)
                                .endSpec()
                                .build())
                        .update();
                LOG.atInfo().addKeyValue("identity", election.identity()).log("gave the lease back");
            }
        } catch (KubernetesClientException e) {
            LOG.atWarn()
                    .addKeyValue("reason", e.getMessage())
                    .log("could not give the lease back; it runs out by itself");
        }
    }

    /** One stay in the election, from standing for it to losing the lease. */
    private final class Term {
        private final Operator operator;

        Term() {
            reconciliations.begin();
            operator = new Operator(configuration -> configuration
                    .withKubernetesClient(client)
                    .withCloseClientOnStop(false)
                    .withMetrics(reconciliations)
                    .withPreviousAnnotationForDependentResources(false)
                    .withParseResourceVersions(true)
                    .withReconciliationTerminationTimeout(Duration.ofSeconds(3))
                    .withInformerStoppedHandler((informer, cause) -> {
                        if (cause != null) {
                            LOG.atError().setCause(cause).log("a watch of the reconcilers ended");
                            lost(this);
                        }
                    })
                    .withLeaderElectionConfiguration(
                            LeaderElectionConfigurationBuilder.aLeaderElectionConfiguration(election.lease())
                                    .withLeaseNamespace(election.namespace())
                                    .withIdentity(election.identity())
                                    .withLeaseDuration(election.duration())
                                    .withRenewDeadline(election.renewDeadline())
                                    .withRetryPeriod(election.retryPeriod())
                                    .withExitOnStopLeading(false)
                                    .withLeaderCallbacks(new LeaderCallbacks(this::won, () -> lost(this), leader -> {}))
                                    .build()));
            reconcilers.get().forEach(this::register);
        }

        private void register(Reconciler<?> reconciler) {
            operator.register(
                    reconciler,
                    override -> override.withReconciliationMaxInterval(FAILSAFE)
                            .withRetry(new GenericRetry()
                                    .setInitialInterval(500)
                                    .setIntervalMultiplier(2)
                                    .setMaxInterval(30_000)
                                    .withoutMaxAttempts()));
        }

        private void won() {
            tenure.begin(clock.instant());
            leading = true;
            withdrawals.look();
            LOG.atInfo().addKeyValue("identity", election.identity()).log("holds the lease, reconciling");
        }
    }
}
