package dev.stockade.model.audit;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.audit.AuditEvent.Verdict;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * One line of the operator's audit log: what became of a request for a certificate. Texts that are absent are "" and are not
 * written.
 *
 * @param identity the SPIFFE ID of the certificate, or the one that was withheld
 * @param pod {@code namespace/name} of the pod that the token has proven
 * @param from the address that the request came from
 * @param proof what the request proved itself by: {@code token}, or {@code token+certificate}
 * @param reason of a refusal
 * @param why the refusal in one sentence
 * @param count 0 for a line of its own; else how many refusals were only counted, whose pods and addresses are not named
 * @param certificate what was issued
 */
public record SigningEvent(
        Instant time,
        UUID id,
        String identity,
        String pod,
        String from,
        String proof,
        Verdict verdict,
        String reason,
        String why,
        long count,
        Optional<Issued> certificate) {
    /** The {@code method} of every such line. */
    public static final String METHOD = "stockade/Sign";

    public SigningEvent {
        requireNonNull(time);
        requireNonNull(id);
        requireNonNull(identity);
        requireNonNull(pod);
        requireNonNull(from);
        requireNonNull(proof);
        requireNonNull(verdict);
        requireNonNull(reason);
        requireNonNull(why);
        requireNonNull(certificate);
    }

    /**
     * The certificate.
     *
     * @param serial in hexadecimal
     * @param ends when it ends
     */
    public record Issued(String serial, Instant ends) {
        public Issued {
            requireNonNull(serial);
            requireNonNull(ends);
        }
    }
}
