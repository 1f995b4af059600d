package dev.stockade.e2e.mesh;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * kubectl and helm as people run them: those that the cluster's build has compiled, for which {@code RIG_BIN} stands, or those of
 * the path.
 */
public record Tools(Path kubeconfig) {
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
        return run("kubectl", arguments);
    }

    public Ended helm(String... arguments) {
        return run("helm", arguments);
    }

    private Ended run(String tool, String... arguments) {
        String folder = System.getenv().getOrDefault("RIG_BIN", "");
        Path own = Path.of(folder, tool);
        List<String> command = new ArrayList<>();
        command.add(!folder.isEmpty() && Files.isExecutable(own) ? own.toString() : tool);
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("KUBECONFIG", kubeconfig.toString());
        try {
            Process process = builder.start();
            process.getOutputStream().close();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new Ended(process.waitFor(), said);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot run " + command.getFirst(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for " + tool, e);
        }
    }
}
