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

    /** Whether it can match anything at all. */
    boolean namesAnything() {
        return !tools.isEmpty() || !resources.isEmpty() || !prompts.isEmpty() || !clientFeatures.isEmpty();
    }

    /** Whether it matches as an allow; a resource needs to match both as it came and in its normal form. */
    boolean allows(GuardedKind kind, String name, String normal) {
        return matches(kind, name) && (kind != GuardedKind.RESOURCE || matchesNormal(normal));
    }

    /** Whether it matches as a deny, for which either form of a resource will do. */
    boolean denies(GuardedKind kind, String name, String normal) {
        return matches(kind, name) || (kind == GuardedKind.RESOURCE && matchesNormal(normal));
    }

    private boolean matches(GuardedKind kind, String name) {
        for (NamePattern pattern : patterns(kind)) {
            if (pattern.matches(name)) {
                return true;
            }
        }
        return false;
    }

    private boolean matchesNormal(String uri) {
        for (NamePattern pattern : resources) {
            if (pattern.matchesNormal(uri)) {
                return true;
            }
        }
        return false;
    }
}
