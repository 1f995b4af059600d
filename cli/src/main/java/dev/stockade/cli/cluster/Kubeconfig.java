package dev.stockade.cli.cluster;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.NamedContext;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Which cluster to ask, and as whom. Without a file it is found as kubectl finds it: {@code $KUBECONFIG}, {@code
 * ~/.kube/config}, the account of the pod that this runs in.
 *
 * @param file {@code --kubeconfig}
 * @param context {@code --context}
 */
public record Kubeconfig(Optional<Path> file, Optional<String> context) {
    private static final int CONNECT_MILLIS = 5_000;
    private static final int REQUEST_MILLIS = 10_000;

    public Kubeconfig {
        requireNonNull(file);
        requireNonNull(context);
    }

    /**
     * A connection, to be closed.
     *
     * @param namespace of names without one
     */
    public record Connection(KubernetesClient client, String namespace, LiveResources resources)
            implements AutoCloseable {
        @Override
        public void close() {
            client.close();
        }
    }

    /**
     * Makes ready to ask; nothing is asked yet.
     *
     * @param namespace of names without one; empty: the context's
     * @throws ClusterException if the kubeconfig cannot be used
     */
    public Connection connect(Optional<String> namespace) {
        Config config = config();
        config.setConnectionTimeout(CONNECT_MILLIS);
        config.setRequestTimeout(REQUEST_MILLIS);
        // A person waits, and can ask again.
        config.setRequestRetryBackoffLimit(0);
        KubernetesClient client =
                new KubernetesClientBuilder().withConfig(config).build();
        String own = config.getNamespace() == null ? "default" : config.getNamespace();
        String used = namespace.orElse(own);
        return new Connection(client, used, new LiveResources(client, used));
    }

    private Config config() {
        if (file.isPresent()) {
            if (!Files.isReadable(file.get())) {
                throw new ClusterException("The kubeconfig " + file.get() + " cannot be read. Name another with"
                        + " --kubeconfig, or manifests with -f.");
            }
            // The only way into the client that knows of contexts as well.
            System.setProperty(
                    Config.KUBERNETES_KUBECONFIG_FILE,
                    file.get().toAbsolutePath().toString());
        }
        try {
            Config config = Config.autoConfigure(context.orElse(null));
            NamedContext used = config.getCurrentContext();
            // The client takes another one where it finds none of the name, and so another cluster.
            if (context.isPresent() && (used == null || !context.get().equals(used.getName()))) {
                throw new ClusterException("The kubeconfig has no context " + context.get()
                        + ". See them with: kubectl config get-contexts");
            }
            return config;
        } catch (KubernetesClientException e) {
            throw new ClusterException("The kubeconfig cannot be used: " + e.getMessage());
        }
    }
}
