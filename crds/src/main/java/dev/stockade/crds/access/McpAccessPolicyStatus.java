package dev.stockade.crds.access;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.stockade.crds.common.Condition;
import dev.stockade.crds.schema.Merge;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the operator made of a policy.
 *
 * @param observedGeneration the generation of the spec that this was said of; -1 before the operator has seen any
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@SchemaCustomizer(value = Merge.class, input = """
        {"properties": {
          "conditions": {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]}}}
        """)
public record McpAccessPolicyStatus(
        @Default("-1")
        @JsonPropertyDescription("The generation that this was said of; -1 before the operator has seen any.")
        Long observedGeneration,

        @Size(max = 32)
        @JsonInclude(JsonInclude.Include.NON_EMPTY)
        @JsonPropertyDescription("Ready, Stalled, Accepted and Enforced.")
        List<Condition> conditions,

        @JsonPropertyDescription("How many existing agents this policy names.")
        int agents,

        @JsonPropertyDescription("How many existing servers this policy opens.")
        int servers,

        @Size(max = 64)
        @JsonPropertyDescription("How many of the sidecars concerned enforce this generation, of how many: 2/2.")
        String sidecars,

        @Size(max = 256)
        @JsonInclude(JsonInclude.Include.NON_EMPTY)
        @JsonPropertyDescription("A sentence for each name that does not exist, and each agent that is not willing.")
        List<String> unresolved) {
    /** Before the operator has seen the resource. */
    public static final McpAccessPolicyStatus NONE = new McpAccessPolicyStatus(null, null, 0, 0, null, null);

    public McpAccessPolicyStatus(
            @Nullable Long observedGeneration,
            @Nullable List<Condition> conditions,
            int agents,
            int servers,
            @Nullable String sidecars,
            @Nullable List<String> unresolved) {
        this.observedGeneration = requireNonNullElse(observedGeneration, -1L);
        this.conditions = conditions == null ? List.of() : List.copyOf(conditions);
        this.agents = agents;
        this.servers = servers;
        this.sidecars = requireNonNullElse(sidecars, "0/0");
        this.unresolved = unresolved == null ? List.of() : List.copyOf(unresolved);
    }
}
