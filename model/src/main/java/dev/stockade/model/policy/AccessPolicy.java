package dev.stockade.model.policy;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * One {@code McpAccessPolicy} as it applies to a server.
 *
 * @param generation the resource's {@code metadata.generation}
 * @param shadow whether it only records what it would have said
 */
public record AccessPolicy(
        String namespace, String name, long generation, boolean shadow, List<Rule> allow, List<Rule> deny) {
    public AccessPolicy {
        requireNonNull(namespace);
        requireNonNull(name);
        allow = List.copyOf(allow);
        deny = List.copyOf(deny);
    }

    /** As it stands in an audit line: {@code namespace/name}. */
    public String reference() {
        return namespace + "/" + name;
    }
}
