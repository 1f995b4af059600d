package dev.stockade.e2e.mesh;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.NamespacedKubernetesClient;
import io.fabric8.kubernetes.client.RequestConfigBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Pods that are created and not stored, several at once and one after the other: what the webhooks say of them, and nothing else
 * comes of it.
 */
public final class DryRuns implements AutoCloseable {
    /** So that one replica injects while the other checks: the API server keeps a connection for each request under way. */
    private static final int AT_ONCE = 6;

    private final AtomicInteger taken = new AtomicInteger();
    private final Map<String, Integer> refused = new ConcurrentSkipListMap<>();
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean over;

    private DryRuns() {}

    /** Begins, with pods that are to be injected. */
    public static DryRuns begin(KubernetesClient client, String namespace) {
        DryRuns runs = new DryRuns();
        Pod pod = new PodBuilder(pod(namespace))
                .editMetadata()
                .addToLabels("stockade.dev/inject", "true")
                .endMetadata()
                .build();
        for (int i = 0; i < AT_ONCE; i++) {
            runs.threads.add(Thread.ofVirtual().name("dry-run-" + i).start(() -> runs.run(client, pod)));
        }
        return runs;
    }

    private void run(KubernetesClient client, Pod pod) {
        while (!over) {
            refusal(client, pod).ifPresentOrElse(why -> refused.merge(why, 1, Integer::sum), taken::incrementAndGet);
        }
    }

    /** How many were taken up to now. */
    public int taken() {
        return taken.get();
    }

    /** What was said to those that were refused up to now, and how often. */
    public Map<String, Integer> refused() {
        return Map.copyOf(refused);
    }

    @Override
    public void close() {
        over = true;
        try {
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Why a pod cannot be created in this namespace now; empty if it can. */
    public static Optional<String> refusal(KubernetesClient client, String namespace) {
        return refusal(client, pod(namespace));
    }

    private static Optional<String> refusal(KubernetesClient client, Pod pod) {
        try {
            Pod _ = client.adapt(NamespacedKubernetesClient.class)
                    // By itself the client tries again what the API server could not have admitted.
                    .withRequestConfig(new RequestConfigBuilder()
                            .withRequestRetryBackoffLimit(0)
                            .build())
                    .call(once -> once.resource(pod).dryRun().create());
            return Optional.empty();
        } catch (KubernetesClientException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    private static Pod pod(String namespace) {
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName("anybody")
                .endMetadata()
                .withNewSpec()
                .addNewContainer()
                .withName("any")
                .withImage("any")
                .withNewSecurityContext()
                .withAllowPrivilegeEscalation(false)
                .withRunAsNonRoot(true)
                .withNewCapabilities()
                .withDrop("ALL")
                .endCapabilities()
                .withNewSeccompProfile()
                .withType("RuntimeDefault")
                .endSeccompProfile()
                .endSecurityContext()
                .endContainer()
                .endSpec()
                .build();
    }
}
