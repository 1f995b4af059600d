package dev.stockade.crds.agent;

import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.stockade.crds.common.Names;
import dev.stockade.crds.common.Restart;
import dev.stockade.crds.common.Selector;
import dev.stockade.crds.schema.Merge;
import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which pods are the agent, and whose servers it is willing to use.
 *
 * @param selector narrows to these pods of the service account; absent: all of them
 * @param servers absent: those of the agent's own namespace; empty: none
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@SchemaCustomizer(value = Merge.class, input = """
        {"properties": {"servers": {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["namespace", "name"]}}}
        """)
public record AgentIdentitySpec(
        @Required
        @Size(min = 1, max = 253)
        @Pattern(Names.NAME)
        @JsonPropertyDescription("Only pods of this service account are this agent.")
        String serviceAccountName,

        @JsonPropertyDescription("Narrows to these pods of the service account. Default: all of them.") @Nullable
        Selector selector,

        @Size(max = 64)
        @JsonPropertyDescription(
                "Whose servers this agent is willing to use. Default: those of its own namespace. An empty list: none.")
        @Nullable
        List<ServersOf> servers,

        @Default("Names")
        @JsonPropertyDescription(
                "Names: the servers' Service names lead into the mesh. None: only 127.0.0.1:15001 does.")
        Capture capture,

        @Default("{}") @JsonPropertyDescription("The agent's certificates.")
        Certificate certificate,

        @Default("Manual")
        @JsonPropertyDescription(
                "Manual, or Evict: pods without a sidecar are evicted one at a time, as disruption budgets permit.")
        Restart restart,

        @Default("false")
        @JsonPropertyDescription("true cuts every open stream, refuses new ones and new certificates.")
        boolean suspended) {
    public AgentIdentitySpec(
            String serviceAccountName,
            @Nullable Selector selector,
            @Nullable List<ServersOf> servers,
            @Nullable Capture capture,
            @Nullable Certificate certificate,
            @Nullable Restart restart,
            boolean suspended) {
        this.serviceAccountName = requireNonNull(serviceAccountName);
        this.selector = selector;
        this.servers = servers == null ? null : List.copyOf(servers);
        this.capture = requireNonNullElse(capture, Capture.NAMES);
        this.certificate = requireNonNullElse(certificate, Certificate.DEFAULT);
        this.restart = requireNonNullElse(restart, Restart.MANUAL);
        this.suspended = suspended;
    }

    /** An agent with every default. */
    public static AgentIdentitySpec of(String serviceAccountName) {
        return new AgentIdentitySpec(serviceAccountName, null, null, null, null, null, false);
    }
}
