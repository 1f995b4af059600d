package dev.stockade.operator.status;

import static java.util.Objects.requireNonNull;

/**
 * Every reason that an event can have beside those of conditions, whose changes have the condition's own ({@link Reason}). Each
 * stands on docs/status.md with what it means and what to do. The words are a contract: scripts read them.
 */
public enum EventReason {
    // --- on a pod, while it waits ---
    WAITING_FOR_IDENTITY("WaitingForIdentity", false),
    CERTIFICATE_REFUSED("CertificateRefused", true),
    EGRESS_DENIED("EgressDenied", true),
    OPERATOR_NOT_REACHED("OperatorNotReached", true),
    CAPTURED_PORTS("CapturedPorts", true),

    // --- on an AgentIdentity and its pods ---
    SUSPENDED("Suspended", true),
    IDENTITY_WITHDRAWN("IdentityWithdrawn", true),

    // --- on a resource ---
    NETWORK_POLICY_PUT_BACK("NetworkPolicyPutBack", true),
    EVICTED("Evicted", false);

    private final String word;
    private final boolean warning;

    EventReason(String word, boolean warning) {
        this.word = requireNonNull(word);
        this.warning = warning;
    }

    /** As events have it. */
    public String word() {
        return word;
    }

    /** Whether the event's type is Warning; else it is Normal. */
    public boolean warning() {
        return warning;
    }
}
