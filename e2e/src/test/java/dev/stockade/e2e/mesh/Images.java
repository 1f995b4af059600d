package dev.stockade.e2e.mesh;

import dev.stockade.e2e.cluster.NodeImage;
import dev.stockade.e2e.cluster.TestCluster;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The images that the build has made, brought to the cluster. */
record Images(String agent, String version, Optional<Duration> built) {
    private static final List<String> OWN = List.of("operator", "sidecar");

    static Images provide(TestCluster cluster, Path root, String version) {
        for (String module : OWN) {
            cluster.provide("stockade-%s:%s".formatted(module, version), archive(root, module));
        }
        NodeImage agent = NodeImage.find(System.getenv(), root);
        return new Images(cluster.provide(agent.name(), agent.archive()), version, timeTaken(root));
    }

    static String sidecar(String version) {
        return "stockade-sidecar:" + version;
    }

    static Path sidecarArchive(Path root) {
        return archive(root, "sidecar");
    }

    private static Path archive(Path root, String module) {
        return root.resolve("%1$s/target/stockade-%1$s.tar".formatted(module));
    }

    /** From when a module's run-time was linked to when its archive was written, summed up. */
    private static Optional<Duration> timeTaken(Path root) {
        Duration sum = Duration.ZERO;
        for (String module : OWN) {
            Path linked = root.resolve(module + "/target/runtime/release");
            Path written = archive(root, module);
            if (!Files.exists(linked) || !Files.exists(written)) {
                return Optional.empty();
            }
            try {
                sum = sum.plus(Duration.between(
                        Files.getLastModifiedTime(linked).toInstant(),
                        Files.getLastModifiedTime(written).toInstant()));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return Optional.of(sum);
    }
}
