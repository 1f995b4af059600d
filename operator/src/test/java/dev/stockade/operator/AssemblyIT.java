package dev.stockade.operator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.stockade.crds.trust.MeshTrust;
import dev.stockade.crds.trust.MeshTrustSpec;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole operator against a real API server, without a kubelet. */
class AssemblyIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    static Path folder;

    static ApiServer api;

    @BeforeAll
    static void start() throws Exception {
        api = ApiServer.start(folder);
    }

    @AfterAll
    static void stop() {
        api.close();
    }

    private static Assembly operator(KubernetesClient client) {
        Settings settings = Settings.of(Map.of(
                "STOCKADE_NAMESPACE", "default",
                "STOCKADE_POD_NAME", "operator-0",
                "STOCKADE_POD_IP", "127.0.0.1",
                "STOCKADE_SIDECAR_IMAGE", "sidecar"));
        return new Assembly(settings, new Assembly.Ports(0, 0), client, new SimpleMeterRegistry(), Clock.systemUTC());
    }

    private static CompletableFuture<Boolean> begin(Assembly operator) {
        CompletableFuture<Boolean> started = new CompletableFuture<>();
        Thread.ofPlatform().daemon().start(() -> {
            try {
                operator.start();
                started.complete(true);
            } catch (Exception e) {
                started.completeExceptionally(e);
            }
        });
        return started;
    }

    private static Optional<MeshTrust> trust() {
        return Optional.ofNullable(
                api.client().resources(MeshTrust.class).withName("default").get());
    }

    @Test
    void itWaitsForTheMeshTrustServesNamesItsRootAndNeverMakesAnother() throws Exception {
        // Given an operator that was installed before its MeshTrust
        Assembly operator = operator(api.newClient());
        CompletableFuture<Boolean> started = begin(operator);
        await().atMost(PATIENCE)
                .until(() -> operator.missing().toString().contains("MeshTrust default does not exist"));
        // When
        MeshTrust trust = new MeshTrust();
        trust.setMetadata(new ObjectMetaBuilder().withName("default").build());
        trust.setSpec(MeshTrustSpec.of("test.local"));
        api.client().resource(trust).create();
        // Then it serves, and its status names the root
        await().atMost(PATIENCE).until(started::isDone);
        assertThat(operator.missing()).isEmpty();
        await().atMost(PATIENCE)
                .until(() -> trust().map(t -> t.getStatus().rootSha256())
                        .filter(root -> !root.isEmpty())
                        .isPresent());
        operator.close();
        assertThat(operator.missing()).containsExactly("The operator is stopping.");

        // Given that the Secret is lost meanwhile
        api.client().secrets().inNamespace("default").withName("stockade-ca").delete();
        // When another replica starts
        Assembly restarted = operator(api.newClient());
        CompletableFuture<Boolean> again = begin(restarted);
        // Then it says so, in its health and in the condition, and signs nothing
        await().atMost(PATIENCE)
                .until(() -> restarted.missing().toString().contains("Restore the Secret from a backup"));
        await().atMost(PATIENCE)
                .until(() -> trust().orElseThrow().getStatus().conditions().stream()
                        .anyMatch(c -> c.type().equals("Ready") && c.message().contains("is gone")));
        assertThat(again).isNotDone();
        restarted.close();
    }
}
