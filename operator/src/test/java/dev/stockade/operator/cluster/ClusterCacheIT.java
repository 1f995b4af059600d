package dev.stockade.operator.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.stockade.crds.Definitions;
import dev.stockade.fixture.ApiServer;
import dev.stockade.policy.MeshLabel;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterCacheIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final AtomicInteger NUMBER = new AtomicInteger();

    @TempDir
    static Path folder;

    static ApiServer api;

    private final ClusterCache cache = newCache();

    @BeforeAll
    static void startApi() throws Exception {
        api = ApiServer.start(folder, Definitions.yaml());
    }

    @AfterAll
    static void stopApi() {
        api.close();
    }

    @BeforeEach
    void start() {
        cache.start();
        await().atMost(PATIENCE).until(cache::synced);
    }

    @AfterEach
    void stop() {
        cache.close();
    }

    private static ClusterCache newCache() {
        return new ClusterCache(api.newClient(), "test.local", "cluster.local", Clock.systemUTC());
    }

    private static KubernetesClient client() {
        return api.client();
    }

    private static Namespace meshNamespace() {
        return client().resource(new NamespaceBuilder()
                        .withNewMetadata()
                        .withName("mesh-" + NUMBER.incrementAndGet())
                        .addToLabels(MeshLabel.NAME, MeshLabel.ENABLED)
                        .endMetadata()
                        .build())
                .create();
    }

    private static long latest() {
        return Long.parseLong(
                client().services().inAnyNamespace().list().getMetadata().getResourceVersion());
    }

    @Test
    void aNewReplicaBeginsAtTheLatestState() {
        // Given what another replica may have shown to a sidecar
        long shown = latest();
        // When
        try (ClusterCache late = newCache()) {
            late.start();
            await().atMost(PATIENCE).until(late::synced);
            // Then
            assertThat(late.refresh().reached())
                    .hasSize(8)
                    .allSatisfy((kind, reached) -> assertThat(reached).as(kind).isGreaterThanOrEqualTo(shown));
        }
    }

    @Test
    void aChangeIsSeenAndItsVersionReached() {
        AtomicInteger told = new AtomicInteger();
        cache.onChange(told::incrementAndGet);
        // When
        Namespace namespace = meshNamespace();
        // Then
        long version = Long.parseLong(namespace.getMetadata().getResourceVersion());
        await().atMost(PATIENCE)
                .until(() -> cache.view().inMesh(namespace.getMetadata().getName())
                        && cache.picture().reaches(Map.of("namespaces", version)));
        assertThat(told).hasPositiveValue();
    }

    @Test
    void aKindThatIsQuietIsProvenCurrentWithoutWaitingForItsWatch() {
        // Given a change elsewhere, which moves the latest state on
        meshNamespace();
        long latest = latest();
        // When
        Picture caughtUp = cache.catchUp(Map.of("meshtrusts.stockade.dev", latest));
        // Then
        assertThat(caughtUp.reaches(Map.of("meshtrusts.stockade.dev", latest))).isTrue();
    }

    @Test
    void aVersionThatTheApiServerDoesNotHaveIsNotReached() {
        long beyond = latest() + 1_000_000;
        assertThat(cache.catchUp(Map.of("pods", beyond)).reaches(Map.of("pods", beyond)))
                .isFalse();
        assertThat(cache.picture().reaches(Map.of("unknown.example.com", 1L))).isFalse();
    }

    @Test
    void aClusterInWhichNothingHappensStaysConfirmed() {
        Instant begun = Instant.now();
        await().atMost(PATIENCE)
                .until(() -> cache.confirmed().filter(at -> at.isAfter(begun)).isPresent());
    }

    @Test
    void laterPicturesHaveHigherNumbers() {
        Picture first = cache.refresh();
        assertThat(cache.refresh().sequence()).isGreaterThan(first.sequence());
    }

    @Test
    void aListenerSeesTheChangeThatItIsCalledForWhateverOthersAsk() {
        // Given others that ask all the time
        AtomicBoolean enough = new AtomicBoolean();
        Set<String> seen = ConcurrentHashMap.newKeySet();
        cache.onChange(() -> seen.addAll(cache.view().namespaces()));
        try (ExecutorService others = Executors.newSingleThreadExecutor()) {
            others.execute(() -> {
                while (!enough.get()) {
                    cache.picture();
                    Thread.onSpinWait();
                }
            });
            try {
                for (int i = 0; i < 20; i++) {
                    // When
                    Namespace namespace = meshNamespace();
                    // Then
                    await().atMost(PATIENCE)
                            .until(() -> seen.contains(namespace.getMetadata().getName()));
                }
            } finally {
                enough.set(true);
            }
        }
    }
}
