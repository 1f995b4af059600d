package dev.stockade.sidecar.probes;

import static java.util.Objects.requireNonNull;

/** @param sentence what was seen, for people */
public record ProbeResult(boolean success, String sentence) {
    public ProbeResult {
        requireNonNull(sentence);
    }

    static ProbeResult failed(String sentence) {
        return new ProbeResult(false, sentence);
    }
}
