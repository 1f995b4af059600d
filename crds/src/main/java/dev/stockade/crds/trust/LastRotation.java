package dev.stockade.crds.trust;

import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/**
 * The rotation that was finished last.
 *
 * @param of {@code Root} or {@code Issuer}
 * @param cause {@code Lifetime}, {@code Request}, or {@code Authority} where issuers are made below another CA since
 * @param request the annotation's value; empty if it was not asked for
 * @param started RFC 3339
 * @param finished RFC 3339
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record LastRotation(
        @Required @Size(min = 1, max = 32) @JsonPropertyDescription("Root or Issuer.")
        String of,

        @Required
        @Size(min = 1, max = 32)
        @JsonPropertyDescription(
                "Lifetime, Request (by the annotation) or Authority (caSecretRef, or its Secret, has changed).")
        String cause,

        @Size(max = 128) @JsonPropertyDescription("The value of the annotation stockade.dev/rotate that was handled.")
        String request,

        @Required @Size(min = 20, max = 40) @JsonPropertyDescription("When it began (RFC 3339).")
        String started,

        @Required @Size(min = 20, max = 40) @JsonPropertyDescription("When it was over (RFC 3339).")
        String finished) {
    public LastRotation(String of, String cause, @Nullable String request, String started, String finished) {
        this.of = requireNonNull(of);
        this.cause = requireNonNull(cause);
        this.request = requireNonNullElse(request, "");
        this.started = requireNonNull(started);
        this.finished = requireNonNull(finished);
    }
}
