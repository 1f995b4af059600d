package dev.stockade.sidecar;

import dev.stockade.sidecar.tunnel.Hbone;
import java.nio.file.Path;
import java.time.Clock;

/**
 * Where the sidecar touches its surroundings; fixed in a pod, free in tests.
 *
 * @param meshPort where all sidecars accept tunnels
 * @param localPort where this pod's agent finds servers, on loopback
 * @param healthPort probes and metrics
 * @param token the projected service-account token
 * @param bundle where the latest trust bundle is kept
 * @param hosts which names lead to which address in this pod
 */
public record Rim(int meshPort, int localPort, int healthPort, Path token, Path bundle, Path hosts, Clock clock) {
    /** As in a pod that the webhook injected. */
    public static Rim ofPod() {
        return new Rim(
                Hbone.PORT,
                15001,
                15020,
                Path.of("/var/run/secrets/stockade.dev/token"),
                Path.of("/var/lib/stockade/bundle.pem"),
                Path.of("/etc/hosts"),
                Clock.systemUTC());
    }
}
