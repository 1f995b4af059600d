package dev.stockade.crds.server;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import org.jspecify.annotations.Nullable;

/** What is recorded of a call's arguments, and what happens when a line cannot be written. */
@JsonIgnoreProperties(ignoreUnknown = true)
public record Audit(
        @Default("Digest")
        @JsonPropertyDescription("None, Digest (keyed) or Full: what is recorded of a call's arguments.")
        Arguments arguments,

        @Default("Deny")
        @JsonPropertyDescription("Deny: a call that cannot be recorded is refused. Count: it passes and is counted.")
        OnFailure onFailure) {
    /** Every default. */
    public static final Audit DEFAULT = new Audit(null, null);

    public Audit(@Nullable Arguments arguments, @Nullable OnFailure onFailure) {
        this.arguments = requireNonNullElse(arguments, Arguments.DIGEST);
        this.onFailure = requireNonNullElse(onFailure, OnFailure.DENY);
    }

    /** What is recorded of a call's arguments. */
    public enum Arguments {
        @JsonProperty("None")
        NONE,
        /** An HMAC with a key that every replica of the server shares. */
        @JsonProperty("Digest")
        DIGEST,
        @JsonProperty("Full")
        FULL
    }

    /** What happens to a message whose line cannot be written. */
    public enum OnFailure {
        @JsonProperty("Deny")
        DENY,
        @JsonProperty("Count")
        COUNT
    }
}
