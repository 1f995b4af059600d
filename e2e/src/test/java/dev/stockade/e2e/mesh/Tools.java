package dev.stockade.e2e.mesh;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * kubectl and helm as people run them: those that the cluster's build has compiled, for which {@code RIG_BIN} stands, or those of
 * the path; and {@code kubectl stockade} as it is packaged.
 */
public record Tools(Path kubeconfig) {
    private static final String COMPILED = System.getenv().getOrDefault("RIG_BIN", "");
    private static final Path PLUGIN = Path.of("..", "cli", "target", "kubectl-stockade", "bin")
            .toAbsolutePath()
            .normalize();

    public Tools {
        requireNonNull(kubeconfig);
    }

    /**
     * How a command ended.
     *
     * @param said on both of its outputs
     */
    public record Ended(int status, String said) {}

    public Ended kubectl(String... arguments) {
        return run(compiled("kubectl"), arguments);
    }

    public Ended helm(String... arguments) {
        return run(compiled("helm"), arguments);
    }

    public Ended stockade(String... arguments) {
        return run(PLUGIN.resolve("kubectl-stockade").toString(), arguments);
    }

    /** Runs a script that ends at the first command that fails, with all three of them on its path. */
    public Ended bash(String script, Path folder, Map<String, String> environment) {
        ProcessBuilder shell = new ProcessBuilder("bash", "-euo", "pipefail", "-c", script).directory(folder.toFile());
        shell.environment().putAll(environment);
        shell.environment()
                .merge(
                        "PATH",
                        COMPILED.isEmpty() ? "" + PLUGIN : COMPILED + ":" + PLUGIN,
                        (path, ours) -> ours + ":" + path);
        return run(shell);
    }

    private static String compiled(String tool) {
        Path own = Path.of(COMPILED, tool);
        return !COMPILED.isEmpty() && Files.isExecutable(own) ? own.toString() : tool;
    }

    private Ended run(String tool, String... arguments) {
        List<String> command = new ArrayList<>(List.of(tool));
        command.addAll(List.of(arguments));
        return run(new ProcessBuilder(command));
    }

    private Ended run(ProcessBuilder builder) {
        builder.redirectErrorStream(true).environment().put("KUBECONFIG", kubeconfig.toString());
        try {
            Process process = builder.start();
            process.getOutputStream().close();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new Ended(process.waitFor(), said);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot run " + builder.command().getFirst(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for " + builder.command(), e);
        }
    }
}
