package dev.stockade.cli.cases;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import dev.stockade.cli.UnusableException;
import dev.stockade.cli.manifest.YamlDocument;
import dev.stockade.cli.manifest.YamlReader;
import dev.stockade.cli.question.Verb;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * A table of cases.
 *
 * @param policies files, folders and patterns, from the folder of the table
 * @param namespace of names that are written without one
 * @param cases at least one
 */
public record CaseFile(List<String> policies, Optional<String> namespace, List<Case> cases) {
    private static final Set<String> TOP = Set.of("policies", "namespace", "cases");
    private static final Set<String> DECISIONS = Set.of("allow", "deny", "observe-deny");
    private static final Set<String> OF_A_CASE = ofACase();

    public CaseFile {
        policies = List.copyOf(policies);
        requireNonNull(namespace);
        cases = List.copyOf(cases);
    }

    private static Set<String> ofACase() {
        Set<String> keys = new TreeSet<>(Set.of("name", "agent", "server", "args"));
        for (Verb verb : Verb.values()) {
            keys.add(verb.word());
        }
        for (Expectation one : Expectation.values()) {
            keys.add(one.key());
        }
        return Set.copyOf(keys);
    }

    /**
     * Reads a table.
     *
     * @param source how to name it
     * @throws UnusableException with a sentence and a place for everything that is wrong with it
     */
    public static CaseFile read(String source, String text) throws UnusableException {
        List<YamlDocument> documents = YamlReader.read(source, text);
        if (documents.size() != 1) {
            throw new UnusableException(source + ": this is not one table of cases, there are " + documents.size()
                    + " YAML documents in it.");
        }
        return new Reading(documents.getFirst()).file();
    }

    /** One table that is being read. */
    private static final class Reading {
        private final YamlDocument document;
        private final List<String> problems = new ArrayList<>();

        Reading(YamlDocument document) {
            this.document = document;
        }

        CaseFile file() throws UnusableException {
            JsonNode root = document.root();
            known(root, "", TOP);
            List<String> policies = new ArrayList<>();
            for (JsonNode name : root.path("policies")) {
                policies.add(name.asText());
            }
            if (policies.isEmpty()) {
                problem("policies", "policies is missing: a list of the files, folders or patterns with the manifests");
            }
            List<Case> cases = new ArrayList<>();
            JsonNode table = root.path("cases");
            if (!table.isArray() || table.isEmpty()) {
                problem("cases", "cases is missing or empty: a list of questions with the answers that are expected");
            }
            for (int i = 0; i < table.size() && table.isArray(); i++) {
                one(table.get(i), "cases[" + i + "]").ifPresent(cases::add);
            }
            if (!problems.isEmpty()) {
                throw new UnusableException(problems);
            }
            Optional<String> namespace =
                    root.has("namespace") ? Optional.of(root.path("namespace").asText()) : Optional.empty();
            return new CaseFile(policies, namespace, cases);
        }

        private Optional<Case> one(JsonNode node, String path) {
            int before = problems.size();
            if (!known(node, path, OF_A_CASE)) {
                return Optional.empty();
            }
            List<Verb> verbs = new ArrayList<>();
            for (Verb verb : Verb.values()) {
                if (node.has(verb.word())) {
                    verbs.add(verb);
                }
            }
            if (verbs.size() != 1) {
                problem(
                        path,
                        "a case has exactly one of call (a tool), read (a resource), get (a prompt), connect: true");
                return Optional.empty();
            }
            Verb verb = verbs.getFirst();
            String thing = verb == Verb.CONNECT ? "" : text(node, verb.word(), path);
            if (verb == Verb.CONNECT && !node.path("connect").asBoolean()) {
                problem(path + ".connect", "connect is asked with connect: true");
            }
            if (node.has("args") && !verb.takesArguments()) {
                problem(path + ".args", "args are sent with call and get alone");
            }
            String agent = text(node, "agent", path);
            String server = text(node, "server", path);
            Map<Expectation, String> expected = expected(node, path);
            return problems.size() > before
                    ? Optional.empty()
                    : Optional.of(new Case(
                            document.at(path),
                            node.path("name").asText(),
                            agent,
                            server,
                            verb,
                            thing,
                            arguments(node.path("args")),
                            expected));
        }

        private Map<Expectation, String> expected(JsonNode node, String path) {
            Map<Expectation, String> expected = new EnumMap<>(Expectation.class);
            for (Expectation one : Expectation.values()) {
                if (node.has(one.key())) {
                    expected.put(one, text(node, one.key(), path));
                }
            }
            String decision = expected.getOrDefault(Expectation.DECISION, "");
            if (!DECISIONS.contains(decision)) {
                problem(
                        path + (node.has("expect") ? ".expect" : ""),
                        "expect is missing or none of allow, deny, observe-deny");
            }
            return expected;
        }

        /** A text stands for itself, so that a case can send what no honest program would. */
        private static Optional<String> arguments(JsonNode args) {
            if (args.isMissingNode()) {
                return Optional.empty();
            }
            return Optional.of(args.isTextual() ? args.asText() : args.toString());
        }

        private String text(JsonNode node, String key, String path) {
            if (!node.path(key).isTextual() || node.path(key).asText().isEmpty()) {
                problem(path + (node.has(key) ? "." + key : ""), key + " is missing or not a text");
            }
            return node.path(key).asText();
        }

        private boolean known(JsonNode node, String path, Set<String> keys) {
            if (!node.isObject()) {
                problem(path, "an object with some of these is wanted: " + String.join(", ", new TreeSet<>(keys)));
                return false;
            }
            node.fieldNames().forEachRemaining(key -> {
                if (!keys.contains(key)) {
                    problem(
                            path.isEmpty() ? key : path + "." + key,
                            "there is no " + key + " here; there are " + String.join(", ", new TreeSet<>(keys)));
                }
            });
            return true;
        }

        private void problem(String path, String sentence) {
            problems.add(document.at(path) + ": " + sentence + ".");
        }
    }
}
