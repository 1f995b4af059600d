package dev.stockade.operator.snapshot;

import dev.stockade.wire.control.v1.AgentAccess;
import dev.stockade.wire.control.v1.ServerTarget;
import dev.stockade.wire.control.v1.Snapshot;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** What must be acknowledged, as one digest: the same on every replica, and untouched by pods that come and go. */
final class SnapshotVersion {
    private SnapshotVersion() {}

    /**
     * SHA-256, in hex, of the snapshot without compiled_at, confirmed, draining, pod UIDs and endpoints. What remains holds no
     * map, so its serialisation has only one form.
     */
    static String of(Snapshot snapshot) {
        Snapshot.Builder rest = snapshot.toBuilder()
                .clearVersion()
                .clearGeneration()
                .clearCompiledAt()
                .clearConfirmed()
                .clearDraining();
        if (rest.hasServer()) {
            rest.getServerBuilder().getAgentsBuilderList().forEach(AgentAccess.Builder::clearPodUids);
        }
        if (rest.hasAgent()) {
            rest.getAgentBuilder().getServersBuilderList().forEach(ServerTarget.Builder::clearEndpoints);
        }
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256")
                            .digest(rest.build().toByteArray()));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
