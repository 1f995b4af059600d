package dev.stockade.policy;

import static java.util.Objects.requireNonNull;

import dev.stockade.crds.access.AccessRule;
import dev.stockade.crds.access.McpAccessPolicySpec;
import dev.stockade.crds.server.SecureMcpServerSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * What the schemas of our kinds do not see and no cluster is needed to see: raised by the webhook, and by the command line on
 * manifests. What would open a server around its sidecar is looked at here once more, whatever definition is installed. Pure.
 */
public final class Objections {
    private static final Set<Integer> OUR_PORTS = Set.of(15001, 15008, 15020);
    private static final Map<String, Pattern> NEVER_IN_URIS = new TreeMap<>(Map.of(
            "dot segments", Pattern.compile("/\\.\\.?(/|$)"),
            "encoded dots or slashes", Pattern.compile("%2[efEF]"),
            "backslashes", Pattern.compile("\\\\"),
            "control characters", Pattern.compile("\\p{Cntrl}"),
            "user info", Pattern.compile("^[a-z][a-z0-9+.-]*://[^/?#]*@")));

    private Objections() {}

    /**
     * One thing that is wrong.
     *
     * @param path where, from the resource's root, such as {@code spec.port}
     * @param sentence what is wrong and what to do; names the place where it must be known
     */
    public record Objection(String path, String sentence) {
        public Objection {
            requireNonNull(path);
            requireNonNull(sentence);
        }
    }

    /** To a server: ports that are the sidecar's, what would open it, and a request that no agent could ever send. */
    public static List<Objection> to(SecureMcpServerSpec spec) {
        List<Objection> found = new ArrayList<>();
        if (OUR_PORTS.contains(spec.port())) {
            found.add(new Objection(
                    "spec.port",
                    "port " + spec.port()
                            + " is the sidecar's own. Let the server listen elsewhere, and set spec.port."));
        }
        if (spec.openPorts().contains(spec.port())) {
            found.add(new Objection(
                    "spec.openPorts",
                    "openPorts names spec.port " + spec.port()
                            + ", which would open the server around its sidecar. Remove it from openPorts."));
        }
        spec.openPorts().stream()
                .filter(OUR_PORTS::contains)
                .forEach(ours -> found.add(new Objection(
                        "spec.openPorts",
                        "openPorts names " + ours + ", which is the sidecar's own. Remove it from openPorts.")));
        if (spec.limits().requestSize() > spec.limits().bufferSize() / 4) {
            found.add(new Objection(
                    "spec.limits.requestBytes",
                    "limits.requestBytes " + spec.limits().requestBytes()
                            + " is more than a quarter of limits.bufferBytes "
                            + spec.limits().bufferBytes()
                            + ", which is what one agent may hold. Lower the one or raise the other."));
        }
        return List.copyOf(found);
    }

    /** To a policy: resource patterns that can never match. Conditions are compiled by {@link PolicyCompiler#invalidConditions}. */
    public static List<Objection> to(McpAccessPolicySpec spec) {
        List<Objection> found = new ArrayList<>();
        impossible("spec.allow", spec.allow(), found);
        impossible("spec.deny", spec.deny(), found);
        return List.copyOf(found);
    }

    /** What such a URI is refused for, whatever a policy says; a rule that needs one matches nothing, and looks as if it did. */
    private static void impossible(String list, List<AccessRule> rules, List<Objection> found) {
        for (int i = 0; i < rules.size(); i++) {
            List<String> resources = rules.get(i).resources();
            for (int j = 0; j < resources.size(); j++) {
                String pattern = resources.get(j);
                String path = list + "[" + i + "].resources[" + j + "]";
                NEVER_IN_URIS.entrySet().stream()
                        .filter(never -> never.getValue().matcher(pattern).find())
                        .findFirst()
                        .ifPresent(never -> found.add(new Objection(
                                path,
                                "the resource pattern '" + pattern + "' can never match, because URIs with "
                                        + never.getKey()
                                        + " are always refused. Write it as the server's URIs are, or remove it.")));
            }
        }
    }
}
