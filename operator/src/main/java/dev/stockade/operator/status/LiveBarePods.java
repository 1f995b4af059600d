package dev.stockade.operator.status;

import static java.util.Objects.requireNonNull;

import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.common.Selector;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.policy.MeshPod;
import dev.stockade.policy.Selectors;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Asks the API server. An answer is good for that generation of the resource and for {@link #GOOD_FOR}: reconciliations come with
 * every change in the mesh, and bare pods only ever go.
 */
public final class LiveBarePods implements BarePods {
    /** Below the fifteen seconds after which whoever saw bare pods comes back. */
    private static final Duration GOOD_FOR = Duration.ofSeconds(10);

    private final KubernetesClient client;
    private final Clock clock;
    private final Map<String, Answer> answers = new ConcurrentHashMap<>();

    private record Answer(long generation, Instant asked, List<String> pods) {}

    public LiveBarePods(KubernetesClient client, Clock clock) {
        this.client = requireNonNull(client);
        this.clock = requireNonNull(clock);
    }

    @Override
    public List<String> of(SecureMcpServer server) {
        return ask(
                server,
                server.getSpec().serviceAccountName(),
                server.getSpec().selector(),
                pod -> Selectors.selects(server, pod));
    }

    @Override
    public List<String> of(AgentIdentity agent) {
        return ask(
                agent,
                agent.getSpec().serviceAccountName(),
                agent.getSpec().selector(),
                pod -> Selectors.selects(agent, pod));
    }

    private List<String> ask(
            HasMetadata resource, String serviceAccount, @Nullable Selector selector, Predicate<MeshPod> selects) {
        String uid = resource.getMetadata().getUid();
        long generation = resource.getMetadata().getGeneration();
        Instant now = clock.instant();
        Answer before = answers.get(uid);
        if (before != null
                && before.generation() == generation
                && now.isBefore(before.asked().plus(GOOD_FOR))) {
            return before.pods();
        }
        answers.values().removeIf(answer -> now.isAfter(answer.asked().plus(Duration.ofHours(1))));
        List<String> pods = client
                .pods()
                .inNamespace(resource.getMetadata().getNamespace())
                .list(new ListOptionsBuilder()
                        .withFieldSelector("spec.serviceAccountName=" + serviceAccount)
                        .withLabelSelector(labels(selector))
                        .build())
                .getItems()
                .stream()
                .filter(LiveBarePods::mayRun)
                .map(MeshPod::of)
                .filter(pod -> !pod.injected() && selects.test(pod))
                .map(MeshPod::reference)
                .sorted()
                .toList();
        answers.put(uid, new Answer(generation, now, pods));
        return pods;
    }

    /** The equalities; what more a selector says is looked at here. */
    private static @Nullable String labels(@Nullable Selector selector) {
        return selector == null || selector.matchLabels().isEmpty()
                ? null
                : selector.matchLabels().entrySet().stream()
                        .map(label -> label.getKey() + "=" + label.getValue())
                        .sorted()
                        .collect(Collectors.joining(","));
    }

    private static boolean mayRun(Pod pod) {
        String phase = pod.getStatus() == null ? null : pod.getStatus().getPhase();
        return pod.getMetadata().getDeletionTimestamp() == null
                && !"Succeeded".equals(phase)
                && !"Failed".equals(phase);
    }
}
