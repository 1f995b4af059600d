package dev.stockade.crds.access;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.stockade.crds.common.Names;
import dev.stockade.crds.common.Selector;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** Servers of the policy's own namespace: one by its name, or some by the labels of their SecureMcpServer. */
@JsonIgnoreProperties(ignoreUnknown = true)
@ValidationRule(
        value = "has(self.name) != has(self.selector)",
        message =
                "an entry of spec.servers has either name (one SecureMcpServer) or selector (by its labels); give exactly one of the two")
public record ServerReference(
        @Size(min = 1, max = 253)
        @Pattern(Names.NAME)
        @JsonPropertyDescription("The name of one SecureMcpServer.")
        @Nullable
        String name,

        @JsonPropertyDescription("Labels of SecureMcpServer resources. Never empty.") @Nullable
        Selector selector) {
    /** One server. */
    public static ServerReference named(String name) {
        return new ServerReference(name, null);
    }
}
