package dev.stockade.operator;

import dev.stockade.crds.Definitions;
import io.fabric8.kubeapitest.KubeAPIServer;
import io.fabric8.kubeapitest.KubeAPIServerConfigBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.Interceptor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A real kube-apiserver with etcd and our definitions, and nothing else of a cluster: no kubelet, no controllers. */
public final class ApiServer implements AutoCloseable {
    private final KubeAPIServer server;
    private final KubernetesClient client;

    private ApiServer(KubeAPIServer server, KubernetesClient client) {
        this.server = server;
        this.client = client;
    }

    /**
     * Starts one.
     *
     * @param folder an empty one, for certificates
     * @param flags more of them, for the API server
     */
    public static ApiServer start(Path folder, String... flags) throws IOException {
        Files.createSymbolicLink(folder.resolve("k8s"), binaries().resolve("k8s"));
        KubeAPIServer server = new KubeAPIServer(KubeAPIServerConfigBuilder.anAPIServerConfig()
                .withTestDir(folder.toString())
                .withOfflineMode(true)
                .withUpdateKubeConfig(false)
                .withApiServerFlags(List.of(flags))
                .build());
        server.start();
        KubernetesClient client = client(server);
        for (String definition : Definitions.yaml()) {
            CustomResourceDefinition applied =
                    client.getKubernetesSerialization().unmarshal(definition, CustomResourceDefinition.class);
            client.resource(applied).create();
            client.resource(applied).waitUntilCondition(ApiServer::established, 60, TimeUnit.SECONDS);
        }
        return new ApiServer(server, client);
    }

    private static KubernetesClient client(KubeAPIServer server) {
        return builder(server).build();
    }

    private static KubernetesClientBuilder builder(KubeAPIServer server) {
        Config config = Config.fromKubeconfig(server.getKubeConfigYaml());
        // A machine that builds beside its tests may be slow.
        config.setConnectionTimeout(60_000);
        config.setRequestTimeout(60_000);
        return new KubernetesClientBuilder().withConfig(config);
    }

    private static boolean established(CustomResourceDefinition definition) {
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
                if (versions.anyMatch(version -> Files.isExecutable(version.resolve("kube-apiserver")))) {
                    return folder;
                }
            }
        }
        throw new IllegalStateException("There is no kube-apiserver under " + folder
                + "/k8s: run 'e2e/cluster/cluster.sh build', or set KUBE_API_TEST_DIR to a folder that has"
                + " k8s/<version>-linux-amd64/kube-apiserver, etcd and kubectl.");
    }

    /** As an administrator. */
    public KubernetesClient client() {
        return client;
    }

    /** Another connection of the same administrator, for a second replica. */
    public KubernetesClient newClient() {
        return client(server);
    }

    /** The same, with something that sees each of its requests. */
    public KubernetesClient newClient(String name, Interceptor interceptor) {
        return builder(server)
                .withHttpClientBuilderConsumer(http -> http.addOrReplaceInterceptor(name, interceptor))
                .build();
    }

    /** The same connection, for another process. */
    public String kubeconfig() {
        return server.getKubeConfigYaml();
    }

    @Override
    public void close() {
        client.close();
        server.stop();
    }
}
