package dev.stockade.cli.doctor;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.LabelSelector;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Kubernetes' own selectors, of which an empty one selects everything. */
final class Labels {
    static final String MESH = "stockade.dev/mesh";

    private Labels() {}

    static Map<String, String> of(HasMetadata resource) {
        Map<String, String> labels = resource.getMetadata().getLabels();
        return labels == null ? Map.of() : labels;
    }

    static boolean inMesh(HasMetadata namespace) {
        return "enabled".equals(of(namespace).get(MESH));
    }

    static boolean selects(LabelSelector selector, HasMetadata resource) {
        Map<String, String> labels = of(resource);
        return each(selector.getMatchLabels()).entrySet().stream()
                        .allMatch(e -> e.getValue().equals(labels.get(e.getKey())))
                && each(selector.getMatchExpressions()).stream().allMatch(r -> {
                    String value = labels.get(r.getKey());
                    return switch (r.getOperator()) {
                        case "In" -> value != null && r.getValues().contains(value);
                        case "NotIn" -> value == null || !r.getValues().contains(value);
                        case "Exists" -> value != null;
                        case "DoesNotExist" -> value == null;
                        default -> false;
                    };
                });
    }

    static <T> List<T> each(@Nullable List<T> list) {
        return list == null ? List.of() : list;
    }

    static Map<String, String> each(@Nullable Map<String, String> map) {
        return map == null ? Map.of() : map;
    }
}
