package dev.stockade.crds.access;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.stockade.crds.common.Names;
import dev.stockade.crds.common.Selector;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** Agents of one namespace: one by its name, or some by the labels of their AgentIdentity. */
@JsonIgnoreProperties(ignoreUnknown = true)
@ValidationRule(
        value = "has(self.name) != has(self.selector)",
        message =
                "an entry of spec.agents has either name (one AgentIdentity) or selector (by its labels); give exactly one of the two")
public record AgentReference(
        @Required @Size(min = 1, max = 63) @Pattern(Names.NAMESPACE) @JsonPropertyDescription("The agents' namespace.")
        String namespace,

        @Size(min = 1, max = 253)
        @Pattern(Names.NAME)
        @JsonPropertyDescription("The name of one AgentIdentity.")
        @Nullable
        String name,

        @JsonPropertyDescription("Labels of AgentIdentity resources. Never empty.") @Nullable
        Selector selector) {
    public AgentReference {
        requireNonNull(namespace);
    }

    /** One agent. */
    public static AgentReference named(String namespace, String name) {
        return new AgentReference(namespace, name, null);
    }
}
