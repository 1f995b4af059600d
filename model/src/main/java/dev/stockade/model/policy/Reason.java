package dev.stockade.model.policy;

/** Why something was refused; the {@code reason} of a denial and of an audit line. */
public enum Reason {
    POLICY_DENIED("policy_denied"),
    NO_GRANT("no_grant"),
    IDENTITY_REFUSED("identity_refused"),
    SUSPENDED("suspended"),
    STALE("stale"),
    MALFORMED("malformed"),
    LIMIT("limit"),
    EVALUATION_ERROR("evaluation_error"),
    UNKNOWN_SESSION("unknown_session"),
    /** A task, or a requestState, that this caller was not given here. */
    UNKNOWN_STATE("unknown_state"),
    UNKNOWN_PATH("unknown_path"),
    UNREACHABLE("unreachable"),
    DRAINING("draining"),
    AUDIT_FAILED("audit_failed");

    private final String word;

    Reason(String word) {
        this.word = word;
    }

    /** As it stands on the wire and in the log. */
    public String word() {
        return word;
    }
}
