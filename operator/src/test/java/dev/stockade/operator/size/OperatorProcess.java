package dev.stockade.operator.size;

import static java.util.Objects.requireNonNull;

import dev.stockade.fixture.Ports;
import dev.stockade.operator.OperatorOnPorts;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** The operator in a process of its own, with its image's flags and the memory that the chart gives it. */
final class OperatorProcess implements AutoCloseable {
    /** As the chart limits it. */
    static final long LIMIT_BYTES = 512L << 20;

    private static final Pattern FLAG = Pattern.compile("<entry>(-[^@<]+)</entry>");
    private static final long CLOCK_TICKS = 100;

    private final Path folder;
    private final Path kubeconfig;
    private final int control = Ports.next();
    private final int webhooks = Ports.next();
    private final BlockingQueue<String> said = new LinkedBlockingQueue<>();
    private Process process;

    OperatorProcess(Path folder, String kubeconfig) throws IOException {
        this.folder = requireNonNull(folder);
        this.kubeconfig = Files.writeString(folder.resolve("kubeconfig"), kubeconfig);
        this.process = launch();
    }

    int controlPort() {
        return control;
    }

    int webhookPort() {
        return webhooks;
    }

    private Process launch() throws IOException {
        said.clear();
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-XX:MaxRAM=" + LIMIT_BYTES);
        command.addAll(flags());
        command.addAll(List.of(
                // As its image logs, and not as tests do.
                "-Dlogback.configurationFile="
                        + Path.of("src/main/resources/logback.xml").toAbsolutePath(),
                "-cp",
                System.getProperty("java.class.path"),
                OperatorOnPorts.class.getName(),
                String.valueOf(control),
                String.valueOf(webhooks),
                "0"));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.appendTo(
                        folder.resolve("operator.err").toFile()));
        builder.environment()
                .putAll(Map.of(
                        "KUBECONFIG", kubeconfig.toString(),
                        "MALLOC_ARENA_MAX", "2",
                        "STOCKADE_NAMESPACE", "default",
                        "STOCKADE_POD_NAME", "operator-0",
                        "STOCKADE_POD_IP", "127.0.0.1",
                        "STOCKADE_SIDECAR_IMAGE", "sidecar"));
        Process started = builder.start();
        Path log = folder.resolve("operator.log");
        Thread.ofPlatform().daemon().start(() -> {
            try (BufferedReader out = new BufferedReader(
                            new InputStreamReader(started.getInputStream(), StandardCharsets.UTF_8));
                    var kept = Files.newBufferedWriter(
                            log, java.nio.file.StandardOpenOption.CREATE, java.nio.file.StandardOpenOption.APPEND)) {
                for (String line = out.readLine(); line != null; line = out.readLine()) {
                    kept.write(line + "\n");
                    kept.flush();
                    if (line.equals("serves") || line.startsWith("heap ")) {
                        said.add(line);
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        return started;
    }

    /** As the image starts Java. */
    private static List<String> flags() throws IOException {
        return FLAG.matcher(Files.readString(Path.of("pom.xml")))
                .results()
                .map((MatchResult entry) -> entry.group(1))
                .filter(flag -> flag.startsWith("-XX:")
                        || flag.startsWith("-Xss")
                        || flag.startsWith("-Dio.netty")
                        || flag.startsWith("--enable-native")
                        || flag.startsWith("--sun-misc"))
                .toList();
    }

    void awaitServing() throws InterruptedException {
        await("serves");
    }

    private String await(String what) throws InterruptedException {
        for (int second = 0; second < 600; second++) {
            String line = said.poll(1, TimeUnit.SECONDS);
            if (line != null && line.startsWith(what)) {
                return line;
            }
            if (!process.isAlive()) {
                throw new IllegalStateException(
                        "the operator has exited with " + process.exitValue() + "; see " + folder);
            }
        }
        throw new IllegalStateException("the operator does not say '" + what + "'; see " + folder);
    }

    /** Heap in use after a collection, in bytes. */
    long heap() throws IOException, InterruptedException {
        process.getOutputStream().write('\n');
        process.getOutputStream().flush();
        return Long.parseLong(await("heap ").substring(5));
    }

    /** Resident memory now and at its highest, in bytes. */
    record Resident(long now, long highest) {}

    Resident resident() throws IOException {
        long now = 0;
        long highest = 0;
        for (String line : Files.readAllLines(Path.of("/proc/" + process.pid() + "/status"))) {
            if (line.startsWith("VmRSS:")) {
                now = kilobytes(line);
            } else if (line.startsWith("VmHWM:")) {
                highest = kilobytes(line);
            }
        }
        return new Resident(now << 10, highest << 10);
    }

    private static long kilobytes(String line) {
        return Long.parseLong(line.replaceAll("[^0-9]", ""));
    }

    /** Processor time used so far, in seconds. */
    double cpu() throws IOException {
        String stat = Files.readString(Path.of("/proc/" + process.pid() + "/stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
        return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / (double) CLOCK_TICKS;
    }

    int threads() throws IOException {
        try (var tasks = Files.list(Path.of("/proc/" + process.pid() + "/task"))) {
            return (int) tasks.count();
        }
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Kills it, without a word to anybody, and starts another. */
    void restart() throws IOException, InterruptedException {
        process.destroyForcibly().waitFor();
        process = launch();
    }

    @Override
    public void close() throws IOException {
        process.getOutputStream().close();
        try {
            if (!process.waitFor(30, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
