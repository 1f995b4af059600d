package dev.stockade.policy;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.Map;

/** The label that lets a namespace take part: {@code stockade.dev/mesh: enabled}. */
public final class MeshLabel {
    public static final String NAME = "stockade.dev/mesh";
    public static final String ENABLED = "enabled";

    private MeshLabel() {}

    /** Whether the namespace has it. */
    public static boolean isOn(HasMetadata namespace) {
        Map<String, String> labels = namespace.getMetadata().getLabels();
        return labels != null && ENABLED.equals(labels.get(NAME));
    }
}
