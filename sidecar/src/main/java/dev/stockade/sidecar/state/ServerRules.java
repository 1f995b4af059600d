package dev.stockade.sidecar.state;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.SpiffeId;
import dev.stockade.model.policy.AgentAccess;
import java.time.Duration;
import java.util.Map;
import javax.crypto.SecretKey;

/**
 * The rules of the server in this pod, as one snapshot has them.
 *
 * @param generation the snapshot's number, for the audit log
 * @param port where the server listens on loopback
 * @param path the only path that is forwarded
 * @param hostHeader what the server sees as Host
 * @param observe whether refusals of the policy are only recorded
 * @param stateKey the HMAC-SHA-256 key of the marks behind what the server hands out to be brought back
 * @param agents who may connect, by SPIFFE ID
 */
public record ServerRules(
        SpiffeId id,
        String namespace,
        String name,
        long generation,
        int port,
        String path,
        String hostHeader,
        boolean observe,
        Limits limits,
        AuditRules audit,
        SecretKey stateKey,
        Map<SpiffeId, AgentAccess> agents) {
    public ServerRules {
        requireNonNull(id);
        requireNonNull(stateKey);
        agents = Map.copyOf(agents);
    }

    /** Sizes in bytes. */
    public record Limits(
            long requestBytes,
            long bufferBytes,
            int concurrentRequests,
            Duration requestTimeout,
            int callsPerMinute,
            Duration staleAfter) {}

    /**
     * How arguments are recorded, and what happens when a line cannot be written.
     *
     * @param digestKey the HMAC-SHA-256 key of {@link Arguments#DIGEST}
     */
    public record AuditRules(Arguments arguments, OnFailure onFailure, SecretKey digestKey) {
        /** What of a call's arguments is recorded. */
        public enum Arguments {
            NONE,
            DIGEST,
            FULL
        }

        /** What happens to the message whose line cannot be written. */
        public enum OnFailure {
            DENY,
            COUNT
        }
    }
}
