package dev.stockade.operator.snapshot;

import static java.util.Objects.requireNonNull;

import dev.stockade.wire.control.v1.Snapshot;
import java.time.Duration;

/**
 * What one pod's sidecar is to know. Equal exactly if there is nothing new to tell.
 *
 * @param content everything but {@code compiled_at} and {@code confirmed}, which change without anything being new
 */
public record PodSnapshot(Snapshot content) {
    /** Where no server's {@code limits.staleAfter} says it. */
    public static final Duration WITHOUT_SERVER = Duration.ofHours(1);

    public PodSnapshot {
        requireNonNull(content);
    }

    public String version() {
        return content.getVersion();
    }

    /** How long the sidecar serves by this while nobody confirms it. */
    public Duration staleAfter() {
        return content.hasServer()
                ? Duration.ofMillis(content.getServer().getLimits().getStaleAfterMillis())
                : WITHOUT_SERVER;
    }

    /** Whether the pod holds this identity according to the snapshot. */
    public boolean holds(String spiffeId) {
        return (content.hasServer() && content.getServer().getSpiffeId().equals(spiffeId))
                || (content.hasAgent() && content.getAgent().getSpiffeId().equals(spiffeId));
    }

    /** Whether the pod holds any identity at all. */
    public boolean holdsAny() {
        return content.hasServer() || content.hasAgent();
    }
}
