package dev.stockade.policy;

import static java.util.Objects.requireNonNull;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.Comparator;

/** What a namespaced resource is called. Ordered by namespace, then name. */
public record ResourceName(String namespace, String name) implements Comparable<ResourceName> {
    private static final Comparator<ResourceName> ORDER =
            Comparator.comparing(ResourceName::namespace).thenComparing(ResourceName::name);

    public ResourceName {
        requireNonNull(namespace);
        requireNonNull(name);
    }

    /** The name of a resource as the API server has it. */
    public static ResourceName of(HasMetadata resource) {
        return new ResourceName(
                resource.getMetadata().getNamespace(), resource.getMetadata().getName());
    }

    @Override
    public int compareTo(ResourceName other) {
        return ORDER.compare(this, other);
    }

    /** As people write it: {@code namespace/name}. */
    @Override
    public String toString() {
        return namespace + "/" + name;
    }
}
