package dev.stockade.cli.gitops;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The libraries of Flux and Argo CD, and the definitions of their kinds: {@code e2e/gitops/build} makes both, or the environment names
 * them.
 *
 * @param definitions a folder
 */
record GitOpsLibraries(Path tool, Path definitions) {
    private static final Path BUILD = Path.of("..", "e2e", "gitops", "build").toAbsolutePath();

    static GitOpsLibraries find() throws IOException, InterruptedException {
        String tool = System.getenv("STOCKADE_GITOPS_TOOL");
        String definitions = System.getenv("STOCKADE_GITOPS_CRDS");
        if (tool != null && definitions != null) {
            return new GitOpsLibraries(Path.of(tool), Path.of(definitions));
        }
        Map<String, String> made = run(List.of(BUILD.toString()), "")
                .lines()
                .map(line -> line.split("=", 2))
                .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1]));
        return new GitOpsLibraries(Path.of(made.getOrDefault("TOOL", "")), Path.of(made.getOrDefault("CRDS", "")));
    }

    /** Applies manifests as Flux does, or says what each tool would see: a command of the program, and an answer for each object. */
    List<Map<?, ?>> ask(Path kubeconfig, String command, String manifests) throws IOException, InterruptedException {
        List<Map<?, ?>> answers = new ArrayList<>();
        run(List.of("env", "KUBECONFIG=" + kubeconfig, tool.toString(), command), manifests)
                .lines()
                .forEach(line -> answers.add(Serialization.unmarshal(line, Map.class)));
        return answers;
    }

    /** Has them judge objects, and returns an answer for each, in their order. */
    List<Map<?, ?>> health(Path kustomizations, Path argocdCm, String objects)
            throws IOException, InterruptedException {
        List<Map<?, ?>> answers = new ArrayList<>();
        run(
                        List.of(
                                tool.toString(),
                                "health",
                                "-exprs",
                                kustomizations.toString(),
                                "-argo",
                                argocdCm.toString()),
                        objects)
                .lines()
                .forEach(line -> answers.add(Serialization.unmarshal(line, Map.class)));
        return answers;
    }

    private static String run(List<String> command, String input) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (var stdin = process.getOutputStream()) {
            stdin.write(input.getBytes(UTF_8));
        }
        String said = new String(process.getInputStream().readAllBytes(), UTF_8);
        int status = process.waitFor();
        if (status != 0) {
            throw new IllegalStateException("%s ended with status %d; it says above why".formatted(command, status));
        }
        return said;
    }
}
