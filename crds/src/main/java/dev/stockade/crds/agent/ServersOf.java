package dev.stockade.crds.agent;

import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.stockade.crds.common.Names;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/**
 * Servers of one namespace that an agent is willing to use.
 *
 * @param name a name in which {@code *} stands for any run of characters
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record ServersOf(
        @Required @Size(min = 1, max = 63) @Pattern(Names.NAMESPACE) @JsonPropertyDescription("The servers' namespace.")
        String namespace,

        @Default("\"*\"")
        @Size(min = 1, max = 253)
        @Pattern(Names.NAME_OR_STAR)
        @JsonPropertyDescription("The server's name, in which * stands for any run of characters. Default: all.")
        String name) {
    public ServersOf(String namespace, @Nullable String name) {
        this.namespace = requireNonNull(namespace);
        this.name = requireNonNullElse(name, "*");
    }
}
