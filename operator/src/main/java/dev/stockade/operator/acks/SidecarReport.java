package dev.stockade.operator.acks;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
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
    /** A sidecar that has lost its replica comes back within that, to another one. */
    static final Duration COMES_BACK = Duration.ofSeconds(30);

    public SidecarReport {
        requireNonNull(since);
        requireNonNull(version);
        sources = Map.copyOf(sources);
        requireNonNull(refusal);
        requireNonNull(release);
        requireNonNull(sockets);
        requireNonNull(certificate);
    }

    /** Whether it is connected, or was so short a time ago that it is likely on its way to another replica. */
    public boolean heard(Instant now) {
        return heard(connected, since, now);
    }

    /** The same of a state that is not read as a whole. */
    static boolean heard(boolean connected, Instant since, Instant now) {
        return connected || since.plus(COMES_BACK).isAfter(now);
    }

    /** The same, with these sockets. */
    SidecarReport with(PodSockets former) {
        return new SidecarReport(
                connected, since, version, sources, refusal, release, Optional.of(former), certificate);
    }

    /** Whether that generation of the resource, or a later one, is in force. */
    public boolean has(String resourceUid, long generation) {
        Long acknowledged = sources.get(resourceUid);
        return acknowledged != null && acknowledged >= generation;
    }
}
