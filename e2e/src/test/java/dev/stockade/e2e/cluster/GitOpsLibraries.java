package dev.stockade.e2e.cluster;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What Flux and Argo CD do, by their own libraries: the program that e2e/gitops/build makes, for one cluster. */
public record GitOpsLibraries(Path tool, Path kubeconfig) {
    private static final ObjectMapper JSON = new ObjectMapper();

    public GitOpsLibraries {
        requireNonNull(tool);
        requireNonNull(kubeconfig);
    }

    /** Takes the program that the environment names, or makes it. */
    public static GitOpsLibraries find(Map<String, String> environment, Path root, Path kubeconfig) {
        String named = environment.getOrDefault("STOCKADE_GITOPS_TOOL", "");
        if (!named.isEmpty()) {
            return new GitOpsLibraries(Path.of(named), kubeconfig);
        }
        Map<String, String> made = Command.run(
                        root, Map.of(), List.of(root.resolve("e2e/gitops/build").toString()))
                .lines()
                .map(line -> line.split("=", 2))
                .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1]));
        return new GitOpsLibraries(Path.of(made.getOrDefault("TOOL", "")), kubeconfig);
    }

    /** Runs a command of it on manifests; what it answers is one object a line. */
    public List<JsonNode> ask(String manifests, String... arguments) {
        List<String> command = new ArrayList<>(List.of(tool.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("KUBECONFIG", kubeconfig.toString());
        try {
            Process process = builder.start();
            try (var input = process.getOutputStream()) {
                input.write(manifests.getBytes(StandardCharsets.UTF_8));
            }
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new AssertionError("%s: %s".formatted(String.join(" ", command), said));
            }
            List<JsonNode> answers = new ArrayList<>();
            for (String line : said.lines().filter(one -> one.startsWith("{")).toList()) {
                answers.add(JSON.readTree(line));
            }
            return answers;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot run " + tool, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for " + tool, e);
        }
    }
}
