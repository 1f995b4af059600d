package dev.stockade.cli.definition;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.stockade.cli.UnusableException;
import dev.stockade.cli.manifest.YamlDocument;
import dev.stockade.cli.manifest.YamlReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The manifests that a real API server is asked about in {@code SchemasIT}, with what it says of them. */
class DefinitionTest {
    private static final Path MANIFESTS = Path.of("..", "crds", "src", "test", "resources", "manifests");
    private static final Map<String, Definition> DEFINITIONS = Definition.all();
    private static final SchemaRules RULES = new SchemaRules();

    record Judged(String file, List<String> sentences, ObjectNode manifest) {
        @Override
        public String toString() {
            return file + ": " + String.join("; ", sentences);
        }
    }

    private static List<Judged> documents(String folder) throws IOException, UnusableException {
        List<Judged> all = new ArrayList<>();
        try (Stream<Path> files = Files.list(MANIFESTS.resolve(folder))) {
            for (Path file : files.sorted().toList()) {
                for (String text : Files.readString(file).split("\n---\n", -1)) {
                    List<String> sentences = text.lines()
                            .filter(line -> line.startsWith("# refused: "))
                            .map(line -> line.substring("# refused: ".length()))
                            .toList();
                    for (YamlDocument document : YamlReader.read(file.toString(), text)) {
                        all.add(new Judged(file.getFileName().toString(), sentences, (ObjectNode) document.root()));
                    }
                }
            }
        }
        return all;
    }

    static List<Judged> nonsense() throws IOException, UnusableException {
        return documents("nonsense");
    }

    static List<Judged> good() throws IOException, UnusableException {
        return documents("good");
    }

    private static Definition.Outcome judge(JsonNode manifest) {
        Definition definition =
                Objects.requireNonNull(DEFINITIONS.get(manifest.path("kind").asText()));
        return definition.judge((ObjectNode) manifest, RULES);
    }

    @ParameterizedTest
    @MethodSource("nonsense")
    void whatTheApiServerRefusesIsRefusedWithItsSentence(Judged one) {
        assertThat(judge(one.manifest())).isInstanceOfSatisfying(Definition.Outcome.Refused.class, refused -> {
            String all = String.join(
                    "\n", refused.problems().stream().map(Problem::sentence).toList());
            assertThat(all).contains(one.sentences());
        });
    }

    @ParameterizedTest
    @MethodSource("good")
    void whatTheApiServerAcceptsIsAccepted(Judged one) {
        assertThat(judge(one.manifest())).isInstanceOf(Definition.Outcome.Accepted.class);
    }

    @Test
    void defaultsAreThoseOfTheDefinition() throws UnusableException {
        JsonNode manifest = YamlReader.read("x", """
                        apiVersion: stockade.dev/v1alpha1
                        kind: SecureMcpServer
                        metadata: {name: x, namespace: tools}
                        spec: {selector: {matchLabels: {app: x}}, port: 8080, limits: {requestBytes: 1Mi}}
                        """).getFirst().root();

        JsonNode spec = ((Definition.Outcome.Accepted) judge(manifest)).object().path("spec");

        assertThat(spec.path("path").asText()).isEqualTo("/mcp");
        assertThat(spec.path("enforcement").asText()).isEqualTo("Enforce");
        assertThat(spec.at("/limits/requestBytes").asText()).isEqualTo("1Mi");
        assertThat(spec.at("/limits/staleAfter").asText()).isEqualTo("1h");
        assertThat(manifest.path("spec").has("path")).isFalse();
    }

    @Test
    void aFieldThatNobodyKnowsIsRefused() throws UnusableException {
        JsonNode manifest = YamlReader.read("x", """
                        apiVersion: stockade.dev/v1alpha1
                        kind: McpAccessPolicy
                        metadata: {name: x, namespace: tools}
                        spec:
                          agents: [{namespace: agents, name: triage}]
                          servers: [{name: github}]
                          denny: [{tools: ["*"]}]
                        """).getFirst().root();

        assertThat(judge(manifest))
                .isEqualTo(new Definition.Outcome.Refused(
                        List.of(new Problem("spec.denny", "unknown field \"spec.denny\"", true))));
    }

    /** Were one not to compile, the first manifest that meets it would end the program. */
    @Test
    void everyRuleOfEveryDefinitionCanBeEvaluated() {
        List<String> rules = DEFINITIONS.values().stream()
                .flatMap(definition -> definition.schema().findValues("x-kubernetes-validations").stream())
                .flatMap(list -> list.findValuesAsText("rule").stream())
                .distinct()
                .toList();

        assertThat(rules).hasSizeGreaterThan(15).allSatisfy(RULES::compile);
    }
}
