package dev.stockade.operator.cluster;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.client.CustomResource;
import java.util.Objects;

/**
 * Whether an update says anything new. Of resources of ours only what their owners write does: the operator's own statuses would
 * else have the whole mesh compiled anew with each that it writes.
 */
final class Meaning {
    private Meaning() {}

    static boolean isSame(HasMetadata before, HasMetadata after) {
        if (!(after instanceof CustomResource)) {
            return false;
        }
        ObjectMeta one = before.getMetadata();
        ObjectMeta other = after.getMetadata();
        return Objects.equals(one.getUid(), other.getUid())
                && Objects.equals(one.getGeneration(), other.getGeneration())
                && Objects.equals(one.getDeletionTimestamp(), other.getDeletionTimestamp())
                && Objects.equals(one.getLabels(), other.getLabels())
                && Objects.equals(one.getAnnotations(), other.getAnnotations());
    }
}
