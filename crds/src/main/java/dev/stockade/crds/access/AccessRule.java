package dev.stockade.crds.access;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.stockade.crds.schema.Merge;
import dev.stockade.model.policy.ClientFeature;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One entry of {@code allow} or {@code deny}. Names are literals in which {@code *} stands for any run of characters; an
 * empty list matches nothing.
 *
 * @param clientFeatures the words of {@link ClientFeature}
 * @param when a CEL expression; see docs/conditions.md
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_EMPTY)
@ValidationRule(
        value =
                "(has(self.tools) && size(self.tools) > 0) || (has(self.resources) && size(self.resources) > 0) || (has(self.prompts) && size(self.prompts) > 0) || (has(self.clientFeatures) && size(self.clientFeatures) > 0)",
        message =
                "a rule that names no tools, resources, prompts or clientFeatures matches nothing; name something or remove the rule")
@ValidationRule(
        value = "!has(self.when) || !has(self.clientFeatures) || size(self.clientFeatures) == 0",
        message =
                "a rule with when cannot name clientFeatures, since what a server asks has no arguments to look at; give clientFeatures a rule of their own, without when",
        fieldPath = ".when")
@SchemaCustomizer(value = Merge.class, input = """
        {"properties": {
          "tools": {"x-kubernetes-list-type": "set"},
          "resources": {"x-kubernetes-list-type": "set"},
          "prompts": {"x-kubernetes-list-type": "set"},
          "clientFeatures": {
            "x-kubernetes-list-type": "set",
            "items": {"enum": ["sampling", "elicitation", "roots"]}}}}
        """)
public record AccessRule(
        @Size(max = 256) @JsonPropertyDescription("Names of tools; * stands for any run of characters.")
        List<@Size(min = 1, max = 256) @Pattern("^[^\\x00-\\x1f\\x7f]+$") String> tools,

        @Size(max = 256) @JsonPropertyDescription("URIs of resources; * stands for any run of characters.")
        List<@Size(min = 1, max = 2048) @Pattern("^[^\\x00-\\x20\\x7f\\\\]+$") String> resources,

        @Size(max = 256) @JsonPropertyDescription("Names of prompts; * stands for any run of characters.")
        List<@Size(min = 1, max = 256) @Pattern("^[^\\x00-\\x1f\\x7f]+$") String> prompts,

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
