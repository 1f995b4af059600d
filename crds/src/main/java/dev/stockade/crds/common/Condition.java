package dev.stockade.crds.common;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/**
 * A condition as {@code metav1.Condition} has it.
 *
 * @param observedGeneration the generation of the resource that this was said of
 * @param lastTransitionTime when {@code status} last changed, RFC 3339 in UTC with whole seconds
 * @param reason one CamelCase word for machines
 * @param message a sentence for people, possibly empty
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record Condition(
        @Required @Size(min = 1, max = 316) @JsonPropertyDescription("What this condition is about, in CamelCase.")
        String type,

        @Required @JsonPropertyDescription("True, False or Unknown.")
        Status status,

        @JsonPropertyDescription("The generation of the resource that this was said of.")
        long observedGeneration,

        @Required @Size(min = 20, max = 40) @JsonPropertyDescription("When the status last changed (RFC 3339).")
        String lastTransitionTime,

        @Required
        @Size(min = 1, max = 1024)
        @Pattern("^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$")
        @JsonPropertyDescription("One word for machines: why the status is what it is.")
        String reason,

        @Required @Size(max = 32768) @JsonPropertyDescription("A sentence for people.")
        String message) {
    public Condition {
        requireNonNull(type);
        requireNonNull(status);
        requireNonNull(lastTransitionTime);
        requireNonNull(reason);
        requireNonNull(message);
    }

    /** The three truth values of a condition. */
    public enum Status {
        @JsonProperty("True")
        TRUE,
        @JsonProperty("False")
        FALSE,
        @JsonProperty("Unknown")
        UNKNOWN;

        /** As Kubernetes writes it: {@code True}, {@code False} or {@code Unknown}. */
        public String word() {
            return switch (this) {
                case TRUE -> "True";
                case FALSE -> "False";
                case UNKNOWN -> "Unknown";
            };
        }
    }
}
