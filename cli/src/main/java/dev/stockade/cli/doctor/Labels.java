package dev.stockade.cli.doctor;

import dev.stockade.policy.LabelSelectors;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.LabelSelector;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Labels and lists as they come from the API server, where what is empty may be left out. */
final class Labels {
    private Labels() {}

    /** Whether it is selected; a selector that this release cannot read selects nothing. */
    static boolean selects(@Nullable LabelSelector selector, HasMetadata resource) {
        Map<String, String> labels = resource.getMetadata().getLabels();
        return LabelSelectors.selects(selector, labels == null ? Map.of() : labels)
                .orElse(false);
    }

    static <T> List<T> each(@Nullable List<T> list) {
        return list == null ? List.of() : list;
    }
}
