package dev.stockade.policy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.stockade.model.json.Arguments;
import dev.stockade.model.json.JsonRefusedException;
import dev.stockade.model.policy.AgentAccess;
import dev.stockade.model.policy.GuardedKind;
import dev.stockade.model.policy.Question;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The examples of {@code docs/conditions.md}, as they stand there. */
class ConditionsPageTest {
    private static final Pattern EXAMPLE =
            Pattern.compile("### (\\d+\\. [^\\n]+)\\n.*?```yaml\\n(.*?)```\\n```text\\n(.*?)```", Pattern.DOTALL);
    private static final Pattern CASE =
            Pattern.compile("(allowed|refused): (triage|nightly) (calls|uses|reads) (\\S+) ?(.*)");

    /** One line of an example. */
    record Case(String example, String rules, boolean allowed, String agent, String verb, String name, String json) {
        @Override
        public String toString() {
            return example + ": " + (allowed ? "allowed: " : "refused: ") + agent + " " + verb + " " + name + " "
                    + json;
        }
    }

    private static List<MatchResult> examples() throws IOException {
        return EXAMPLE.matcher(Files.readString(Path.of("..", "docs", "conditions.md")))
                .results()
                .toList();
    }

    static Stream<Case> cases() throws IOException {
        List<Case> cases = new ArrayList<>();
        for (MatchResult example : examples()) {
            for (String line : example.group(3).lines().toList()) {
                MatchResult one = CASE.matcher(line).results().findFirst().orElseThrow(() -> new AssertionError(line));
                cases.add(new Case(
                        example.group(1),
                        example.group(2),
                        one.group(1).equals("allowed"),
                        one.group(2),
                        one.group(3),
                        one.group(4),
                        one.group(5)));
            }
        }
        return cases.stream();
    }

    @Test
    void thePageHasFifteenExamplesEachWithSomethingAllowedAndSomethingRefused() throws IOException {
        assertThat(examples())
                .hasSize(15)
                .allSatisfy(example ->
                        assertThat(example.group(3)).contains("allowed: ").contains("refused: "));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void theExampleDoesWhatThePageSays(Case example) throws JsonRefusedException {
        var view = Meshes.view(
                Meshes.server(
                        "tools", "github", "2026-01-01T00:00:00Z", "{selector: {matchLabels: {a: b}}, port: 3000}"),
                Meshes.agent("agents", "triage", "{serviceAccountName: triage, servers: [{namespace: tools}]}"),
                Meshes.agent("agents", "nightly", "{serviceAccountName: nightly, servers: [{namespace: tools}]}"),
                """
                apiVersion: stockade.dev/v1alpha1
                kind: McpAccessPolicy
                metadata: {name: example, namespace: tools, generation: 1}
                spec:
                  agents: [{namespace: agents, name: triage}, {namespace: agents, name: nightly}]
                  servers: [{name: github}]
                """ + example.rules().indent(2));
        assertThat(PolicyCompiler.invalidConditions(view.policies().getFirst().getSpec()))
                .isEmpty();
        AgentAccess access = Grants.of(view)
                .access(
                        view.agent(new ResourceName("agents", example.agent())).orElseThrow(),
                        view.servers().getFirst())
                .orElseThrow();

        Question question = switch (example.verb()) {
            case "calls" -> Question.used("tools/call", GuardedKind.TOOL, example.name(), Arguments.of(example.json()));
            case "uses" ->
                Question.used("prompts/get", GuardedKind.PROMPT, example.name(), Arguments.of(example.json()));
            default -> Question.resource("resources/read", example.name());
        };

        assertThat(access.decide(question).allows()).isEqualTo(example.allowed());
    }
}
