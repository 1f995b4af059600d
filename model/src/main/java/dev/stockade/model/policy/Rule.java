package dev.stockade.model.policy;

import java.util.List;
import java.util.Set;

/** One entry of {@code allow} or {@code deny}. An empty list matches nothing. */
public record Rule(
        List<NamePattern> tools,
        List<NamePattern> resources,
        List<NamePattern> prompts,
        Set<ClientFeature> clientFeatures) {
    public Rule {
        tools = List.copyOf(tools);
        resources = List.copyOf(resources);
        prompts = List.copyOf(prompts);
        clientFeatures = Set.copyOf(clientFeatures);
    }

    /** The patterns for one kind. */
    public List<NamePattern> patterns(GuardedKind kind) {
        return switch (kind) {
            case TOOL -> tools;
            case RESOURCE -> resources;
            case PROMPT -> prompts;
        };
    }
}
