package dev.stockade.crds.server;

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
 * What the operator last saw of a server.
 *
 * @param observedGeneration the generation of the spec that this was said of; -1 before the operator has seen any
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@SchemaCustomizer(value = Merge.class, input = """
        {"properties": {
          "conditions": {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]},
          "openPorts": {"x-kubernetes-list-type": "set"}}}
        """)
public record SecureMcpServerStatus(
        @Default("-1")
        @JsonPropertyDescription("The generation that this was said of; -1 before the operator has seen any.")
        Long observedGeneration,

        @Size(max = 32)
        @JsonInclude(JsonInclude.Include.NON_EMPTY)
        @JsonPropertyDescription("Ready, Stalled, Accepted, Injected, MeshOnly and PolicyEnforced.")
        List<Condition> conditions,

        @JsonPropertyDescription("How many pods this server is.")
        int pods,

        @Size(max = 64)
        @JsonPropertyDescription("How many of the pods have a sidecar that enforces this generation, of how many: 2/2.")
        String sidecars,

        @Size(max = 16)
        @JsonInclude(JsonInclude.Include.NON_EMPTY)
        @JsonPropertyDescription("Ports that are reachable around the sidecar.")
        List<Integer> openPorts) {
    /** Before the operator has seen the resource. */
    public static final SecureMcpServerStatus NONE = new SecureMcpServerStatus(null, null, 0, null, null);

    public SecureMcpServerStatus(
            @Nullable Long observedGeneration,
            @Nullable List<Condition> conditions,
            int pods,
            @Nullable String sidecars,
            @Nullable List<Integer> openPorts) {
        this.observedGeneration = requireNonNullElse(observedGeneration, -1L);
        this.conditions = conditions == null ? List.of() : List.copyOf(conditions);
        this.pods = pods;
        this.sidecars = requireNonNullElse(sidecars, "0/0");
        this.openPorts = openPorts == null ? List.of() : List.copyOf(openPorts);
    }
}
