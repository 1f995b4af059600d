package dev.stockade.operator.status;

import static java.util.Objects.requireNonNull;

/**
 * Every reason that a condition can have, each on docs/status.md with what it means and what to do. The words are a contract:
 * alerts and scripts read them.
 */
public enum Reason {
    // --- Accepted ---
    ACCEPTED("Accepted"),
    NAMESPACE_NOT_IN_MESH("NamespaceNotInMesh"),
    CONFLICT("Conflict"),
    PORT_NOT_DECLARED("PortNotDeclared"),
    NOT_STREAMABLE_HTTP("NotStreamableHttp"),
    NO_SERVICE("NoService"),
    NO_SERVICE_ACCOUNT("NoServiceAccount"),
    NO_SERVERS("NoServers"),
    INVALID_CONDITION("InvalidCondition"),

    // --- Injected ---
    INJECTED("Injected"),
    NO_PODS("NoPods"),
    PODS_WITHOUT_SIDECAR("PodsWithoutSidecar"),
    SERVICE_ACCOUNT_DELETED("ServiceAccountDeleted"),
    RESTARTING("Restarting"),
    WAITING_FOR_BUDGET("WaitingForBudget"),
    NOT_EVICTABLE("NotEvictable"),
    INJECTOR_CHANGED("InjectorChanged"),
    EVICTION_STOPPED("EvictionStopped"),

    // --- what sidecars have in force: PolicyEnforced, Enforced, Ready ---
    ACKNOWLEDGED("Acknowledged"),
    NO_SIDECARS("NoSidecars"),
    WAITING("Waiting"),
    REFUSED("Refused"),
    OBSERVING("Observing"),
    ENFORCED("Enforced"),
    UNRESOLVED("Unresolved"),
    RESOLVED("Resolved"),

    // --- Suspended ---
    SUSPENDED("Suspended"),
    SUSPENDED_BY_MESH_TRUST("SuspendedByMeshTrust"),
    NOT_SUSPENDED("NotSuspended"),

    // --- MeshOnly ---
    LOOPBACK_ONLY("LoopbackOnly"),
    NETWORK_POLICY_ONLY("NetworkPolicyOnly"),
    BYPASS("Bypass"),
    OPENED_BY_POLICY("OpenedByPolicy"),
    NOT_ISOLATED("NotIsolated"),
    ISOLATING("Isolating"),
    PROBING("Probing"),
    NOT_LISTENING("NotListening"),
    SOCKETS_UNKNOWN("SocketsUnknown"),
    TOO_MANY_PORTS("TooManyPorts"),
    COULD_NOT_TRY("CouldNotTry"),

    // --- MeshTrust ---
    USABLE("Usable"),
    OTHER_CLUSTER_DOMAIN("OtherClusterDomain"),
    ROTATION_OVERDUE("RotationOverdue"),
    AUTHORITY_REFUSES("AuthorityRefuses"),
    AUTHORITY_REFUSED("AuthorityRefused"),
    BAD_REQUEST("BadRequest"),
    STABLE("Stable"),
    TRUST_NEW("TrustNew"),
    SIGN_WITH_NEW("SignWithNew"),
    DROP_OLD("DropOld"),

    // --- Stalled ---
    NOT_STALLED("NotStalled");

    private final String word;

    Reason(String word) {
        this.word = requireNonNull(word);
    }

    /** As conditions have it. */
    public String word() {
        return word;
    }
}
