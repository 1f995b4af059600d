package dev.stockade.cli.manifest;

import static java.util.Objects.requireNonNull;

/**
 * Where something stands.
 *
 * @param source the file as it was named, or {@code stdin}
 * @param line from 1
 * @param column from 1
 */
public record Place(String source, int line, int column) {
    public Place {
        requireNonNull(source);
    }

    /** As editors and CI read it: {@code file:line:column}. */
    @Override
    public String toString() {
        return source + ":" + line + ":" + column;
    }
}
