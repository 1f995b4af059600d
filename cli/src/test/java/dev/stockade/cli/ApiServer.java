package dev.stockade.cli;

import dev.stockade.crds.Definitions;
import io.fabric8.kubeapitest.KubeAPIServer;
import io.fabric8.kubeapitest.KubeAPIServerConfigBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A real kube-apiserver with our definitions, and nothing else of a cluster. */
public final class ApiServer implements AutoCloseable {
    private final KubeAPIServer server;
    private final KubernetesClient client;

    private ApiServer(KubeAPIServer server, KubernetesClient client) {
        this.server = server;
        this.client = client;
    }

    /** @param folder an empty one, for certificates */
    public static ApiServer start(Path folder) throws IOException {
        Files.createSymbolicLink(
                folder.resolve("k8s"), binaries().resolve("k8s").toAbsolutePath());
        KubeAPIServer server = new KubeAPIServer(KubeAPIServerConfigBuilder.anAPIServerConfig()
                .withTestDir(folder.toString())
                .withOfflineMode(true)
                .withUpdateKubeConfig(false)
                .build());
        server.start();
        try {
            KubernetesClient client = new KubernetesClientBuilder()
                    .withConfig(Config.fromKubeconfig(server.getKubeConfigYaml()))
                    .build();
            for (String definition : Definitions.yaml()) {
                var applied = client.getKubernetesSerialization().unmarshal(definition, CustomResourceDefinition.class);
                client.resource(applied).create();
                client.resource(applied).waitUntilCondition(ApiServer::established, 60, TimeUnit.SECONDS);
            }
            return new ApiServer(server, client);
        } catch (RuntimeException e) {
            // Its processes would outlive this one.
            server.stop();
            throw e;
        }
    }

    private static boolean established(@Nullable CustomResourceDefinition definition) {
        return Optional.ofNullable(definition)
                .map(CustomResourceDefinition::getStatus)
                .filter(status -> status.getConditions() != null)
                .filter(status -> status.getConditions().stream()
                        .anyMatch(c -> "Established".equals(c.getType()) && "True".equals(c.getStatus())))
                .isPresent();
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

    /** Waits until it serves all definitions that it has, others' too. */
    public void awaitDefinitions() {
        client.apiextensions()
                .v1()
                .customResourceDefinitions()
                .list()
                .getItems()
                .forEach(one -> client.resource(one).waitUntilCondition(ApiServer::established, 60, TimeUnit.SECONDS));
    }

    /** kubectl, of the same release. */
    public static Path kubectl() throws IOException {
        try (Stream<Path> versions = Files.list(binaries().resolve("k8s"))) {
            return versions.map(version -> version.resolve("kubectl").toAbsolutePath())
                    .filter(Files::isExecutable)
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException(
                            "There is no kubectl beside the kube-apiserver: run 'e2e/cluster/cluster.sh build'."));
        }
    }

    /** As an administrator. */
    public KubernetesClient client() {
        return client;
    }

    /** The administrator's kubeconfig. */
    public String kubeconfig() {
        return server.getKubeConfigYaml();
    }

    /** A kubeconfig of whom a token names. */
    public String kubeconfig(String token, String namespace) {
        return """
                apiVersion: v1
                kind: Config
                clusters: [{name: test, cluster: {server: "%s", insecure-skip-tls-verify: true}}]
                users: [{name: somebody, user: {token: "%s"}}]
                contexts: [{name: somebody, context: {cluster: test, user: somebody, namespace: %s}}]
                current-context: somebody
                """.formatted(client.getMasterUrl(), token, namespace);
    }

    @Override
    public void close() {
        client.close();
        server.stop();
    }
}
