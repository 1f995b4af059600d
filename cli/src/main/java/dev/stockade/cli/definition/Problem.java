package dev.stockade.cli.definition;

import static java.util.Objects.requireNonNull;

/**
 * One thing that the API server would refuse.
 *
 * @param path of the value, such as {@code spec.allow[0].tools[1]}; empty for the whole manifest
 * @param sentence in its words, the path included
 * @param blocking whether the rules in CEL are not evaluated then, since they rely on what is missing
 */
public record Problem(String path, String sentence, boolean blocking) {
    public Problem {
        requireNonNull(path);
        requireNonNull(sentence);
    }
}
