package dev.stockade.cli.status;

import static java.util.Objects.requireNonNull;

/**
 * One thing that somebody should know of.
 *
 * @param about {@code SecureMcpServer tools/github}
 * @param sentence what it is, and what to do
 */
public record Trouble(Level level, String about, String sentence) {
    /** How bad it is, the worst first. */
    public enum Level {
        /** Nothing of the mesh can be relied on, or a server is reachable around its sidecar. */
        SEVERE,
        /** Something does not do what was asked for. */
        WRONG,
        /** Somebody decided it so, and others should know. */
        NOTICE
    }

    public Trouble {
        requireNonNull(level);
        requireNonNull(about);
        requireNonNull(sentence);
    }
}
