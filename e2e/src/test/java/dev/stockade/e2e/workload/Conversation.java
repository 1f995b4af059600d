package dev.stockade.e2e.workload;

import com.fasterxml.jackson.databind.JsonNode;
import io.fabric8.kubernetes.client.dsl.ExecWatch;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import org.awaitility.Awaitility;

/** A program that stays and whose facts arrive one after the other. */
public final class Conversation implements AutoCloseable {
    private final String name;
    private final ExecWatch exec;
    private final List<Told> told = new CopyOnWriteArrayList<>();

    /** A fact and when it arrived here, on the clock of {@link System#nanoTime()}. */
    public record Told(JsonNode fact, long nanos) {}

    private Conversation(String name, ExecWatch exec) {
        this.name = name;
        this.exec = exec;
        Thread.ofVirtual().name(name).start(this::listen);
    }

    static Conversation with(Program program, String... command) {
        return new Conversation(
                program.in(command),
                program.client()
                        .pods()
                        .inNamespace(program.namespace())
                        .withName(program.pod())
                        .inContainer(program.container())
                        .redirectingInput()
                        .redirectingOutput()
                        .exec(command));
    }

    private void listen() {
        try (var lines = new BufferedReader(new InputStreamReader(exec.getOutput(), StandardCharsets.UTF_8))) {
            String line;
            while ((line = lines.readLine()) != null) {
                if (line.startsWith("{")) {
                    told.add(new Told(Program.read(line), System.nanoTime()));
                }
            }
        } catch (IOException e) {
            // The connection to the pod has ended; whoever waits for more says so.
        }
    }

    /** What was told so far. */
    public List<Told> told() {
        return List.copyOf(told);
    }

    /** Waits for the first fact, at or after a position, that is as it should be. */
    public Told await(String what, int from, Predicate<JsonNode> wanted) {
        Awaitility.await(what + " from " + name)
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(20))
                .until(() -> told.stream().skip(from).anyMatch(one -> wanted.test(one.fact())));
        return told.stream()
                .skip(from)
                .filter(one -> wanted.test(one.fact()))
                .findFirst()
                .orElseThrow();
    }

    /** In a session: calls a tool and gives the answer. */
    public JsonNode call(String tool, String arguments) {
        int before = told.size();
        say("{\"tool\":\"%s\",\"args\":%s}".formatted(tool, arguments));
        return await("the answer of " + tool, before, fact -> fact.has("result") || fact.has("error"))
                .fact();
    }

    private void say(String line) {
        try {
            OutputStream input = exec.getInput();
            input.write((line + "\n").getBytes(StandardCharsets.UTF_8));
            input.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(name + " listens no more", e);
        }
    }

    @Override
    public void close() {
        exec.close();
    }
}
