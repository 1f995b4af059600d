package dev.stockade.operator.size;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.util.Objects.requireNonNull;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;

/** The processes of sidecars, as one. */
final class Fleet implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofMinutes(10);

    private final List<Process> processes = new ArrayList<>();
    private final List<PrintWriter> commands = new ArrayList<>();

    /** When a sidecar acknowledged what is expected, and how many snapshots came that do not have it. */
    private final Map<Integer, Long> acknowledged = new HashMap<>();

    private final Map<Integer, Long> current = new HashMap<>();
    private final Set<Integer> others = new TreeSet<>();
    private final Map<String, Integer> refusals = new TreeMap<>();
    private int ready;
    private int lost;

    Fleet(int count, int sidecars, int port, byte[] root) throws IOException {
        for (int i = 0; i < count; i++) {
            Process process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-Xmx640m",
                            "-XX:+UseSerialGC",
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("java.class.path"),
                            FakeSidecars.class.getName())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            processes.add(process);
            PrintWriter out = new PrintWriter(process.getOutputStream(), true, US_ASCII);
            out.println(port);
            out.println(Base64.getEncoder().encodeToString(root));
            // Pods that come later get one too.
            out.println("keys " + (sidecars / count + 64));
            commands.add(out);
            Thread.ofPlatform().daemon().start(() -> listen(process));
        }
        awaitUntil("keys", () -> ready == count);
    }

    private void listen(Process process) {
        try (BufferedReader in = new BufferedReader(new InputStreamReader(process.getInputStream(), US_ASCII))) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                heard(line.split(" ", 3), line);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private synchronized void heard(String[] words, String line) {
        switch (words[0]) {
            case "keys", "expecting" -> ready++;
            case "current" -> current.put(Integer.valueOf(words[1]), Long.valueOf(words[2]));
            case "lost" -> {
                lost++;
                current.remove(Integer.valueOf(words[1]));
            }
            case "snapshot" -> {
                String[] rest = words[2].split(" ", -1);
                if (Boolean.parseBoolean(rest[1])) {
                    acknowledged.putIfAbsent(Integer.valueOf(words[1]), Long.valueOf(rest[0]));
                } else {
                    others.add(Integer.valueOf(words[1]));
                }
            }
            case "refused", "again" -> refusals.merge(words[0] + " " + words[2], 1, Integer::sum);
            default -> throw new IllegalStateException(line);
        }
        notifyAll();
    }

    private PrintWriter of(int index) {
        return commands.get(index % commands.size());
    }

    void connect(Shape.Workload pod, String token) {
        of(pod.index()).println("connect " + pod.index() + " " + pod.address() + " " + pod.server() + " " + token);
    }

    void leave(Shape.Workload pod) {
        of(pod.index()).println("leave " + pod.index());
    }

    /** From now on snapshots are told apart by whether they have this. Returns once every process does. */
    void expect(World.Edited edited) {
        synchronized (this) {
            ready = 0;
        }
        commands.forEach(out -> out.println("expect " + edited.uid() + " " + edited.generation()));
        awaitUntil("expecting", () -> ready == commands.size());
        synchronized (this) {
            acknowledged.clear();
            others.clear();
        }
    }

    /** Waits until that many have a stream and what it first brought; the last one's moment, in microseconds since 1970. */
    long awaitCurrent(int count) {
        awaitUntil(count + " sidecars current", () -> current.size() >= count);
        synchronized (this) {
            return current.values().stream().mapToLong(at -> at).max().orElse(0);
        }
    }

    /** Waits until that many streams have ended since the beginning. */
    void awaitLost(int count) {
        awaitUntil(count + " streams lost", () -> lost >= count);
    }

    /** Waits until that many have acknowledged what is expected; the last one's moment. */
    long awaitAcknowledged(int count) {
        awaitUntil(count + " acknowledgements", () -> acknowledged.size() >= count);
        synchronized (this) {
            return acknowledged.values().stream().mapToLong(at -> at).max().orElse(0);
        }
    }

    synchronized int lost() {
        return lost;
    }

    synchronized int connected() {
        return current.size();
    }

    synchronized Set<Integer> acknowledged() {
        return new TreeSet<>(acknowledged.keySet());
    }

    /** Those that got a snapshot without what is expected. */
    synchronized Set<Integer> others() {
        return new TreeSet<>(others);
    }

    /** What was answered instead of a certificate or a stream, and how often; from now on counted anew. */
    synchronized Map<String, Integer> refusals() {
        Map<String, Integer> now = new TreeMap<>(refusals);
        refusals.clear();
        return now;
    }

    private void awaitUntil(String what, BooleanSupplier so) {
        long end = System.nanoTime() + PATIENCE.toNanos();
        synchronized (this) {
            while (!so.getAsBoolean()) {
                if (System.nanoTime() > end || processes.stream().anyMatch(process -> !process.isAlive())) {
                    throw new IllegalStateException("not " + what + " after " + PATIENCE + ": " + current.size()
                            + " current, " + acknowledged.size() + " acknowledged, " + refusals);
                }
                try {
                    wait(1_000);
                } catch (InterruptedException e) {
                    throw new IllegalStateException(requireNonNull(e.toString()), e);
                }
            }
        }
    }

    @Override
    public void close() {
        commands.forEach(PrintWriter::close);
        processes.forEach(Process::destroy);
    }
}
