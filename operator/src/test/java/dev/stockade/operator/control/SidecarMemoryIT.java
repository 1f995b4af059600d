package dev.stockade.operator.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.stockade.crds.Definitions;
import dev.stockade.fixture.ApiServer;
import dev.stockade.model.identity.BoundPod;
import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.identity.WorkloadKind;
import dev.stockade.operator.authority.Der;
import io.fabric8.kubernetes.api.model.Pod;
import io.netty.util.internal.PlatformDependent;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What one connected sidecar costs the operator. Printed; nothing is promised of it here. */
class SidecarMemoryIT {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int SIDECARS = 250;

    @TempDir
    Path folder;

    private record Used(long heap, long direct) {
        static Used now() {
            for (int i = 0; i < 3; i++) {
                System.gc();
            }
            return new Used(
                    ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed(),
                    Math.max(0, PlatformDependent.usedDirectMemory()));
        }

        double perSidecar(long before, long after) {
            return (after - before) / 1024.0 / SIDECARS;
        }
    }

    @Test
    void theMemoryOfOneConnectedSidecarIsPrinted() throws Exception {
        try (ApiServer api = ApiServer.start(folder, Definitions.yaml());
                Replica replica = new Replica(
                        api.newClient(),
                        "operator-0",
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        Optional::empty)) {
            // Given pods, which the operator knows whether they are connected or not
            MeshNamespace mesh = new MeshNamespace(api.client(), "mesh");
            mesh.grant("echo");
            List<Pod> pods = create(mesh);
            await().atMost(PATIENCE)
                    .until(() -> replica.cache.view().pods().size() == SIDECARS
                            && replica.cache.view().pods().stream().noneMatch(pod -> pod.orphaned()));
            Used before = Used.now();
            // When all connect, from another process
            Process clients = connect(replica, pods);
            try {
                await().atMost(PATIENCE)
                        .until(() ->
                                clients.isAlive() && replica.server.connected(SidecarStream.State.CURRENT) == SIDECARS);
                // Then
                Used after = Used.now();
                System.out.printf(
                        Locale.ROOT,
                        "measured: one of %d connected sidecars takes %.1f KiB of the operator's heap and %.1f KiB of direct"
                                + " memory%n",
                        SIDECARS,
                        after.perSidecar(before.heap(), after.heap()),
                        after.perSidecar(before.direct(), after.direct()));
                assertThat(replica.server.connected()).isEqualTo(SIDECARS);
            } finally {
                clients.destroy();
                clients.waitFor();
            }
        }
    }

    private static List<Pod> create(MeshNamespace mesh) throws Exception {
        List<Future<Pod>> made = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            for (int i = 0; i < SIDECARS; i++) {
                String name = "github-" + i;
                made.add(threads.submit(() -> mesh.serverPod(name)));
            }
        }
        List<Pod> pods = new ArrayList<>();
        for (Future<Pod> pod : made) {
            pods.add(pod.get());
        }
        return pods;
    }

    private static Process connect(Replica replica, List<Pod> pods) throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        ManySidecars.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        KeyPair key = Sidecar.newKey();
        // Not closed: the other process ends with its input.
        PrintWriter out = new PrintWriter(process.getOutputStream(), true, StandardCharsets.US_ASCII);
        out.println(replica.server.port());
        out.println(text(replica.authority.trust().roots().getFirst()));
        out.println(text(replica.authority.trust().issuers().getFirst()));
        out.println(Base64.getEncoder().encodeToString(key.getPrivate().getEncoded()));
        for (Pod pod : pods) {
            SpiffeId id =
                    new SpiffeId(Replica.TRUST_DOMAIN, pod.getMetadata().getNamespace(), WorkloadKind.MCP, "github");
            BoundPod bound = new BoundPod(
                    pod.getMetadata().getNamespace(),
                    pod.getMetadata().getName(),
                    pod.getMetadata().getUid(),
                    Long.parseLong(pod.getMetadata().getResourceVersion()));
            out.println(text(replica.authority
                    .issue(id, bound, key.getPublic(), Duration.ofHours(1))
                    .getFirst()));
        }
        return process;
    }

    private static String text(X509Certificate certificate) {
        return Base64.getEncoder().encodeToString(Der.of(certificate));
    }
}
