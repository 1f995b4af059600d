package dev.stockade.sidecar.control;

import static java.util.Objects.requireNonNull;

import dev.stockade.sidecar.identity.Identities;
import dev.stockade.sidecar.log.Log;
import dev.stockade.sidecar.state.CurrentState;
import dev.stockade.sidecar.tls.MeshTls;
import dev.stockade.sidecar.vantage.Lookout;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import java.time.Clock;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;

/** Keeps certificates and snapshots coming. All of its state belongs to its one thread. */
public final class ControlClient implements AutoCloseable {
    private final Log log;
    private final ScheduledExecutorService thread;
    private final OperatorChannel operator;
    private final Certificates certificates;
    private final Snapshots snapshots;
    private final AtomicReference<ControlStatus> status = new AtomicReference<>(ControlStatus.STARTING);

    public ControlClient(
            ControlSettings settings,
            Identities identities,
            CurrentState state,
            MeshTls tls,
            EventLoopGroup loops,
            Class<? extends Channel> channelType,
            Lookout lookout,
            Clock clock,
            Log log) {
        this.log = requireNonNull(log);
        this.thread = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().name("control").daemon().factory());
        RandomGenerator random = RandomGenerator.getDefault();
        RenewalTime renewal = new RenewalTime(settings.spread(), random);
        KeptBundle bundle = new KeptBundle(settings.bundle(), log);
        this.operator = new OperatorChannel(
                settings, tls, () -> identities.trustInOperator(clock.instant()), loops, channelType, thread);
        this.certificates = new Certificates(
                identities,
                bundle,
                operator,
                new Signing(settings, clock),
                renewal,
                random,
                status,
                thread,
                this::subscribe,
                clock,
                log);
        this.snapshots = new Snapshots(
                settings,
                identities,
                state,
                bundle,
                operator,
                certificates,
                renewal,
                lookout,
                random,
                status,
                thread,
                clock,
                log);
        identities.onTrustChange(certificates::trustChanged);
    }

    /** Begins with asking for certificates; returns at once. */
    public void start() {
        thread.execute(certificates::ask);
        thread.scheduleWithFixedDelay(this::tick, 1, 1, TimeUnit.SECONDS);
        thread.scheduleWithFixedDelay(this::lookAround, 2, 2, TimeUnit.SECONDS);
    }

    /** How it stands with the operator. */
    public ControlStatus status() {
        return status.get();
    }

    private void subscribe() {
        snapshots.subscribe();
    }

    private void tick() {
        try {
            certificates.tick();
        } catch (RuntimeException e) {
            // What is thrown here would silently end the repetition.
            log.warn("certificates could not be looked after", "reason", String.valueOf(e));
        }
    }

    private void lookAround() {
        try {
            snapshots.lookAround();
        } catch (RuntimeException e) {
            log.warn("the operator could not be told where the pod listens", "reason", String.valueOf(e));
        }
    }

    @Override
    public void close() {
        Future<?> closing = thread.submit(snapshots::end);
        try {
            closing.get(2, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            log.warn("the stream of snapshots did not close", "reason", String.valueOf(e.getCause()));
        }
        operator.close();
        thread.shutdownNow();
    }
}
