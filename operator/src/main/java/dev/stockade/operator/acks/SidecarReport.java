package dev.stockade.operator.acks;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * What is known of one sidecar.
 *
 * @param since from when it has been connected, or disconnected
 * @param version of the snapshot that it has in force; empty before the first
 * @param sources what that snapshot was compiled from: a resource's UID to its generation
 * @param refusal why it refused the latest snapshot
 * @param sockets where its pod listens, once it has said so
 * @param certificate what it showed when it last connected; empty only where a replica of an older release tells of it
 */
public record SidecarReport(
        boolean connected,
        Instant since,
        String version,
        Map<String, Long> sources,
        Optional<String> refusal,
        String release,
        Optional<PodSockets> sockets,
        Optional<ShownCertificate> certificate) {
    public SidecarReport {
        requireNonNull(since);
        requireNonNull(version);
        sources = Map.copyOf(sources);
        requireNonNull(refusal);
        requireNonNull(release);
        requireNonNull(sockets);
        requireNonNull(certificate);
    }

    /** Whether that generation of the resource, or a later one, is in force. */
    public boolean has(String resourceUid, long generation) {
        Long acknowledged = sources.get(resourceUid);
        return acknowledged != null && acknowledged >= generation;
    }
}
