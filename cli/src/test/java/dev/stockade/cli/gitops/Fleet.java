package dev.stockade.cli.gitops;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.stockade.fixture.ApiServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** A copy of the sample, in which commands are run as its people and its CI run them: with kubectl and the packaged plugin. */
record Fleet(Path folder) {
    static final Path SAMPLE = Path.of("..", "samples", "gitops");
    private static final Path PLUGIN =
            Path.of("target", "kubectl-stockade", "bin").toAbsolutePath();

    /**
     * How a command ended.
     *
     * @param said on both of its outputs
     */
    record Ended(int status, String said) {}

    static Fleet copiedTo(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(SAMPLE)) {
            for (Path from : all.toList()) {
                Path to = folder.resolve(SAMPLE.relativize(from).toString());
                if (Files.isDirectory(from)) {
                    Files.createDirectories(to);
                } else {
                    Files.copy(from, to);
                }
            }
        }
        return new Fleet(folder);
    }

    Ended run(String line) throws IOException, InterruptedException {
        return run(line, folder.resolve("kubeconfig"));
    }

    Ended run(String line, Path kubeconfig) throws IOException, InterruptedException {
        ProcessBuilder shell = new ProcessBuilder("bash", "-euo", "pipefail", "-c", line)
                .directory(folder.toFile())
                .redirectErrorStream(true);
        shell.environment().put("PATH", ApiServer.kubectl().getParent() + ":" + PLUGIN + ":/usr/bin:/bin");
        shell.environment().put("KUBECONFIG", kubeconfig.toString());
        shell.environment().remove("JAVA_TOOL_OPTIONS");
        Process process = shell.start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), UTF_8);
        return new Ended(process.waitFor(), said);
    }

    /** Edits a file, as somebody does in a change that is to be reviewed. */
    void replace(String file, String text, String by) throws IOException {
        Path path = folder.resolve(file);
        String before = Files.readString(path);
        if (!before.contains(text)) {
            throw new IllegalArgumentException("'%s' is not in %s".formatted(text, file));
        }
        Files.writeString(path, before.replace(text, by));
    }
}
