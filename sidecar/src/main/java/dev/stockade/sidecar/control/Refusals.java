package dev.stockade.sidecar.control;

import io.grpc.Status;
import java.io.IOException;
import java.security.cert.CertificateException;

/** Says in one sentence why a call to the operator failed. */
final class Refusals {
    private Refusals() {}

    static String sentence(Throwable why) {
        if (why instanceof IOException) {
            return String.valueOf(why.getMessage());
        }
        Status status = Status.fromThrowable(why);
        String described = status.getDescription() == null ? "no reason given" : status.getDescription();
        Throwable cause = status.getCause();
        // A failed handshake stands only in the cause, and is what a person needs to know.
        while (cause != null && cause.getCause() != null && !(cause instanceof CertificateException)) {
            cause = cause.getCause();
        }
        return switch (status.getCode()) {
            case UNAVAILABLE ->
                "the operator cannot be asked: " + described + (cause == null ? "" : ": " + cause.getMessage());
            case FAILED_PRECONDITION -> "waiting for a resource that selects this pod: " + described;
            case PERMISSION_DENIED, UNAUTHENTICATED -> "the operator refuses this pod: " + described;
            case DEADLINE_EXCEEDED -> "the operator did not answer in time";
            default -> status.getCode() + ": " + described;
        };
    }
}
