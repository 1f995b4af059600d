package dev.stockade.crds.server;

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
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which pods are the server, where it listens, and what goes around the sidecar. */
@JsonIgnoreProperties(ignoreUnknown = true)
@ValidationRule(
        value = "!(self.port in [15001, 15008, 15020])",
        message =
                "spec.port is one of the sidecar's own (15001, 15008, 15020); let the server listen on another port and set spec.port to it",
        fieldPath = ".port")
@ValidationRule(
        value = "!has(self.openPorts) || !(self.port in self.openPorts)",
        message =
                "spec.openPorts holds spec.port, which would open the server around the sidecar; remove it from spec.openPorts",
        fieldPath = ".openPorts")
@ValidationRule(
        value = "!has(self.openPorts) || self.openPorts.all(p, !(p in [15001, 15008, 15020]))",
        message =
                "spec.openPorts holds one of the sidecar's own ports (15001, 15008, 15020), which need no opening; remove it",
        fieldPath = ".openPorts")
@ValidationRule(
        value =
                "!has(self.path) || (self.path.matches('^/[A-Za-z0-9._~!$&()*+,;=:@/-]*$') && !self.path.matches('//|/[.]{1,2}(/|$)'))",
        message =
                "spec.path is not an absolute path such as /mcp: it begins with a slash and has no query, no percent-encoding, no empty and no dot segment",
        fieldPath = ".path")
@ValidationRule(
        value =
                "!has(self.hostHeader) || self.hostHeader.matches('^([A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?|[\\\\[][0-9A-Fa-f:.]+[\\\\]])(:[1-9][0-9]{0,4})?$')",
        message =
                "spec.hostHeader is not a host such as localhost:3000: a name or an address (IPv6 in brackets), and optionally a port",
        fieldPath = ".hostHeader")
@SchemaCustomizer(value = Merge.class, input = """
        {"properties": {"openPorts": {"x-kubernetes-list-type": "set"}}}
        """)
public record SecureMcpServerSpec(
        @Required @JsonPropertyDescription("The pods that are this server. Never empty.")
        Selector selector,

        @Default("default")
        @Size(min = 1, max = 253)
        @Pattern(Names.NAME)
        @JsonPropertyDescription("Only pods of this service account are this server.")
        String serviceAccountName,

        @Required @Min(1) @Max(65535) @JsonPropertyDescription("Where the server listens in its pod.")
        int port,

        @Default("/mcp")
        @Size(min = 1, max = 1024)
        @JsonPropertyDescription("The path of the MCP endpoint. No other path is forwarded.")
        String path,

        @Size(min = 1, max = 259) @JsonPropertyDescription("What the server sees as Host. Default: localhost:<port>.")
        String hostHeader,

        @Default("[]")
        @Size(max = 16)
        @JsonPropertyDescription("Ports that stay reachable around the sidecar (metrics, ...); never spec.port.")
        List<@Min(1) @Max(65535) Integer> openPorts,

        @Default("Enforce")
        @JsonPropertyDescription("Enforce, or Observe: what the policy would have said is only recorded.")
        Enforcement enforcement,

        @Default("Managed")
        @JsonPropertyDescription("Managed: the operator owns a NetworkPolicy. None: the team brings its own.")
        Isolation isolation,

        @Default("Manual")
        @JsonPropertyDescription(
                "Manual, or Evict: pods without a sidecar are evicted one at a time, as disruption budgets permit.")
        Restart restart,

        @Default("{}") @JsonPropertyDescription("How much one sidecar of this server takes on.")
        Limits limits,

        @Default("{}") @JsonPropertyDescription("What is recorded of each call.")
        Audit audit) {
    public SecureMcpServerSpec(
            Selector selector,
            @Nullable String serviceAccountName,
            int port,
            @Nullable String path,
            @Nullable String hostHeader,
            @Nullable List<Integer> openPorts,
            @Nullable Enforcement enforcement,
            @Nullable Isolation isolation,
            @Nullable Restart restart,
            @Nullable Limits limits,
            @Nullable Audit audit) {
        this.selector = requireNonNull(selector);
        this.serviceAccountName = requireNonNullElse(serviceAccountName, "default");
        this.port = port;
        this.path = requireNonNullElse(path, "/mcp");
        this.hostHeader = requireNonNullElse(hostHeader, "localhost:" + port);
        this.openPorts = openPorts == null ? List.of() : List.copyOf(openPorts);
        this.enforcement = requireNonNullElse(enforcement, Enforcement.ENFORCE);
        this.isolation = requireNonNullElse(isolation, Isolation.MANAGED);
        this.restart = requireNonNullElse(restart, Restart.MANUAL);
        this.limits = requireNonNullElse(limits, Limits.DEFAULT);
        this.audit = requireNonNullElse(audit, Audit.DEFAULT);
    }

    /** A server with every default. */
    public static SecureMcpServerSpec of(Selector selector, int port) {
        return new SecureMcpServerSpec(selector, null, port, null, null, null, null, null, null, null, null);
    }
}
