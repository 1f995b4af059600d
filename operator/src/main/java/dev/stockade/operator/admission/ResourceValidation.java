package dev.stockade.operator.admission;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.crds.access.McpAccessPolicy;
import dev.stockade.crds.access.McpAccessPolicySpec;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.crds.server.SecureMcpServerSpec;
import dev.stockade.policy.Objections;
import dev.stockade.policy.PolicyCompiler;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * {@code /validate}: what the schemas of our kinds cannot see, which {@link Objections} and the compiler of conditions say. Deletes, changes
 * of the status, and updates that leave the spec as it was always pass: nothing may stand in the way of a cleanup.
 */
final class ResourceValidation implements AdmissionHandler {
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

    private static Optional<String> server(SecureMcpServerSpec spec) {
        return first(Objections.to(spec));
    }

    private static Optional<String> policy(McpAccessPolicySpec spec) {
        return first(Objections.to(spec))
                .or(() -> PolicyCompiler.invalidConditions(spec).stream()
                        .findFirst()
                        .map(invalid -> invalid.sentence()
                                + " Correct the condition: it sees args, agent, server and request."));
    }

    private static Optional<String> first(List<Objections.Objection> objections) {
        return objections.stream().findFirst().map(Objections.Objection::sentence);
    }
}
