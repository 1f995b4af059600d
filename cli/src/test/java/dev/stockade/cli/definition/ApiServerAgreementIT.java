package dev.stockade.cli.definition;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.stockade.cli.manifest.YamlDocument;
import dev.stockade.cli.manifest.YamlReader;
import dev.stockade.crds.Definitions;
import dev.stockade.fixture.ApiServer;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Thousands of manifests, good ones and spoiled ones: what is accepted here is what a real API server accepts. */
class ApiServerAgreementIT {
    private static final Path MANIFESTS = Path.of("..", "crds", "src", "test", "resources", "manifests", "good");
    private static final Map<String, String> PLURALS = Map.of(
            "MeshTrust", "meshtrusts",
            "SecureMcpServer", "namespaces/tools/securemcpservers",
            "AgentIdentity", "namespaces/agents/agentidentities",
            "McpAccessPolicy", "namespaces/tools/mcpaccesspolicies");
    private static final int ROUNDS = 1500;

    @TempDir
    private static Path folder;

    private static ApiServer server;
    private static KubernetesClient client;

    private final Map<String, Definition> definitions = Definition.all();
    private final SchemaRules rules = new SchemaRules();
    private final Random random = new Random(20261126);

    @BeforeAll
    static void start() throws Exception {
        server = ApiServer.start(folder, Definitions.yaml());
        client = server.client();
        for (String name : List.of("tools", "agents")) {
            client.resource(new NamespaceBuilder()
                            .withNewMetadata()
                            .withName(name)
                            .endMetadata()
                            .build())
                    .create();
        }
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    @Test
    void whatIsAcceptedHereIsWhatTheApiServerAccepts() throws Exception {
        List<ObjectNode> good = good();
        int accepted = 0;
        List<String> differences = new ArrayList<>();
        for (int round = 0; round < ROUNDS; round++) {
            ObjectNode manifest = good.get(random.nextInt(good.size())).deepCopy();
            for (int i = random.nextInt(3); i >= 0; i--) {
                spoilOneOf(manifest);
            }
            String theirs = refusal(manifest);
            List<String> ours = judge(manifest);
            accepted += theirs.isEmpty() ? 1 : 0;
            if (theirs.isEmpty() != ours.isEmpty()) {
                differences.add(manifest + "\n  API server: " + theirs + "\n  here: " + ours);
            }
        }

        assertThat(differences).isEmpty();
        // Neither side of the comparison is empty.
        assertThat(accepted).isBetween(ROUNDS / 20, ROUNDS - ROUNDS / 20);
    }

    private static List<ObjectNode> good() throws Exception {
        List<ObjectNode> good = new ArrayList<>();
        try (Stream<Path> files = Files.list(MANIFESTS)) {
            for (Path file : files.sorted().toList()) {
                for (YamlDocument document : YamlReader.read(file.toString(), Files.readString(file))) {
                    good.add((ObjectNode) document.root());
                }
            }
        }
        return good;
    }

    private List<String> judge(ObjectNode manifest) {
        Definition definition =
                Objects.requireNonNull(definitions.get(manifest.path("kind").asText()));
        List<String> sentences = new ArrayList<>();
        Metadata.problems(manifest.path("metadata")).forEach(problem -> sentences.add(problem.sentence()));
        if (definition.judge(manifest, rules) instanceof Definition.Outcome.Refused refused) {
            refused.problems().forEach(problem -> sentences.add(problem.sentence()));
        }
        return sentences;
    }

    /** What the API server says of it with kubectl's strict validation; empty if it accepts it. */
    private static String refusal(ObjectNode manifest) throws Exception {
        HttpRequest request = client.getHttpClient()
                .newHttpRequestBuilder()
                .uri(client.getMasterUrl() + "apis/stockade.dev/v1alpha1/"
                        + PLURALS.get(manifest.path("kind").asText()) + "?dryRun=All&fieldValidation=Strict")
                .post("application/json", manifest.toString())
                .build();
        HttpResponse<String> response =
                client.getHttpClient().sendAsync(request, String.class).get();
        return response.isSuccessful()
                ? ""
                : new ObjectMapper().readTree(response.body()).path("message").asText("(no message)");
    }

    /** Changes one value somewhere in the spec or the labels. */
    private void spoilOneOf(ObjectNode manifest) {
        List<JsonNode> containers = new ArrayList<>();
        collect(manifest.path("spec"), containers);
        if (random.nextInt(8) == 0) {
            containers.clear();
            containers.add(((ObjectNode) manifest.path("metadata")).withObject("labels"));
        }
        switch (containers.get(random.nextInt(containers.size()))) {
            case ObjectNode object -> spoil(object);
            case ArrayNode array -> spoil(array);
            default -> throw new IllegalStateException("no container");
        }
    }

    private static void collect(JsonNode node, List<JsonNode> into) {
        if (node.isContainerNode()) {
            into.add(node);
            node.forEach(inner -> collect(inner, into));
        }
    }

    private void spoil(ObjectNode object) {
        List<String> names = new ArrayList<>();
        object.fieldNames().forEachRemaining(names::add);
        if (names.isEmpty() || random.nextInt(8) == 0) {
            object.set("another" + random.nextInt(2), value());
            return;
        }
        String name = names.get(random.nextInt(names.size()));
        if (random.nextInt(3) == 0) {
            object.remove(name);
        } else {
            object.set(name, random.nextBoolean() ? value() : variant(object.get(name)));
        }
    }

    private void spoil(ArrayNode array) {
        int at = array.isEmpty() ? 0 : random.nextInt(array.size());
        switch (random.nextInt(4)) {
            case 0 -> array.add(value());
            case 1 -> {
                if (!array.isEmpty()) {
                    array.add(array.get(at).deepCopy());
                }
            }
            case 2 -> {
                if (!array.isEmpty()) {
                    array.remove(at);
                }
            }
            default -> {
                if (!array.isEmpty()) {
                    array.set(at, variant(array.get(at)));
                }
            }
        }
    }

    private JsonNode value() {
        String[] values = {
            "null",
            "true",
            "false",
            "0",
            "1",
            "-1",
            "3000",
            "15008",
            "65536",
            "99999999999",
            "1.5",
            "1.0",
            "\"\"",
            "\"a\"",
            "\"A\"",
            "\"a b\"",
            "\"*\"",
            "\"a\\nb\"",
            "\"1h\"",
            "\"1d\"",
            "\"4Mi\"",
            "\"16Mi\"",
            "\"0\"",
            "\"Enforce\"",
            "\"Observe\"",
            "\"Manual\"",
            "\"default\"",
            "\"/a/../b\"",
            "\"repo://x/*\"",
            "\"sampling\"",
            "[]",
            "{}",
            "[\"a\"]",
            "[1]",
            "{\"a\":\"b\"}",
            "{\"matchLabels\":{\"a\":\"b\"}}",
            "{\"name\":\"x\"}",
            "{\"namespace\":\"tools\"}",
            "\"" + "a".repeat(64) + "\"",
            "\"" + "a".repeat(300) + "\"",
            "\"é\"",
            "\"true\""
        };
        try {
            return new ObjectMapper().readTree(values[random.nextInt(values.length)]);
        } catch (java.io.IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private JsonNode variant(JsonNode node) {
        JsonNodeFactory make = JsonNodeFactory.instance;
        return switch (node.getNodeType()) {
            case STRING ->
                make.textNode(
                        switch (random.nextInt(4)) {
                            case 0 -> node.asText() + "\n";
                            case 1 -> node.asText() + "x";
                            case 2 -> node.asText().toUpperCase(java.util.Locale.ROOT);
                            default ->
                                node.asText().isEmpty() ? "" : node.asText().substring(1);
                        });
            case NUMBER -> make.numberNode(node.asInt() + random.nextInt(3) - 1);
            case BOOLEAN -> make.booleanNode(!node.asBoolean());
            default -> value();
        };
    }
}
