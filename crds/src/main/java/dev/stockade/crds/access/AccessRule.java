package dev.stockade.crds.access;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.stockade.model.policy.ClientFeature;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One entry of {@code allow} or {@code deny}. Names are literals in which {@code *} stands for any run of characters; an
 * empty list matches nothing.
 *
 * @param clientFeatures the words of {@link ClientFeature}
 * @param when a CEL expression
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record AccessRule(
        @Size(max = 256) @JsonPropertyDescription("Names of tools; * stands for any run of characters.")
        List<@Size(min = 1, max = 256) String> tools,

        @Size(max = 256) @JsonPropertyDescription("URIs of resources; * stands for any run of characters.")
        List<@Size(min = 1, max = 2048) String> resources,

        @Size(max = 256) @JsonPropertyDescription("Names of prompts; * stands for any run of characters.")
        List<@Size(min = 1, max = 256) String> prompts,

        @Size(max = 3) @JsonPropertyDescription("What the server may ask of the agent: sampling, elicitation, roots.")
        List<@Size(max = 32) String> clientFeatures,

        @Size(min = 1, max = 4096)
        @JsonPropertyDescription("A CEL condition over args, agent, server and request.")
        @Nullable
        String when) {
    public AccessRule(
            @Nullable List<String> tools,
            @Nullable List<String> resources,
            @Nullable List<String> prompts,
            @Nullable List<String> clientFeatures,
            @Nullable String when) {
        this.tools = tools == null ? List.of() : List.copyOf(tools);
        this.resources = resources == null ? List.of() : List.copyOf(resources);
        this.prompts = prompts == null ? List.of() : List.copyOf(prompts);
        this.clientFeatures = clientFeatures == null ? List.of() : List.copyOf(clientFeatures);
        this.when = when;
    }

    /** A rule on tools alone. */
    public static AccessRule tools(String... tools) {
        return new AccessRule(List.of(tools), null, null, null, null);
    }
}
