package dev.stockade.e2e.workload;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.ExecWatch;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The programs of the tests' image, run in a pod by exec: what they print are facts, and so are refusals. */
public record Program(KubernetesClient client, String namespace, String pod, String container) {
    static final ObjectMapper JSON = new ObjectMapper();
    private static final long PATIENCE_SECONDS = 120;

    /** The last fact of a command that ends by itself. */
    public JsonNode fact(String... command) {
        return facts(command).getLast();
    }

    /** All facts of a command that ends by itself. */
    public List<JsonNode> facts(String... command) {
        String printed = output(command);
        List<JsonNode> facts = printed.lines()
                .filter(line -> line.startsWith("{"))
                .map(Program::read)
                .toList();
        if (facts.isEmpty()) {
            throw new AssertionError("%s printed no fact but: %s".formatted(in(command), printed));
        }
        return facts;
    }

    /** Whatever a command prints. */
    public String output(String... command) {
        var printed = new ByteArrayOutputStream();
        try (ExecWatch exec = client.pods()
                .inNamespace(namespace)
                .withName(pod)
                .inContainer(container)
                .writingOutput(printed)
                .writingError(printed)
                .exec(command)) {
            exec.exitCode().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            return printed.toString(StandardCharsets.UTF_8);
        } catch (ExecutionException e) {
            throw new AssertionError(in(command) + " cannot be run: " + e.getCause(), e);
        } catch (TimeoutException e) {
            throw new AssertionError(
                    "%s did not end within %d s; it printed: %s"
                            .formatted(in(command), PATIENCE_SECONDS, printed.toString(StandardCharsets.UTF_8)),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    /** A command that stays: a held stream, or a session that takes calls line by line. */
    public Conversation start(String... command) {
        return Conversation.with(this, command);
    }

    /** What a server answers to one call of a tool. */
    public JsonNode call(String url, String tool, String arguments) {
        return fact("agent", "call", url, tool, arguments);
    }

    /** The tools that a server shows, in its order. */
    public List<String> tools(String url) {
        JsonNode fact = fact("agent", "list", url, "tools");
        if (!fact.has("tools")) {
            throw new AssertionError("no list of tools from " + url + ", but " + fact);
        }
        return fact.get("tools").valueStream().map(JsonNode::asText).toList();
    }

    String in(String... command) {
        return "'%s' in %s/%s".formatted(String.join(" ", command), namespace, pod);
    }

    static JsonNode read(String line) {
        try {
            return JSON.readTree(line);
        } catch (IOException e) {
            throw new UncheckedIOException("not JSON: " + line, e);
        }
    }
}
