package dev.stockade.operator.restart;

import static java.util.Objects.requireNonNull;

import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.common.Condition;
import dev.stockade.crds.common.Restart;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.operator.status.Conditions;
import dev.stockade.operator.status.EventDraft;
import dev.stockade.operator.status.EventReason;
import dev.stockade.operator.status.EventWriter;
import dev.stockade.operator.status.LiveBarePods;
import dev.stockade.operator.status.Mesh;
import dev.stockade.operator.status.Phrases;
import dev.stockade.operator.status.Reason;
import dev.stockade.operator.status.RestartReports;
import dev.stockade.operator.status.Restarting;
import dev.stockade.operator.status.SelectedPods;
import dev.stockade.policy.Claims;
import dev.stockade.policy.MeshPod;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Restarts pods without a sidecar where their resource says {@code restart: Evict}, while this replica leads. One thread does it for
 * all resources, one pod after another; a resource none of whose pods lacks a sidecar costs no request.
 */
public final class Evictor implements AutoCloseable {
    /** Older than that, the picture of which pod is whose is not acted upon. */
    static final Duration STALE = Duration.ofSeconds(30);

    private static final Duration SOON = Duration.ofSeconds(1);
    private static final Duration LATER = Duration.ofSeconds(5);
    private static final Logger log = LoggerFactory.getLogger(Evictor.class);

    private final KubernetesClient client;
    private final Evictions api;
    private final Supplier<Mesh> mesh;
    private final Supplier<Optional<Instant>> confirmed;
    private final BooleanSupplier leading;
    private final LiveBarePods bare;
    private final RestartReports reports;
    private final EventWriter events;
    private final Runnable changed;
    private final Clock clock;
    private final Map<String, Course> courses = new HashMap<>();
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("evictor").daemon().factory());

    /** What is under way for one generation of a resource, and when to look again. */
    private record Course(long generation, RestartMemory memory, Instant due) {}

    /** A resource that wants its pods restarted. */
    private record Wish(HasMetadata resource, List<Condition> published, Supplier<List<Pod>> pods) {
        String uid() {
            return resource.getMetadata().getUid();
        }

        String namespace() {
            return resource.getMetadata().getNamespace();
        }

        long generation() {
            return resource.getMetadata().getGeneration();
        }
    }

    /**
     * Evicts nothing before {@link #start}.
     *
     * @param confirmed when the mesh was last known to be current
     * @param leading whether this replica does it
     * @param bare says which resources have pods without a sidecar
     * @param reports where it is noted what comes of it
     * @param events about the resources
     * @param changed called when something else is to be said than before
     */
    public Evictor(
            KubernetesClient client,
            Supplier<Mesh> mesh,
            Supplier<Optional<Instant>> confirmed,
            BooleanSupplier leading,
            LiveBarePods bare,
            RestartReports reports,
            EventWriter events,
            Runnable changed,
            Clock clock) {
        this.client = requireNonNull(client);
        this.api = new Evictions(client);
        this.mesh = requireNonNull(mesh);
        this.confirmed = requireNonNull(confirmed);
        this.leading = requireNonNull(leading);
        this.bare = requireNonNull(bare);
        this.reports = requireNonNull(reports);
        this.events = requireNonNull(events);
        this.changed = requireNonNull(changed);
        this.clock = requireNonNull(clock);
    }

    /** Begins. */
    public void start() {
        ScheduledFuture<?> _ = thread.scheduleWithFixedDelay(this::tick, 1, 1, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        thread.shutdownNow();
    }

    private void tick() {
        try {
            look();
        } catch (RuntimeException e) {
            // What is thrown here would end the repetition.
            log.atError().setCause(e).log("pods without a sidecar could not be looked for");
        }
    }

    /** One look at every resource that is due. On the evictor's own thread, or a test's. */
    void look() {
        if (!leading.getAsBoolean()) {
            courses.clear();
            reports.retain(Set.of());
            return;
        }
        Instant now = clock.instant();
        List<Wish> wishes = wishes(mesh.get());
        Set<String> there = wishes.stream().map(Wish::uid).collect(Collectors.toSet());
        courses.keySet().retainAll(there);
        reports.retain(there);
        for (Wish wish : wishes) {
            Optional<Course> course =
                    Optional.ofNullable(courses.get(wish.uid())).filter(c -> c.generation() == wish.generation());
            if (course.map(c -> !now.isBefore(c.due())).orElseGet(() -> bare.seen(wish.uid()))) {
                look(wish, course.map(Course::memory), now);
            }
        }
    }

    private List<Wish> wishes(Mesh now) {
        Stream<Wish> servers = now.view().servers().stream()
                .filter(server -> server.getSpec().restart() == Restart.EVICT && inMesh(server, now))
                .map(server -> new Wish(server, server.getStatus().conditions(), () -> pods(server)));
        Stream<Wish> agents = now.view().agents().stream()
                .filter(agent -> agent.getSpec().restart() == Restart.EVICT && inMesh(agent, now))
                .map(agent -> new Wish(agent, agent.getStatus().conditions(), () -> pods(agent)));
        return Stream.concat(servers, agents).toList();
    }

    private static boolean inMesh(HasMetadata resource, Mesh now) {
        return now.view().inMesh(resource.getMetadata().getNamespace());
    }

    /** Those that are this server's; another one's, which selects them too and is older, are left to that. */
    private List<Pod> pods(SecureMcpServer server) {
        List<Pod> selected = SelectedPods.of(client, server);
        return having(selected, claims(selected).pods(server));
    }

    private List<Pod> pods(AgentIdentity agent) {
        List<Pod> selected = SelectedPods.of(client, agent);
        return having(selected, claims(selected).pods(agent));
    }

    private Claims claims(List<Pod> selected) {
        return Claims.of(
                mesh.get().view().withPods(selected.stream().map(MeshPod::of).toList()));
    }

    private static List<Pod> having(List<Pod> selected, List<MeshPod> claimed) {
        Set<String> uids = claimed.stream().map(MeshPod::uid).collect(Collectors.toSet());
        return selected.stream()
                .filter(pod -> uids.contains(pod.getMetadata().getUid()))
                .toList();
    }

    private void look(Wish wish, Optional<RestartMemory> before, Instant now) {
        RestartMemory memory = before.orElse(RestartMemory.NONE);
        Duration again = LATER;
        try {
            List<SelectedPod> pods =
                    wish.pods().get().stream().map(SelectedPod::of).toList();
            memory = before.orElseGet(() -> begin(wish, pods)).look(pods);
            RestartPlan.Situation situation = situation(wish, pods, memory, now);
            switch (RestartPlan.next(situation)) {
                case RestartPlan.Step.Done ignored -> {
                    courses.remove(wish.uid());
                    told(reports.forget(wish.uid()), wish);
                    bare.expire(wish.uid());
                    return;
                }
                case RestartPlan.Step.Stop(Reason reason, String sentence) ->
                    note(wish, new Restarting(reason, sentence, true));
                case RestartPlan.Step.Wait(String sentence) -> {
                    note(wish, new Restarting(Reason.RESTARTING, soFar(memory) + sentence, false));
                    again = SOON;
                }
                case RestartPlan.Step.Evict(SelectedPod pod) -> {
                    memory = evict(wish, pod, memory);
                    again = memory.evicted()
                                    > before.map(RestartMemory::evicted).orElse(0)
                            ? SOON
                            : LATER;
                }
            }
        } catch (RuntimeException e) {
            log.atWarn()
                    .addKeyValue("resource", name(wish))
                    .addKeyValue("reason", e.getMessage())
                    .log("pods without a sidecar could not be restarted, trying again");
            note(
                    wish,
                    new Restarting(
                            Reason.RESTARTING,
                            soFar(memory) + "It cannot go on, and tries again: " + reason(e),
                            false));
        }
        courses.put(wish.uid(), new Course(wish.generation(), memory, now.plus(again)));
    }

    private static RestartMemory begin(Wish wish, List<SelectedPod> pods) {
        return Conditions.find(wish.published(), Conditions.INJECTED)
                .filter(c -> c.reason().equals(Reason.EVICTION_STOPPED.word())
                        && c.observedGeneration() == wish.generation())
                .map(c -> RestartMemory.stopped(pods))
                .orElse(RestartMemory.NONE);
    }

    private RestartPlan.Situation situation(Wish wish, List<SelectedPod> pods, RestartMemory memory, Instant now) {
        Map<String, Long> wanted = new HashMap<>();
        pods.stream()
                .filter(SelectedPod::bare)
                .flatMap(pod -> pod.controller().stream())
                .filter(SelectedPod.Controller::recreates)
                .distinct()
                .forEach(controller -> api.wanted(wish.namespace(), controller)
                        .ifPresent(count -> wanted.put(controller.uid(), count)));
        Optional<String> blind =
                confirmed.get().filter(at -> !at.plus(STALE).isBefore(now)).isPresent()
                        ? Optional.empty()
                        : Optional.of("the operator has not heard from the API server for a while.");
        return new RestartPlan.Situation(pods, wanted, memory, api.injector(wish.namespace()), blind);
    }

    private RestartMemory evict(Wish wish, SelectedPod pod, RestartMemory memory) {
        String name = pod.reference().substring(pod.reference().indexOf('/') + 1);
        return switch (api.evict(wish.namespace(), name, pod.uid())) {
            case Evictions.Outcome.Evicted ignored -> {
                log.atInfo()
                        .addKeyValue("event", "evicted")
                        .addKeyValue("resource", name(wish))
                        .addKeyValue("pod", pod.reference())
                        .log("evicted a pod that has no sidecar");
                events.write(EventDraft.of(
                        wish.resource(),
                        EventReason.EVICTED,
                        "Evicted pod " + pod.reference() + ", which has no sidecar: "
                                + pod.controller().orElseThrow() + " makes another one, with it."));
                RestartMemory after = memory.evicted(pod);
                note(
                        wish,
                        new Restarting(
                                Reason.RESTARTING,
                                soFar(after) + "Waits for pod " + pod.reference() + " to end.",
                                false));
                yield after;
            }
            case Evictions.Outcome.Gone ignored -> memory;
            case Evictions.Outcome.NotNow(String why) -> {
                note(
                        wish,
                        new Restarting(
                                Reason.WAITING_FOR_BUDGET,
                                soFar(memory) + "Pod " + pod.reference() + " has to wait: " + why
                                        + " It is tried again.",
                                false));
                yield memory;
            }
        };
    }

    /** In the API server's words where it said any: that more than one budget covers a pod, say. */
    private static String reason(RuntimeException failed) {
        return failed instanceof KubernetesClientException refused
                        && refused.getStatus() != null
                        && refused.getStatus().getMessage() != null
                ? refused.getStatus().getMessage()
                : "see the operator's log.";
    }

    private static String soFar(RestartMemory memory) {
        return memory.evicted() == 0 ? "" : "Evicted " + Phrases.count(memory.evicted(), "pod") + " so far. ";
    }

    private void note(Wish wish, Restarting report) {
        told(reports.note(wish.resource(), report), wish);
    }

    private void told(boolean news, Wish wish) {
        if (news) {
            bare.expire(wish.uid());
            changed.run();
        }
    }

    private static String name(Wish wish) {
        return wish.resource().getKind() + " " + wish.namespace() + "/"
                + wish.resource().getMetadata().getName();
    }
}
