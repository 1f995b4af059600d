package dev.stockade.operator.acks;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.Optional;
import java.util.function.Supplier;

/** Reads who leads from the Lease {@value #NAME}. */
public final class LeaseReader implements Supplier<Optional<LeaseHolder>> {
    /** The Lease that the replicas stand for election with. */
    public static final String NAME = "stockade-operator";

    private final KubernetesClient client;
    private final String namespace;

    public LeaseReader(KubernetesClient client, String namespace) {
        this.client = requireNonNull(client);
        this.namespace = requireNonNull(namespace);
    }

    /** Empty while nobody leads, or while the API server does not answer: the next look will tell. */
    @Override
    public Optional<LeaseHolder> get() {
        try {
            Lease lease = client.leases().inNamespace(namespace).withName(NAME).get();
            return Optional.ofNullable(lease)
                    .flatMap(l -> Optional.ofNullable(l.getSpec()))
                    .flatMap(spec -> Optional.ofNullable(spec.getHolderIdentity()))
                    .flatMap(LeaseHolder::parse);
        } catch (KubernetesClientException e) {
            return Optional.empty();
        }
    }
}
