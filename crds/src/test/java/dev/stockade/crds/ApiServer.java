package dev.stockade.crds;

import io.fabric8.kubeapitest.KubeAPIServer;
import io.fabric8.kubeapitest.KubeAPIServerConfigBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A real kube-apiserver with our definitions, and nothing else of a cluster. */
final class ApiServer implements AutoCloseable {
    private final KubeAPIServer server;
    private final KubernetesClient client;
    private final Path link;

    private ApiServer(KubeAPIServer server, KubernetesClient client, Path link) {
        this.server = server;
        this.client = client;
        this.link = link;
    }

    /** @param folder an empty one, for certificates */
    static ApiServer start(Path folder) throws IOException {
        Path link = Files.createSymbolicLink(
                folder.resolve("k8s"), binaries().resolve("k8s").toAbsolutePath());
        var server = new KubeAPIServer(KubeAPIServerConfigBuilder.anAPIServerConfig()
                .withTestDir(folder.toString())
                .withOfflineMode(true)
                .withUpdateKubeConfig(false)
                .build());
        try {
            server.start();
            var client = new KubernetesClientBuilder()
                    .withConfig(Config.fromKubeconfig(server.getKubeConfigYaml()))
                    .build();
            Definitions.yaml().forEach(definition -> apply(client, definition));
            return new ApiServer(server, client, link);
        } catch (RuntimeException e) {
            // Its processes would outlive this one.
            server.stop();
            throw e;
        }
    }

    private static void apply(KubernetesClient client, String yaml) {
        var definition = client.getKubernetesSerialization().unmarshal(yaml, CustomResourceDefinition.class);
        client.resource(definition).create();
        client.resource(definition).waitUntilCondition(ApiServer::established, 30, TimeUnit.SECONDS);
    }

    private static boolean established(@Nullable CustomResourceDefinition definition) {
        return definition != null
                && definition.getStatus() != null
                && definition.getStatus().getConditions() != null
                && definition.getStatus().getConditions().stream()
                        .anyMatch(c -> "Established".equals(c.getType()) && "True".equals(c.getStatus()));
    }

    /** {@code $KUBE_API_TEST_DIR}, or where {@code e2e/cluster/cluster.sh build} puts it. */
    private static Path binaries() throws IOException {
        String named = System.getenv("KUBE_API_TEST_DIR");
        Path folder = named == null
                ? Path.of(System.getProperty("user.home"), ".cache", "stockade-rig", "bin", "api-test")
                : Path.of(named);
        if (Files.isDirectory(folder.resolve("k8s"))) {
            try (Stream<Path> versions = Files.list(folder.resolve("k8s"))) {
                if (versions.anyMatch(v -> Files.isExecutable(v.resolve("kube-apiserver")))) {
                    return folder;
                }
            }
        }
        throw new IllegalStateException("There is no kube-apiserver under " + folder
                + "/k8s: run 'e2e/cluster/cluster.sh build', or set KUBE_API_TEST_DIR to a folder that has"
                + " k8s/<version>-linux-amd64/kube-apiserver, etcd and kubectl.");
    }

    KubernetesClient client() {
        return client;
    }

    /** For programs other than this one. */
    String kubeconfig() {
        return server.getKubeConfigYaml();
    }

    @Override
    public void close() throws IOException {
        client.close();
        server.stop();
        Files.delete(link);
    }
}
