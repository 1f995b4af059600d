package dev.stockade.sidecar.control;

import static java.util.Objects.requireNonNull;

import java.util.Optional;

/**
 * How it stands with the operator, for health and metrics.
 *
 * @param certificates whether the last request for certificates succeeded
 * @param connected whether the stream of snapshots is open
 * @param waiting one sentence: why something is missing
 */
public record ControlStatus(boolean certificates, boolean connected, Optional<String> waiting) {
    static final ControlStatus STARTING =
            new ControlStatus(false, false, Optional.of("asking the operator for a certificate"));

    public ControlStatus {
        requireNonNull(waiting);
    }

    boolean waitsFor(String sentence) {
        return waiting.filter(sentence::equals).isPresent();
    }

    ControlStatus certified() {
        return new ControlStatus(
                true,
                connected,
                connected ? Optional.empty() : Optional.of("asking the operator for the rules of this pod"));
    }

    ControlStatus waiting(String sentence) {
        return new ControlStatus(false, connected, Optional.of(sentence));
    }

    ControlStatus subscribed() {
        return certificates ? new ControlStatus(true, true, Optional.empty()) : new ControlStatus(false, true, waiting);
    }

    ControlStatus disconnected(String sentence) {
        return new ControlStatus(certificates, false, certificates ? Optional.of(sentence) : waiting);
    }
}
