package dev.stockade.model.mcp;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.policy.GuardedKind;

/** What a guarded message names. */
public record Target(GuardedKind kind, String name) {
    /** How many characters a name or URI may have. */
    public static final int LONGEST = 8192;

    public Target {
        requireNonNull(kind);
        requireNonNull(name);
    }
}
