package dev.stockade.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Runs every command of {@code docs/cli.md} with the launcher that was packaged, in a shell, and compares what it prints. With
 * {@code -Dstockade.page=write} it writes what it saw into the page.
 */
class CliPageIT {
    private static final Path PAGE = Path.of("..", "docs", "cli.md");
    private static final Path SAMPLES = Path.of("..", "samples", "policies");
    private static final Path LAUNCHERS =
            Path.of("target", "kubectl-stockade", "bin").toAbsolutePath();

    @TempDir
    private static Path path;

    /** kubectl, as far as it runs plugins. */
    @BeforeAll
    static void kubectl() throws IOException {
        Path kubectl = Files.writeString(
                path.resolve("kubectl"), "#!/bin/sh\nplugin=$1; shift\nexec \"kubectl-$plugin\" \"$@\"\n");
        Files.setPosixFilePermissions(kubectl, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    record Command(String line, String output) {
        @Override
        public String toString() {
            return line;
        }
    }

    static List<Command> commands() throws IOException {
        List<Command> commands = new ArrayList<>();
        boolean inside = false;
        StringBuilder output = new StringBuilder();
        String command = "";
        for (String line : Files.readAllLines(PAGE)) {
            boolean ends = line.equals("```");
            if (line.equals("```console")) {
                inside = true;
            } else if (inside && (ends || line.startsWith("$ "))) {
                if (!command.isEmpty()) {
                    commands.add(new Command(command, output.toString()));
                }
                command = ends ? "" : line.substring(2);
                output.setLength(0);
                inside = !ends;
            } else if (inside) {
                output.append(line).append('\n');
            }
        }
        return commands;
    }

    private static String run(String line) throws IOException, InterruptedException {
        ProcessBuilder shell = new ProcessBuilder("bash", "-c", line)
                .directory(SAMPLES.toFile())
                .redirectErrorStream(true);
        shell.environment().put("PATH", path + ":" + LAUNCHERS + ":/usr/bin:/bin");
        shell.environment().remove("JAVA_TOOL_OPTIONS");
        Process process = shell.start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), UTF_8);
        process.waitFor();
        return said;
    }

    @ParameterizedTest
    @MethodSource("commands")
    void aCommandOfThePagePrintsWhatThePageSays(Command command) throws IOException, InterruptedException {
        String said = run(command.line());
        if (System.getProperty("stockade.page", "").equals("write")) {
            String page = Files.readString(PAGE);
            String before = "$ " + command.line() + "\n";
            int at = page.indexOf(before) + before.length();
            Files.writeString(
                    PAGE,
                    page.substring(0, at)
                            + said
                            + page.substring(at + command.output().length()));
        } else {
            assertThat(said).isEqualTo(command.output());
        }
    }

    @Test
    void thePageShowsEveryCommand() throws IOException {
        assertThat(commands())
                .extracting(Command::line)
                .anyMatch(line -> line.contains("stockade can-i "))
                .anyMatch(line -> line.contains("stockade policy test "))
                .anyMatch(line -> line.contains("stockade audit verify"));
    }

    @Test
    void theLauncherCompletesAsKubectlAsksIt() throws IOException, InterruptedException {
        assertThat(run("kubectl_complete-stockade policy ''")).isEqualTo("test\n:4\n");
    }

    @Test
    void theLauncherIsFoundThroughALink() throws IOException, InterruptedException {
        Files.createSymbolicLink(path.resolve("kubectl-linked"), LAUNCHERS.resolve("kubectl-stockade"));

        assertThat(run("kubectl linked --version")).startsWith("kubectl-stockade 0.");
    }
}
