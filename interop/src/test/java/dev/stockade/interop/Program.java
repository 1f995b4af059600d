package dev.stockade.interop;

import static java.util.Objects.requireNonNull;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** A program that runs beside the test, and what it wrote; ended, with all that it started, at the latest when it is closed. */
final class Program implements AutoCloseable {
    static final Path OUTPUT = Path.of("target", "interop").toAbsolutePath();
    private static final AtomicInteger STARTED = new AtomicInteger();

    private final String name;
    private final Process process;
    private final Path out;
    private final Path err;

    private Program(String name, Process process, Path out, Path err) {
        this.name = requireNonNull(name);
        this.process = requireNonNull(process);
        this.out = requireNonNull(out);
        this.err = requireNonNull(err);
    }

    /**
     * A command with what it needs from its surroundings.
     *
     * @param folder where it runs
     */
    record Command(Path folder, List<String> words, Map<String, String> environment) {
        Command {
            requireNonNull(folder);
            words = List.copyOf(words);
            environment = Map.copyOf(environment);
        }

        Command(Path folder, String... words) {
            this(folder, List.of(words), Map.of());
        }

        Command and(String... more) {
            List<String> all = new ArrayList<>(words);
            all.addAll(List.of(more));
            return new Command(folder, all, environment);
        }

        Command with(String variable, String value) {
            Map<String, String> all = new HashMap<>(environment);
            all.put(variable, value);
            return new Command(folder, words, all);
        }
    }

    /** Starts it. What it writes goes into files below {@code target/interop}. */
    static Program start(String name, Command command) {
        String file = "%03d-%s".formatted(STARTED.incrementAndGet(), name.replaceAll("[^A-Za-z0-9.-]+", "-"));
        try {
            Files.createDirectories(OUTPUT);
            Path out = OUTPUT.resolve(file + ".out");
            Path err = OUTPUT.resolve(file + ".err");
            ProcessBuilder builder = new ProcessBuilder(command.words())
                    .directory(command.folder().toFile())
                    .redirectInput(Path.of("/dev/null").toFile())
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile());
            builder.environment().putAll(command.environment());
            return new Program(name, builder.start(), out, err);
        } catch (IOException e) {
            throw new IllegalStateException(name + " cannot be started: " + command.words(), e);
        }
    }

    /** Runs it to its end, and gives what it wrote to its standard output. */
    static String run(String name, Command command, Duration atMost) {
        try (Program program = start(name, command)) {
            program.finish(atMost);
            if (program.process.exitValue() != 0) {
                throw new AssertionError(name + " ended with " + program.process.exitValue() + ": " + program.said());
            }
            return program.written();
        }
    }

    /** Waits for its end, whatever its exit code is. */
    int finish(Duration atMost) {
        try {
            if (!process.waitFor(atMost.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new AssertionError(name + " did not end within " + atMost + ": " + said());
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Waits until something listens there. */
    void listensAt(int port) {
        await().alias(name + " at port " + port)
                .atMost(Duration.ofSeconds(90))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> {
                    if (!process.isAlive()) {
                        throw new AssertionError(name + " ended with " + process.exitValue() + ": " + said());
                    }
                    try (Socket socket = new Socket()) {
                        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
                        return true;
                    } catch (IOException e) {
                        return false;
                    }
                });
    }

    String written() {
        return read(out);
    }

    /** What it wrote to its standard error. */
    String complained() {
        return read(err);
    }

    private String said() {
        String all = read(err) + read(out);
        return all.substring(Math.max(0, all.length() - 2000)) + " (all of it: " + err + ")";
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        List<ProcessHandle> all = Stream.concat(process.descendants(), Stream.of(process.toHandle()))
                .toList();
        all.forEach(ProcessHandle::destroy);
        for (ProcessHandle one : all) {
            try {
                one.onExit().orTimeout(5, TimeUnit.SECONDS).join();
            } catch (java.util.concurrent.CompletionException e) {
                one.destroyForcibly();
            }
        }
    }
}
