package dev.stockade.cli.manifest;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.stockade.cli.UnusableException;
import dev.stockade.cli.definition.Definition;
import dev.stockade.cli.definition.Metadata;
import dev.stockade.cli.definition.Problem;
import dev.stockade.cli.definition.SchemaRules;
import dev.stockade.crds.access.McpAccessPolicy;
import dev.stockade.crds.agent.AgentIdentity;
import dev.stockade.crds.server.SecureMcpServer;
import dev.stockade.crds.trust.MeshTrust;
import dev.stockade.policy.MeshLabel;
import dev.stockade.policy.Objections;
import dev.stockade.policy.PolicyCompiler;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Turns texts into {@link Manifests}. Documents of other kinds are passed over, as a folder of a GitOps repository has them
 * too; ours are judged as the API server would judge them, all of them, before anything is refused.
 */
public final class ManifestReader {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();
    private static final Map<String, Class<? extends HasMetadata>> KINDS = Map.of(
            "MeshTrust", MeshTrust.class,
            "SecureMcpServer", SecureMcpServer.class,
            "AgentIdentity", AgentIdentity.class,
            "McpAccessPolicy", McpAccessPolicy.class);

    private final Map<String, Definition> definitions = Definition.all();
    private final Optional<String> namespace;
    private final Manifests.Builder found = new Manifests.Builder();
    private final Map<String, Place> places = new HashMap<>();
    private final List<String> problems = new ArrayList<>();
    private final SchemaRules rules = new SchemaRules();

    private ManifestReader(Optional<String> namespace) {
        this.namespace = requireNonNull(namespace);
    }

    /**
     * Reads every document.
     *
     * @param texts by how to name them in sentences
     * @param namespace of resources that name none; empty: {@code default}, as kubectl has it
     * @throws UnusableException with a sentence for each thing that the API server would refuse
     */
    public static Manifests read(Map<String, String> texts, Optional<String> namespace) throws UnusableException {
        ManifestReader reader = new ManifestReader(namespace);
        for (Map.Entry<String, String> text : texts.entrySet()) {
            try {
                for (YamlDocument document : YamlReader.read(text.getKey(), text.getValue())) {
                    reader.document(document, document.root(), "");
                }
            } catch (UnusableException e) {
                reader.problems.addAll(e.sentences());
            }
        }
        if (!reader.problems.isEmpty()) {
            throw new UnusableException(reader.problems);
        }
        return reader.found.build(namespace);
    }

    private void document(YamlDocument document, JsonNode root, String path) {
        if (!(root instanceof ObjectNode manifest)) {
            problems.add(document.at(path) + ": this is not a manifest: it is not an object");
            return;
        }
        String kind = manifest.path("kind").asText();
        String version = manifest.path("apiVersion").asText();
        if (kind.isEmpty() || version.isEmpty()) {
            // A table of cases lies beside the policies that it tests.
            if (!manifest.has("cases")) {
                problems.add(document.at(path) + ": this is not a manifest: it has no apiVersion or no kind");
            }
        } else if (version.equals("v1") && kind.equals("List") && manifest.path("items") instanceof ArrayNode items) {
            for (int i = 0; i < items.size(); i++) {
                document(document, items.get(i), path + "items[" + i + "]");
            }
        } else if (version.equals("v1") && kind.equals("Namespace")) {
            found.namespace(
                    manifest.at("/metadata/name").asText(),
                    manifest.path("metadata")
                            .path("labels")
                            .path(MeshLabel.NAME)
                            .asText()
                            .equals(MeshLabel.ENABLED));
        } else if (version.startsWith(Definition.GROUP + "/")) {
            ours(document, manifest, path);
        }
    }

    private void ours(YamlDocument document, ObjectNode manifest, String path) {
        String kind = manifest.path("kind").asText();
        Definition definition = definitions.get(kind);
        String version = manifest.path("apiVersion").asText();
        if (definition == null || !version.equals(Definition.GROUP + "/" + definition.version())) {
            problems.add(document.at(path) + ": there is no kind " + kind + " in " + version + "; there are "
                    + String.join(", ", definitions.keySet()) + " in " + Definition.GROUP + "/v1alpha1");
            return;
        }
        ObjectNode named = manifest.deepCopy();
        if (definition.namespaced() && named.path("metadata") instanceof ObjectNode metadata) {
            if (!metadata.has("namespace")) {
                metadata.put("namespace", namespace.orElse("default"));
            }
        }
        String what = kind + " " + nameOf(named);
        List<Problem> wrong = Stream.concat(
                        Metadata.problems(named.path("metadata")).stream(), wrong(definition, named).stream())
                .toList();
        if (!wrong.isEmpty()) {
            wrong.forEach(one -> problems.add(document.at(path.isEmpty() ? one.path() : path + "." + one.path()) + ": "
                    + what + ": " + one.sentence()));
            return;
        }
        Place place = document.at(path);
        Place former = places.putIfAbsent(what, place);
        if (former != null) {
            problems.add(place + ": " + what + " stands at " + former + " as well; remove one of the two");
        }
    }

    private List<Problem> wrong(Definition definition, ObjectNode manifest) {
        return switch (definition.judge(manifest, rules)) {
            case Definition.Outcome.Refused refused -> refused.problems();
            case Definition.Outcome.Accepted accepted -> {
                HasMetadata resource =
                        MAPPER.convertValue(accepted.object(), requireNonNull(KINDS.get(definition.kind())));
                found.add(resource);
                yield webhook(resource);
            }
        };
    }

    /** What the webhook says. */
    private static List<Problem> webhook(HasMetadata resource) {
        return switch (resource) {
            case SecureMcpServer server -> problems(Objections.to(server.getSpec()));
            case McpAccessPolicy policy ->
                Stream.concat(problems(Objections.to(policy.getSpec())).stream(), conditions(policy).stream())
                        .toList();
            default -> List.of();
        };
    }

    private static List<Problem> problems(List<Objections.Objection> objections) {
        return objections.stream()
                .map(objection -> new Problem(objection.path(), objection.sentence(), true))
                .toList();
    }

    private static List<Problem> conditions(McpAccessPolicy policy) {
        return PolicyCompiler.invalidConditions(policy.getSpec()).stream()
                .map(invalid -> new Problem("spec." + invalid.rule() + ".when", invalid.sentence(), true))
                .toList();
    }

    private static String nameOf(ObjectNode manifest) {
        String name = manifest.at("/metadata/name").asText();
        String namespace = manifest.at("/metadata/namespace").asText();
        return (namespace.isEmpty() ? "" : namespace + "/") + (name.isEmpty() ? "(unnamed)" : name);
    }
}
