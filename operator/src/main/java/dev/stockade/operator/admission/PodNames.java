package dev.stockade.operator.admission;

import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;

/** How a pod that may not have its name yet is called in a sentence. */
final class PodNames {
    private PodNames() {}

    static String describe(String namespace, Pod pod) {
        ObjectMeta meta = pod.getMetadata();
        String name = meta == null
                ? "(unnamed)"
                : meta.getName() != null
                        ? meta.getName()
                        : meta.getGenerateName() != null ? meta.getGenerateName() + "*" : "(unnamed)";
        return "Pod " + namespace + "/" + name;
    }
}
