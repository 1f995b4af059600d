package dev.stockade.operator.attestation;

import static java.util.Objects.requireNonNull;

import java.net.InetAddress;
import java.util.Optional;

/**
 * What a caller brings.
 *
 * @param token never to be logged; {@link #toString} does not show it
 * @param from the address that the connection comes from
 * @param certifiedPod the UID in the certificate that the connection was made with, if it was made with one that is good now
 */
public record Presented(Optional<String> token, InetAddress from, Optional<String> certifiedPod) {
    public Presented {
        requireNonNull(token);
        requireNonNull(from);
        requireNonNull(certifiedPod);
    }

    @Override
    public String toString() {
        return "Presented[from=" + from.getHostAddress() + "]";
    }
}
