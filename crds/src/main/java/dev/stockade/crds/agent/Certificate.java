package dev.stockade.crds.agent;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.stockade.crds.common.Durations;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** The agent's certificates. */
@JsonIgnoreProperties(ignoreUnknown = true)
@ValidationRule(
        value =
                "!has(self.lifetime) || (self.lifetime.matches('^([0-9]{1,6}(h|m|s)){1,3}$') && duration(self.lifetime) >= duration('5m') && duration(self.lifetime) <= duration('24h'))",
        message = "certificate.lifetime is not a duration from 5m to 24h, such as 30m or 1h",
        fieldPath = ".lifetime")
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
