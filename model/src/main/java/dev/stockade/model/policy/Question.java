package dev.stockade.model.policy;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.json.Arguments;
import java.util.Optional;

/**
 * What the policy is asked about: one guarded name, and how it is to be used.
 *
 * @param method of MCP; "" where a list asks
 * @param name a tool's or prompt's name, or a resource's URI or template
 * @param arguments what conditions see as {@code args}; absent in lists and completion, which have none: there an allow counts
 *     whatever its condition, and only an unconditional deny matches
 */
public record Question(String method, GuardedKind kind, String name, Optional<Arguments> arguments) {
    public Question {
        requireNonNull(method);
        requireNonNull(kind);
        requireNonNull(name);
        requireNonNull(arguments);
    }

    /** Whether a list may show it. */
    public static Question listed(GuardedKind kind, String name) {
        return new Question("", kind, name, Optional.empty());
    }

    /** Whether its arguments may be completed ({@code completion/complete}). */
    public static Question completed(GuardedKind kind, String name) {
        return new Question("completion/complete", kind, name, Optional.empty());
    }

    /** Whether a tool may be called or a prompt be used with these arguments. */
    public static Question used(String method, GuardedKind kind, String name, Arguments arguments) {
        return new Question(method, kind, name, Optional.of(arguments));
    }

    /** Whether a resource may be read, or its changes be followed; conditions see {@code args.uri}. */
    public static Question resource(String method, String uri) {
        return new Question(method, GuardedKind.RESOURCE, uri, Optional.of(Arguments.uri(uri)));
    }
}
