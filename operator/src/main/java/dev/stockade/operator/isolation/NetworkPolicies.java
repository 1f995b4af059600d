package dev.stockade.operator.isolation;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** The cluster's NetworkPolicies. They are no part of any snapshot, and so of no picture. */
public final class NetworkPolicies implements AutoCloseable {
    private final SharedIndexInformer<NetworkPolicy> informer;

    /** Nothing is asked before {@link #start}. */
    public NetworkPolicies(KubernetesClient client, Runnable changed) {
        requireNonNull(changed);
        informer = client.network().v1().networkPolicies().inAnyNamespace().runnableInformer(0);
        informer.exceptionHandler((started, cause) -> true);
        informer.addEventHandler(new ResourceEventHandler<NetworkPolicy>() {
            @Override
            public void onAdd(NetworkPolicy added) {
                changed.run();
            }

            @Override
            public void onUpdate(NetworkPolicy before, NetworkPolicy after) {
                changed.run();
            }

            @Override
            public void onDelete(NetworkPolicy deleted, boolean unseen) {
                changed.run();
            }
        });
    }

    /** Begins to list and watch. */
    public void start() {
        CompletionStage<Void> _ = informer.start();
    }

    /** All of one namespace; empty until they have been listed. */
    public Optional<List<NetworkPolicy>> of(String namespace) {
        return informer.hasSynced()
                ? Optional.of(informer.getIndexer().byIndex(Cache.NAMESPACE_INDEX, namespace))
                : Optional.empty();
    }

    @Override
    public void close() {
        informer.stop();
    }
}
