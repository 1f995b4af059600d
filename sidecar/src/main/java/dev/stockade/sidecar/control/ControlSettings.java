package dev.stockade.sidecar.control;

import java.nio.file.Path;

/**
 * Where the operator is, and who asks.
 *
 * @param host the operator's Service
 * @param release the sidecar's release, for people
 * @param boot a random id of this process
 * @param podUid the pod that certificates must be bound to
 * @param token the projected service-account token, read anew for every request since kubelet replaces it
 * @param bundle where the latest trust bundle is kept for a restart of this container
 */
public record ControlSettings(
        String host,
        int port,
        String trustDomain,
        String release,
        String boot,
        String podUid,
        Path token,
        Path bundle) {}
