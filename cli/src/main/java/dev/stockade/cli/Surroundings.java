package dev.stockade.cli;

import static java.util.Objects.requireNonNull;

import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Path;

/**
 * What a command has around it, so that a test can give it another.
 *
 * @param in standard input
 * @param out standard output
 * @param err standard error
 * @param folder the working directory
 */
public record Surroundings(InputStream in, PrintWriter out, PrintWriter err, Path folder) {
    public Surroundings {
        requireNonNull(in);
        requireNonNull(out);
        requireNonNull(err);
        requireNonNull(folder);
    }
}
