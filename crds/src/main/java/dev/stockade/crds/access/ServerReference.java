package dev.stockade.crds.access;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.stockade.crds.common.Names;
import dev.stockade.crds.common.Selector;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Size;
import org.jspecify.annotations.Nullable;

/** Servers of the policy's own namespace: one by its name, or some by the labels of their SecureMcpServer. */
@JsonIgnoreProperties(ignoreUnknown = true)
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
