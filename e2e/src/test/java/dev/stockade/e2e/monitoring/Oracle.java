package dev.stockade.e2e.monitoring;

import static java.util.Objects.requireNonNull;
import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** A question to the program in {@code e2e/monitoring}: put together, asked once. */
public final class Oracle {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final ObjectNode question = JsonNodeFactory.instance.objectNode();

    /**
     * What came of a rule or a query.
     *
     * @param errors of the parser or the engine
     * @param unknown metrics that are not there, or not with such labels
     * @param nothing selectors that find no series, though the metric is there with such labels
     * @param yields the labels of each result
     * @param fires of an alert: the labels of each that has been there for as long as its rule wants
     */
    public record Answer(
            String name,
            List<String> errors,
            List<String> unknown,
            List<String> nothing,
            List<Set<String>> yields,
            List<Set<String>> fires) {}

    /** @param until the time of the evaluation, from the first sample at 0 */
    public Oracle(Duration until) {
        question.put("until", until.toSeconds());
        for (String list : List.of("scrapes", "series", "queries")) {
            question.putArray(list);
        }
    }

    /**
     * What a target said at some time, which it says until its next scrape.
     *
     * @param labels of the target
     */
    public Oracle scrape(Duration at, Map<String, String> labels, String text) {
        ObjectNode scrape =
                array("scrapes").addObject().put("at", at.toSeconds()).put("text", text);
        ObjectNode own = scrape.putObject("labels");
        labels.forEach(own::put);
        return this;
    }

    /** A series as promtool's tests have it, with a value each 30 seconds: {@code up{job="a"} 0x3 1}. */
    public Oracle series(String described) {
        array("series").add(described);
        return this;
    }

    public Oracle rules(String file) {
        question.put("rules", file);
        return this;
    }

    public Oracle query(String name, String expression) {
        array("queries").addObject().put("name", name).put("expr", expression);
        return this;
    }

    public Oracle dashboard(String json) {
        question.put("dashboard", json);
        return this;
    }

    private ArrayNode array(String name) {
        return question.withArrayProperty(name);
    }

    /**
     * What the program answered.
     *
     * @param rules what is wrong with the file of rules
     * @param dashboard what Grafana's schema has against the dashboard
     */
    public record Said(List<String> rules, List<String> dashboard, List<Answer> alerts, List<Answer> queries) {}

    /** @throws IllegalStateException with what it said, if it failed */
    public Said ask() {
        JsonNode said;
        try {
            said = JSON.readTree(run(List.of(program().toString()), JSON.writeValueAsBytes(question)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Said(
                texts(said.path("rules")),
                texts(said.path("dashboard")),
                answers(said.path("alerts")),
                answers(said.path("queries")));
    }

    private static List<Answer> answers(JsonNode list) {
        List<Answer> answers = new ArrayList<>();
        list.forEach(one -> answers.add(new Answer(
                one.path("name").asText(),
                texts(one.path("errors")),
                texts(one.path("unknown")),
                texts(one.path("nothing")),
                names(one.path("yields")),
                names(one.path("fires")))));
        return answers;
    }

    private static List<String> texts(JsonNode list) {
        List<String> texts = new ArrayList<>();
        list.forEach(one -> texts.add(one.asText()));
        return texts;
    }

    private static List<Set<String>> names(JsonNode list) {
        List<Set<String>> names = new ArrayList<>();
        list.forEach(one -> {
            Set<String> labels = new TreeSet<>();
            one.fieldNames().forEachRemaining(labels::add);
            names.add(labels);
        });
        return names;
    }

    /** Compiled the first time, and again when its sources have changed. */
    private static Path program() {
        Path build = Path.of(requireNonNull(System.getProperty("stockade.root")), "e2e", "monitoring", "build");
        return Path.of(run(List.of(build.toString()), new byte[0]).strip());
    }

    private static String run(List<String> command, byte[] input) {
        try {
            Process process =
                    new ProcessBuilder(command).redirectError(Redirect.INHERIT).start();
            try (OutputStream in = process.getOutputStream()) {
                in.write(input);
            }
            String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int status = process.waitFor();
            if (status != 0) {
                throw new IllegalStateException(
                        command.getFirst() + " ended with " + status + ", what it said stands above: " + printed);
            }
            return printed;
        } catch (IOException e) {
            throw new UncheckedIOException(command.getFirst(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(
                    requireNonNullElse(e.getMessage(), "interrupted") + " while waiting for " + command.getFirst(), e);
        }
    }
}
