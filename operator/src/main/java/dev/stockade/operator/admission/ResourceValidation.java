package dev.stockade.operator.admission;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.crds.access.McpAccessPolicy;
import dev.stockade.crds.access.McpAccessPolicySpec;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.crds.server.SecureMcpServerSpec;
import dev.stockade.policy.PolicyCompiler;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * {@code /validate}: what the schemas of our kinds cannot see. What would open a server around its sidecar is looked
 * at here once more, whatever definition is installed. Deletes, changes
 * of the status, and updates that leave the spec as it was always pass: nothing may stand in the way of a cleanup.
 */
final class ResourceValidation implements AdmissionHandler {
    private static final Set<Integer> OUR_PORTS =
            Set.of(Sidecar.OUTBOUND_PORT, Sidecar.INBOUND_PORT, Sidecar.HEALTH_PORT);
    private static final Map<String, Pattern> NEVER_IN_URIS = new TreeMap<>(Map.of(
            "dot segments", Pattern.compile("/\\.\\.?(/|$)"),
            "encoded dots or slashes", Pattern.compile("%2[efEF]"),
            "backslashes", Pattern.compile("\\\\"),
            "control characters", Pattern.compile("\\p{Cntrl}"),
            "user info", Pattern.compile("^[a-z][a-z0-9+.-]*://[^/?#]*@")));

    private final KubernetesSerialization serialization;

    ResourceValidation(KubernetesSerialization serialization) {
        this.serialization = requireNonNull(serialization);
    }

    @Override
    public Verdict review(AdmissionRequest request) {
        if (request.object().isEmpty()
                || !request.subResource().isEmpty()
                || !Set.of("CREATE", "UPDATE").contains(request.operation())
                || isSpecUnchanged(request)) {
            return new Verdict.Allowed();
        }
        JsonNode object = request.object().get();
        Optional<String> objection = switch (request.kind()) {
            case "SecureMcpServer" ->
                server(serialization.convertValue(object, SecureMcpServer.class).getSpec());
            case "McpAccessPolicy" ->
                policy(serialization.convertValue(object, McpAccessPolicy.class).getSpec());
            default -> Optional.empty();
        };
        String namespace = request.namespace().isEmpty() ? "" : request.namespace() + "/";
        String name = object.path("metadata").path("name").asText("(unnamed)");
        return objection.isEmpty()
                ? new Verdict.Allowed()
                : new Verdict.Denied(request.kind() + " " + namespace + name + ": " + objection.get());
    }

    private static boolean isSpecUnchanged(AdmissionRequest request) {
        return request.oldObject()
                .filter(old ->
                        old.path("spec").equals(request.object().orElseThrow().path("spec")))
                .isPresent();
    }

    static Optional<String> server(SecureMcpServerSpec spec) {
        if (OUR_PORTS.contains(spec.port())) {
            return Optional.of("port " + spec.port()
                    + " is the sidecar's own. Let the server listen elsewhere, and set spec.port.");
        }
        if (spec.openPorts().contains(spec.port())) {
            return Optional.of("openPorts names spec.port " + spec.port()
                    + ", which would open the server around its sidecar. Remove it from openPorts.");
        }
        Optional<Integer> ours =
                spec.openPorts().stream().filter(OUR_PORTS::contains).findFirst();
        if (ours.isPresent()) {
            return Optional.of(
                    "openPorts names " + ours.get() + ", which is the sidecar's own. Remove it from openPorts.");
        }
        if (spec.limits().requestSize() > spec.limits().bufferSize() / 4) {
            return Optional.of("limits.requestBytes " + spec.limits().requestBytes()
                    + " is more than a quarter of limits.bufferBytes "
                    + spec.limits().bufferBytes()
                    + ", which is what one agent may hold. Lower the one or raise the other.");
        }
        return Optional.empty();
    }

    static Optional<String> policy(McpAccessPolicySpec spec) {
        return impossible(spec)
                .or(() -> PolicyCompiler.invalidConditions(spec).stream()
                        .findFirst()
                        .map(invalid -> invalid.sentence()
                                + " Correct the condition: it sees args, agent, server and request."));
    }

    /** What such a URI is refused for, whatever a policy says; a rule that needs one matches nothing, and looks as if it did. */
    private static Optional<String> impossible(McpAccessPolicySpec spec) {
        return Stream.concat(spec.allow().stream(), spec.deny().stream())
                .flatMap(rule -> rule.resources().stream())
                .flatMap(pattern -> NEVER_IN_URIS.entrySet().stream()
                        .filter(never -> never.getValue().matcher(pattern).find())
                        .map(never -> "the resource pattern '" + pattern + "' can never match, because URIs with "
                                + never.getKey() + " are always refused. Write it as the server's URIs are, or remove"
                                + " it."))
                .findFirst();
    }
}
