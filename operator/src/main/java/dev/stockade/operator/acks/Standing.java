package dev.stockade.operator.acks;

import java.util.List;

/**
 * How far one generation of a resource has come.
 *
 * @param acknowledged how many of the counted sidecars have it in force
 * @param counted every sidecar that may still serve
 * @param waiting {@code namespace/pod: why}, one for each that is counted and has not acknowledged
 * @param departed {@code namespace/pod: since when}, for each that has been disconnected so long that it refuses by itself
 */
public record Standing(int acknowledged, int counted, List<String> waiting, List<String> departed) {
    public Standing {
        waiting = List.copyOf(waiting);
        departed = List.copyOf(departed);
    }

    /** Whether every counted sidecar has acknowledged; so too where there is none. */
    public boolean complete() {
        return acknowledged == counted;
    }
}
