package dev.stockade.crds.agent;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.stockade.crds.common.Durations;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The agent's certificates. */
@JsonIgnoreProperties(ignoreUnknown = true)
public record Certificate(
        @Default("1h")
        @Size(min = 2, max = 24)
        @Pattern(Durations.PATTERN)
        @JsonPropertyDescription("How long a certificate lives, 5m to 24h; it is renewed at half of that.")
        String lifetime) {
    /** Every default. */
    public static final Certificate DEFAULT = new Certificate(null);

    public Certificate(@Nullable String lifetime) {
        this.lifetime = requireNonNullElse(lifetime, "1h");
    }

    /** How long a certificate lives. */
    public Duration duration() {
        return Durations.parse(lifetime);
    }
}
