package dev.stockade.crds.agent;

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
 * What the operator last saw of an agent.
 *
 * @param observedGeneration the generation of the spec that this was said of; -1 before the operator has seen any
 * @param spiffeId the identity that the agent's certificates carry; empty before the trust domain is known
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@SchemaCustomizer(value = Merge.class, input = """
        {"properties": {
          "conditions": {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]},
          "notCaptured": {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["service"]}}}
        """)
public record AgentIdentityStatus(
        @Default("-1")
        @JsonPropertyDescription("The generation that this was said of; -1 before the operator has seen any.")
        Long observedGeneration,

        @Size(max = 32)
        @JsonInclude(JsonInclude.Include.NON_EMPTY)
        @JsonPropertyDescription("Ready, Stalled, Accepted, Injected and Suspended.")
        List<Condition> conditions,

        @Size(max = 2048)
        @JsonInclude(JsonInclude.Include.NON_EMPTY)
        @JsonPropertyDescription("The identity in the agent's certificates.")
        String spiffeId,

        @JsonPropertyDescription("How many pods this agent is.")
        int pods,

        @Size(max = 64)
        @JsonPropertyDescription("How many of the pods have a sidecar that holds this generation, of how many: 1/1.")
        String sidecars,

        @Size(max = 1024)
        @JsonInclude(JsonInclude.Include.NON_EMPTY)
        @JsonPropertyDescription("Services whose names do not lead into the mesh from some pod of this agent.")
        List<NotCaptured> notCaptured) {
    /** Before the operator has seen the resource. */
    public static final AgentIdentityStatus NONE = new AgentIdentityStatus(null, null, null, 0, null, null);

    public AgentIdentityStatus(
            @Nullable Long observedGeneration,
            @Nullable List<Condition> conditions,
            @Nullable String spiffeId,
            int pods,
            @Nullable String sidecars,
            @Nullable List<NotCaptured> notCaptured) {
        this.observedGeneration = requireNonNullElse(observedGeneration, -1L);
        this.conditions = conditions == null ? List.of() : List.copyOf(conditions);
        this.spiffeId = requireNonNullElse(spiffeId, "");
        this.pods = pods;
        this.sidecars = requireNonNullElse(sidecars, "0/0");
        this.notCaptured = notCaptured == null ? List.of() : List.copyOf(notCaptured);
    }
}
