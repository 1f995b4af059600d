package dev.stockade.e2e.mesh;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.kubernetes.api.model.Pod;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** The audit lines that the sidecars of an app's pods wrote. */
public record Audit(Team team, String app) {
    private static final ObjectMapper JSON = new ObjectMapper();

    public List<JsonNode> lines() {
        return raw().stream().flatMap(List::stream).map(Audit::parsed).toList();
    }

    public List<JsonNode> lines(Predicate<JsonNode> wanted) {
        return lines().stream().filter(wanted).toList();
    }

    /** The lines as they stand in the logs, a list for each sidecar. */
    public List<List<String>> raw() {
        return team.pods(app).stream().map(pod -> raw(pod).toList()).toList();
    }

    /** Waits for a line that is as it should be. */
    public JsonNode await(String what, Predicate<JsonNode> wanted) {
        Waiting.until(
                "an audit line of %s/%s about %s".formatted(team.namespace(), app, what),
                () -> lines().reversed().stream().limit(5).toList(),
                () -> !lines(wanted).isEmpty());
        return lines(wanted).getFirst();
    }

    public JsonNode withId(String id) {
        return await("the id " + id, line -> line.path("id").asText().equals(id));
    }

    /** What {@code prev} of the next line must be: SHA-256 of the line. */
    public static String digest(String line) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(line.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    public static JsonNode parsed(String line) {
        return parse(line).orElseThrow(() -> new AssertionError("not JSON: " + line));
    }

    private Stream<String> raw(Pod pod) {
        return team.client()
                .pods()
                .inNamespace(team.namespace())
                .withName(pod.getMetadata().getName())
                .inContainer("stockade-sidecar")
                .getLog()
                .lines()
                .filter(line -> parse(line)
                        .filter(parsed -> parsed.path("log").asText().equals("audit"))
                        .isPresent());
    }

    /** Nothing for a line of another log, or for the last one while it is half written. */
    private static Optional<JsonNode> parse(String line) {
        try {
            return Optional.of(JSON.readTree(line));
        } catch (JsonProcessingException e) {
            return Optional.empty();
        }
    }
}
