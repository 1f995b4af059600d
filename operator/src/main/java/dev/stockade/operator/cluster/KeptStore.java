package dev.stockade.operator.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.informers.cache.BasicItemStore;
import io.fabric8.kubernetes.client.informers.cache.Cache;

/**
 * An informer's store that forgets of each object what nobody reads ({@link Kept}). Not for kinds that are compared with what the
 * operator has applied: that comparison reads {@code managedFields}.
 */
public final class KeptStore<T extends HasMetadata> extends BasicItemStore<T> {
    /** As informers make their own; the controllers' configuration makes it by its name. */
    public KeptStore() {
        super(Cache::metaNamespaceKeyFunc);
    }

    /** The informer tells its listeners of the same object, and only afterwards. */
    @Override
    public T put(String key, T object) {
        Kept.trim(object);
        return super.put(key, object);
    }
}
