package dev.stockade.sidecar.control;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.time.Duration;

/**
 * Where the operator is, and who asks.
 *
 * @param host the operator's Service
 * @param release the sidecar's release, for people
 * @param boot a random id of this process
 * @param podUid the pod that certificates must be bound to
 * @param token the projected service-account token, read anew for every request since kubelet replaces it
 * @param bundle where the latest trust bundle is kept for a restart of this container
 * @param spread over how long the sidecars of a mesh spread what one step of a rotation makes all of them do
 */
public record ControlSettings(
        String host,
        int port,
        String trustDomain,
        String release,
        String boot,
        String podUid,
        Path token,
        Path bundle,
        Duration spread) {
    private static final Duration SPREAD = Duration.ofSeconds(10);

    public ControlSettings {
        requireNonNull(host);
        requireNonNull(trustDomain);
        requireNonNull(token);
        requireNonNull(bundle);
        requireNonNull(spread);
    }

    /** As in a pod. */
    public ControlSettings(
            String host,
            int port,
            String trustDomain,
            String release,
            String boot,
            String podUid,
            Path token,
            Path bundle) {
        this(host, port, trustDomain, release, boot, podUid, token, bundle, SPREAD);
    }
}
