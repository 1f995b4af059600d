package dev.stockade.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KubectlStockadeTest {
    @TempDir
    private Path folder;

    private Run run(String line) {
        return Run.in(folder, line.isEmpty() ? new String[0] : line.split(" ", -1));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "can-i",
                "can-i a call",
                "can-i a fly tools/b/c -f x",
                "can-i a call tools/b/c -o xml",
                "can-i a call tools/b/c --nonsense",
                "can-i a call tools/b/c -f nowhere",
                "can-i a call tools/b/c -f *.yaml",
                "can-i a read tools/b x:y --args {} -f x",
                "policy",
                "policy test",
                "policy test nowhere.yaml",
                "audit",
                "status -o xml",
                "status tools",
                "doctor -o xml",
                "doctor stockade-system",
                "completion tcsh",
                "nonsense",
            })
    void wrongUseEndsWithTwoAndSaysWhatIsWrong(String line) {
        Run run = run(line);

        assertThat(run.code()).isEqualTo(ExitCodes.UNUSABLE);
        assertThat(run.err()).isNotBlank();
        assertThat(run.out()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"--help", "can-i --help", "policy --help", "policy test --help", "audit verify -h", "--version"})
    void helpIsNoFailure(String line) {
        Run run = run(line);

        assertThat(run.code()).isZero();
        assertThat(run.out()).isNotBlank();
        assertThat(run.err()).isEmpty();
    }

    /** The example of the issue has to be found by whoever asks for help. */
    @Test
    void everyCommandThatPeopleUseHasExamplesAndExitCodes() {
        for (List<String> command : List.of(
                List.of("status"),
                List.of("doctor"),
                List.of("can-i"),
                List.of("policy", "test"),
                List.of("audit", "verify"))) {
            List<String> asked = new ArrayList<>(command);
            asked.add("--help");

            assertThat(Run.in(folder, asked.toArray(String[]::new)).out()).contains("Exit codes: 0 ");
        }
    }

    @Test
    void aKubeconfigThatIsNotThereCannotBeAsked() {
        Run run = run("can-i a/b connect c/d --kubeconfig nowhere");

        assertThat(run.code()).isEqualTo(ExitCodes.CLUSTER);
        assertThat(run.err()).contains("nowhere cannot be read");
    }

    @Test
    void aClusterThatDoesNotAnswerCannotBeAsked() throws IOException {
        Files.writeString(folder.resolve("config"), """
                apiVersion: v1
                kind: Config
                clusters: [{name: none, cluster: {server: "http://127.0.0.1:1"}}]
                users: [{name: nobody, user: {token: none}}]
                contexts: [{name: none, context: {cluster: none, user: nobody}}]
                current-context: none
                """);

        Run run = run("can-i a/b connect c/d --kubeconfig config");

        assertThat(run.code()).isEqualTo(ExitCodes.CLUSTER);
        assertThat(run.err()).startsWith("The cluster at http://127.0.0.1:1/ cannot be asked");
        assertThat(run("can-i a/b connect c/d --kubeconfig config --context other")
                        .err())
                .startsWith("The kubeconfig has no context other.");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "'' | audit,can-i,completion,doctor,policy,status | :4",
                "can | can-i | :4",
                "can-i,agents/x,'' | call,connect,get,read | :4",
                "can-i,agents/x,c | call,connect | :4",
                "policy,'' | test | :4",
                "completion,'' | bash,fish,zsh | :4",
                "can-i,-f,'' | - | :0",
            })
    void completionsAreInTheFormOfKubectl(String words, String candidates, String directive) {
        List<String> arguments = new ArrayList<>(List.of("__complete"));
        for (String word : words.split(",", -1)) {
            arguments.add(word.equals("''") ? "" : word);
        }

        List<String> lines =
                Run.in(folder, arguments.toArray(String[]::new)).out().lines().toList();

        assertThat(lines).endsWith(directive);
        if (candidates != null) {
            assertThat(lines.subList(0, lines.size() - 1).stream()
                            .filter(line -> !line.startsWith("-"))
                            .toList())
                    .containsExactly(candidates.split(",", -1));
        }
    }

    @Test
    void argumentsOfACallMayComeFromAFile() throws IOException {
        Files.copy(Path.of("..", "samples", "policies", "mesh", "tools.yaml"), folder.resolve("tools.yaml"));
        Files.copy(Path.of("..", "samples", "policies", "mesh", "agents.yaml"), folder.resolve("agents.yaml"));
        Files.writeString(folder.resolve("args.txt"), "{\"a\": 1, \"a\": 2}\n");

        Run run = run("can-i agents/triage call tools/github/get_issue -f . --args @args.txt");

        assertThat(run.out()).contains("reason: malformed");
        assertThat(run.code()).isEqualTo(ExitCodes.NO);
    }

    @ParameterizedTest
    @ValueSource(strings = {"bash", "zsh", "fish"})
    void everyShellGetsItsScript(String shell) {
        assertThat(run("completion " + shell).out()).contains("kubectl-stockade");
    }
}
