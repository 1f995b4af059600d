package dev.stockade.crds.trust;

import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.stockade.crds.common.Names;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/**
 * One agent that the platform has cut off.
 *
 * @param reason for people; possibly empty
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Suspension(
        @Required @Size(min = 1, max = 63) @Pattern(Names.NAMESPACE) @JsonPropertyDescription("The agent's namespace.")
        String namespace,

        @Required @Size(min = 1, max = 253) @Pattern(Names.NAME) @JsonPropertyDescription("The agent's name.")
        String name,

        @Size(max = 512) @JsonPropertyDescription("Why, for people.")
        String reason) {
    public Suspension(String namespace, String name, @Nullable String reason) {
        this.namespace = requireNonNull(namespace);
        this.name = requireNonNull(name);
        this.reason = requireNonNullElse(reason, "");
    }
}
