package dev.stockade.sidecar.tunnel;

import static java.util.Objects.requireNonNull;

/** The other sidecar answered a CONNECT with something else than 200. */
public final class ConnectRefusedException extends Exception {
    private final int status;
    private final String reason;
    private final String auditId;

    /**
     * @param reason the word that it gave, or an empty text
     * @param auditId the id of its audit line, or an empty text
     */
    ConnectRefusedException(int status, String reason, String auditId) {
        super("CONNECT was answered with " + status + (reason.isEmpty() ? "" : " (" + reason + ")"));
        this.status = status;
        this.reason = requireNonNull(reason);
        this.auditId = requireNonNull(auditId);
    }

    public int status() {
        return status;
    }

    public String reason() {
        return reason;
    }

    public String auditId() {
        return auditId;
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }
}
