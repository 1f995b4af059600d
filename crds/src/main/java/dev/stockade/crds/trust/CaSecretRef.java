package dev.stockade.crds.trust;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.stockade.crds.common.Names;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;

/** A Secret in the operator's namespace. */
@JsonIgnoreProperties(ignoreUnknown = true)
public record CaSecretRef(
        @Required @Size(min = 1, max = 253) @Pattern(Names.NAME) @JsonPropertyDescription("The Secret's name.")
        String name) {
    public CaSecretRef {
        requireNonNull(name);
    }
}
