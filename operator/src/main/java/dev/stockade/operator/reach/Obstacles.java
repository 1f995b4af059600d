package dev.stockade.operator.reach;

import static java.util.Objects.requireNonNull;

import dev.stockade.operator.status.EventDraft;
import dev.stockade.operator.status.EventWriter;
import dev.stockade.operator.status.Evidence;
import dev.stockade.operator.status.Mesh;
import dev.stockade.policy.MeshPod;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes an event at each pod that something keeps from working: once, and again while it lasts, since events end. */
public final class Obstacles implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Obstacles.class);
    private static final Duration AGAIN = Duration.ofMinutes(30);
    private static final int EVERY_SECONDS = 5;

    private final Evidence evidence;
    private final Function<MeshPod, Optional<Pod>> live;
    private final Function<String, Optional<List<NetworkPolicy>>> policies;
    private final BooleanSupplier leading;
    private final EventWriter events;
    private final String operator;
    /** By the pod's UID and the sentence. */
    private final Map<String, Instant> told = new HashMap<>();

    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("obstacles").factory());

    /**
     * @param live the pod as it is now
     * @param policies those of a namespace; empty until they are known
     * @param leading whether this replica writes
     * @param operator the operator's namespace
     */
    public Obstacles(
            Evidence evidence,
            Function<MeshPod, Optional<Pod>> live,
            Function<String, Optional<List<NetworkPolicy>>> policies,
            BooleanSupplier leading,
            EventWriter events,
            String operator) {
        this.evidence = requireNonNull(evidence);
        this.live = requireNonNull(live);
        this.policies = requireNonNull(policies);
        this.leading = requireNonNull(leading);
        this.events = requireNonNull(events);
        this.operator = requireNonNull(operator);
    }

    /** Looks every few seconds from now on. */
    public void start() {
        ScheduledFuture<?> _ =
                thread.scheduleWithFixedDelay(this::look, EVERY_SECONDS, EVERY_SECONDS, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }

    /** Looks once; by one thread at a time. */
    void look() {
        try {
            if (leading.getAsBoolean()) {
                tell();
            }
        } catch (RuntimeException e) {
            LOG.atError().setCause(e).log("obstacles could not be looked for");
        }
    }

    private void tell() {
        Instant now = evidence.now();
        told.values().removeIf(at -> at.plus(AGAIN).isBefore(now));
        Mesh mesh = evidence.mesh().get();
        boolean settling = evidence.settling().lasts();
        for (MeshPod pod : mesh.view().pods()) {
            boolean agent = mesh.claims().agent(pod).isPresent();
            boolean concerned = agent || mesh.claims().server(pod).isPresent();
            // A new leader has not heard yet of the sidecars that are connected to other replicas.
            boolean heard = settling
                    || pod.ready()
                    || mesh.claims().agent(pod).filter(mesh.grants()::suspended).isPresent()
                    || evidence.acknowledgements().report(pod.uid()).isPresent();
            if (!concerned || !pod.injected() || pod.terminating() || pod.finished()) {
                continue;
            }
            live.apply(pod)
                    .ifPresent(there -> policies.apply(pod.namespace())
                            .flatMap(
                                    all -> Obstacle.of(new Obstacle.Seen(pod, there, heard, agent), operator, all, now))
                            .ifPresent(obstacle -> write(there, obstacle, now)));
        }
    }

    private void write(Pod pod, Obstacle obstacle, Instant now) {
        String key = pod.getMetadata().getUid() + "/" + obstacle.sentence();
        if (told.putIfAbsent(key, now) == null) {
            events.write(EventDraft.of(pod, obstacle.reason(), obstacle.sentence()));
        }
    }
}
