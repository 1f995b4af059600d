package dev.stockade.policy;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorRequirement;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a selector of Kubernetes' own selects, as NetworkPolicies and webhooks have them. Pure. */
public final class LabelSelectors {
    private LabelSelectors() {}

    /** Empty if it cannot be told. One that says nothing, or is not there, selects everything. */
    public static Optional<Boolean> selects(@Nullable LabelSelector selector, Map<String, String> labels) {
        if (selector == null) {
            return Optional.of(true);
        }
        if (selector.getMatchLabels() != null
                && !labels.entrySet().containsAll(selector.getMatchLabels().entrySet())) {
            return Optional.of(false);
        }
        if (selector.getMatchExpressions() == null) {
            return Optional.of(true);
        }
        boolean all = true;
        for (LabelSelectorRequirement requirement : selector.getMatchExpressions()) {
            Optional<Boolean> holds = holds(requirement, labels.get(requirement.getKey()));
            if (holds.isEmpty()) {
                return Optional.empty();
            }
            all &= holds.get();
        }
        return Optional.of(all);
    }

    private static Optional<Boolean> holds(LabelSelectorRequirement requirement, @Nullable String value) {
        List<String> values = requirement.getValues() == null ? List.of() : requirement.getValues();
        return switch (requirement.getOperator()) {
            case "In" -> Optional.of(value != null && values.contains(value));
            case "NotIn" -> Optional.of(value == null || !values.contains(value));
            case "Exists" -> Optional.of(value != null);
            case "DoesNotExist" -> Optional.of(value == null);
            default -> Optional.empty();
        };
    }
}
