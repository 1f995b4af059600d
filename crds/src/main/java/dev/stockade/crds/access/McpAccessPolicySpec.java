package dev.stockade.crds.access;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Who may do what where. Default deny; a matching deny wins; policies add up in any order to the same result. */
@JsonIgnoreProperties(ignoreUnknown = true)
@ValidationRule(
        value =
                "self.agents.all(a, !has(a.name) || self.agents.exists_one(b, has(b.name) && b.name == a.name && b.__namespace__ == a.__namespace__))",
        message = "spec.agents names an agent twice; remove one of the two",
        fieldPath = ".agents")
@ValidationRule(
        value = "self.servers.all(a, !has(a.name) || self.servers.exists_one(b, has(b.name) && b.name == a.name))",
        message = "spec.servers names a server twice; remove one of the two",
        fieldPath = ".servers")
public record McpAccessPolicySpec(
        @Required
        @Size(min = 1, max = 64)
        @JsonPropertyDescription("The agents that this policy names, in any namespace.")
        List<AgentReference> agents,

        @Required
        @Size(min = 1, max = 64)
        @JsonPropertyDescription("The servers that this policy opens, in its own namespace.")
        List<ServerReference> servers,

        @Default("Enforce")
        @JsonPropertyDescription("Enforce, or Shadow: decides and records, neither grants, refuses nor filters.")
        Mode mode,

        @Default("[]") @Size(max = 64) @JsonPropertyDescription("What the agents may do.")
        List<AccessRule> allow,

        @Default("[]") @Size(max = 64) @JsonPropertyDescription("What they may not do, whatever allows it.")
        List<AccessRule> deny) {
    public McpAccessPolicySpec(
            @Nullable List<AgentReference> agents,
            @Nullable List<ServerReference> servers,
            @Nullable Mode mode,
            @Nullable List<AccessRule> allow,
            @Nullable List<AccessRule> deny) {
        this.agents = agents == null ? List.of() : List.copyOf(agents);
        this.servers = servers == null ? List.of() : List.copyOf(servers);
        this.mode = requireNonNullElse(mode, Mode.ENFORCE);
        this.allow = allow == null ? List.of() : List.copyOf(allow);
        this.deny = deny == null ? List.of() : List.copyOf(deny);
    }
}
