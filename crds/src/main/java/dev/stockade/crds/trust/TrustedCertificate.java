package dev.stockade.crds.trust;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/**
 * A root or an issuer of the trust bundle.
 *
 * @param sha256 of the certificate, 64 lower-case hex digits
 * @param notAfter RFC 3339
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record TrustedCertificate(
        @Required @Size(min = 64, max = 64) @JsonPropertyDescription("The certificate's SHA-256, in hex.")
        String sha256,

        @Required @Size(min = 20, max = 40) @JsonPropertyDescription("When it ends (RFC 3339).")
        String notAfter) {
    public TrustedCertificate {
        requireNonNull(sha256);
        requireNonNull(notAfter);
    }
}
