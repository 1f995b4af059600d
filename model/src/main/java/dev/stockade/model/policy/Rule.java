package dev.stockade.model.policy;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One entry of {@code allow} or {@code deny}. An empty list matches nothing.
 *
 * @param condition its {@code when}
 */
public record Rule(
        List<NamePattern> tools,
        List<NamePattern> resources,
        List<NamePattern> prompts,
        Set<ClientFeature> clientFeatures,
        Optional<Condition> condition) {
    public Rule {
        tools = List.copyOf(tools);
        resources = List.copyOf(resources);
        prompts = List.copyOf(prompts);
        clientFeatures = Set.copyOf(clientFeatures);
        requireNonNull(condition);
    }

    /** A rule that matches whatever the arguments. */
    public Rule(
            List<NamePattern> tools,
            List<NamePattern> resources,
            List<NamePattern> prompts,
            Set<ClientFeature> clientFeatures) {
        this(tools, resources, prompts, clientFeatures, Optional.empty());
    }

    /** A rule that matches nothing. */
    public static Rule nothing() {
        return new Rule(List.of(), List.of(), List.of(), Set.of());
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
        return !tools.isEmpty()
                || !resources.isEmpty()
                || !prompts.isEmpty()
                || (!clientFeatures.isEmpty() && condition.isEmpty());
    }

    /** Whether its names match as an allow; a resource needs to match both as it came and in its normal form. */
    boolean allows(GuardedKind kind, String name, String normal) {
        return matches(kind, name) && (kind != GuardedKind.RESOURCE || matchesNormal(normal));
    }

    /** Whether its names match as a deny, for which either form of a resource will do. */
    boolean denies(GuardedKind kind, String name, String normal) {
        return matches(kind, name) || (kind == GuardedKind.RESOURCE && matchesNormal(normal));
    }

    /** Of a feature there are no arguments to look at: a condition there fails, which closes. */
    boolean allows(ClientFeature feature) {
        return condition.isEmpty() && clientFeatures.contains(feature);
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
