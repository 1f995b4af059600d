package dev.stockade.operator.status;

import static java.util.Objects.requireNonNull;

import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.policy.MeshPod;
import dev.stockade.policy.Selectors;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Asks the API server. An answer is good for that generation of the resource and for {@link #GOOD_FOR}: several reconciliations
 * may come at once, and bare pods only ever go.
 */
public final class LiveBarePods implements BarePods {
    /** Below the fifteen seconds after which whoever saw bare pods comes back. */
    private static final Duration GOOD_FOR = Duration.ofSeconds(10);

    private final KubernetesClient client;
    private final RestartReports restarts;
    private final Clock clock;
    private final Map<String, Answer> answers = new ConcurrentHashMap<>();

    private record Answer(long generation, Instant asked, List<String> pods) {}

    /** Where nobody restarts pods. */
    public LiveBarePods(KubernetesClient client, Clock clock) {
        this(client, new RestartReports(), clock);
    }

    /** @param restarts what came of restarting pods */
    public LiveBarePods(KubernetesClient client, RestartReports restarts, Clock clock) {
        this.client = requireNonNull(client);
        this.restarts = requireNonNull(restarts);
        this.clock = requireNonNull(clock);
    }

    @Override
    public List<String> of(SecureMcpServer server) {
        return ask(server, () -> SelectedPods.of(client, server), pod -> Selectors.selects(server, pod));
    }

    @Override
    public List<String> of(AgentIdentity agent) {
        return ask(agent, () -> SelectedPods.of(client, agent), pod -> Selectors.selects(agent, pod));
    }

    @Override
    public Optional<Restarting> restarting(HasMetadata resource) {
        return restarts.of(resource);
    }

    /** Whether there were any when somebody last asked; asks nobody. */
    public boolean seen(String resourceUid) {
        Answer answer = answers.get(resourceUid);
        return answer != null && !answer.pods().isEmpty();
    }

    /** What was answered is not so any more: the next who asks has it asked anew. */
    public void expire(String resourceUid) {
        answers.computeIfPresent(
                resourceUid, (uid, answer) -> new Answer(answer.generation(), Instant.EPOCH, answer.pods()));
    }

    @Override
    public Optional<List<String>> known(HasMetadata resource) {
        return Optional.ofNullable(answers.get(resource.getMetadata().getUid()))
                .filter(answer -> answer.generation() == resource.getMetadata().getGeneration())
                .filter(answer -> answer.asked().isAfter(Instant.EPOCH))
                .map(Answer::pods);
    }

    private List<String> ask(HasMetadata resource, Supplier<List<Pod>> list, Predicate<MeshPod> selects) {
        String uid = resource.getMetadata().getUid();
        long generation = resource.getMetadata().getGeneration();
        Instant now = clock.instant();
        Answer before = answers.get(uid);
        if (before != null
                && before.generation() == generation
                && now.isBefore(before.asked().plus(GOOD_FOR))) {
            return before.pods();
        }
        answers.values()
                .removeIf(answer ->
                        answer.pods().isEmpty() && now.isAfter(answer.asked().plus(Duration.ofHours(1))));
        List<String> pods = list.get().stream()
                .filter(pod -> pod.getMetadata().getDeletionTimestamp() == null)
                .map(MeshPod::of)
                .filter(pod -> !pod.injected() && selects.test(pod))
                .map(MeshPod::reference)
                .sorted()
                .toList();
        answers.put(uid, new Answer(generation, now, pods));
        return pods;
    }
}
