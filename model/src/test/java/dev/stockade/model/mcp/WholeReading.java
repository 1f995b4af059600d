package dev.stockade.model.mcp;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import dev.stockade.model.json.ByteRange;
import dev.stockade.model.policy.GuardedKind;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What Jackson reads in a body: the other reader that {@link McpReader} is compared with, and the form in which the programs of
 * other languages (src/test/go, node, python) tell what they read.
 *
 * <p>The form is one line: the whole document, a space, and an array of what a server picks out of it ({@link #PICKED}, then
 * whether there is a result and whether there is an error), or {@code refused}. A value is {@code n}, {@code t}, {@code f},
 * {@code d} and the 16 hexadecimal digits of a double, {@code s}, the hexadecimal digits of the UTF-8 and {@code ;},
 * {@code [...]}, or {@code {...}} with its keys (as strings) in the order of their UTF-8.
 *
 * <p>Numbers are compared as doubles, since that is what two of the languages make of every number, and -0 is 0. Integers beyond
 * 2^53 are for conditions to refuse, which look at them.
 */
final class WholeReading {
    static final String REFUSED = "refused";

    private static final List<List<String>> PICKED = List.of(
            List.of("id"),
            List.of("method"),
            List.of("params", "name"),
            List.of("params", "uri"),
            List.of("params", "arguments"),
            List.of("params", "task"),
            List.of("params", "ref", "type"),
            List.of("params", "ref", "name"),
            List.of("params", "ref", "uri"),
            List.of("params", "_meta", "io.modelcontextprotocol/protocolVersion"),
            List.of("params", "notifications", "resourceSubscriptions"));

    private static final ObjectMapper USUAL = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    private static final ObjectMapper STRICT =
            USUAL.copy().configure(JsonParser.Feature.STRICT_DUPLICATE_DETECTION, true);

    private WholeReading() {}

    /** The line that tells what Jackson reads, with the settings that people use. */
    static String of(byte[] body) {
        try {
            JsonNode whole = USUAL.readTree(body);
            if (!whole.isObject()) {
                return REFUSED;
            }
            StringBuilder line = new StringBuilder();
            canonical(whole, line);
            line.append(" [");
            for (List<String> path : PICKED) {
                canonical(at(whole, path), line);
            }
            line.append(whole.has("result") ? 't' : 'f').append(whole.has("error") ? 't' : 'f');
            return line.append(']').toString();
        } catch (IOException | ArithmeticException e) {
            return REFUSED;
        }
    }

    private static JsonNode at(JsonNode whole, List<String> path) {
        JsonNode node = whole;
        for (String key : path) {
            node = node.isObject() && node.has(key) ? node.get(key) : MissingNode.getInstance();
        }
        return node;
    }

    private static void canonical(JsonNode value, StringBuilder out) {
        if (value.isMissingNode() || value.isNull()) {
            out.append('n');
        } else if (value.isBoolean()) {
            out.append(value.booleanValue() ? 't' : 'f');
        } else if (value.isNumber()) {
            double number = value.doubleValue() + 0.0;
            if (!Double.isFinite(number)) {
                throw new ArithmeticException("not finite");
            }
            out.append('d').append(HexFormat.of().toHexDigits(Double.doubleToRawLongBits(number)));
        } else if (value.isTextual()) {
            string(value.textValue(), out);
        } else if (value.isArray()) {
            out.append('[');
            value.forEach(item -> canonical(item, out));
            out.append(']');
        } else {
            Map<String, Map.Entry<String, JsonNode>> members = new TreeMap<>();
            value.properties().forEach(member -> members.put(hex(member.getKey()), member));
            out.append('{');
            for (Map.Entry<String, JsonNode> member : members.values()) {
                string(member.getKey(), out);
                canonical(member.getValue(), out);
            }
            out.append('}');
        }
    }

    private static void string(String text, StringBuilder out) {
        out.append('s').append(hex(text)).append(';');
    }

    private static String hex(String text) {
        return HexFormat.of().formatHex(text.getBytes(UTF_8));
    }

    /** Where our reader and Jackson at its strictest disagree on a body that ours accepted; "" if nowhere. */
    static String disagreement(byte[] body, McpMessage message) {
        JsonNode whole;
        try {
            whole = STRICT.readTree(body);
        } catch (IOException e) {
            return "Jackson refuses it: " + e.getMessage();
        }
        return switch (message) {
            case McpMessage.Request request -> first(id(whole, request.id()), call(body, whole, request));
            case McpMessage.Notification notification ->
                first(whole.has("id") ? "it has an id" : "", call(body, whole, notification));
            case McpMessage.Response response ->
                first(
                        id(whole, response.id()),
                        whole.has("method") ? "it has a method" : "",
                        whole.has("error") == response.error() && whole.has("result") != response.error()
                                ? ""
                                : "whether it is an error");
            case McpMessage.Malformed malformed -> "";
        };
    }

    private static String first(String... disagreements) {
        for (String disagreement : disagreements) {
            if (!disagreement.isEmpty()) {
                return disagreement;
            }
        }
        return "";
    }

    private static String id(JsonNode whole, RequestId id) {
        JsonNode node = whole.path("id");
        return node.isTextual() == id.text()
                        && node.isTextual() != node.isIntegralNumber()
                        && node.asText().equals(id.value())
                ? ""
                : "the id";
    }

    private static String call(byte[] body, JsonNode whole, McpMessage.Call call) {
        if (!whole.path("method").isTextual()
                || !whole.path("method").textValue().equals(call.method())) {
            return "the method";
        }
        if (call.known().isEmpty()) {
            return "";
        }
        McpMethod method = call.known().get();
        JsonNode params = whole.path("params");
        McpMessage.Params read = call.params();
        if (!targets(method, params).equals(Optional.of(read.targets()))) {
            return "what it names";
        }
        if (method.subject() == McpMethod.Subject.NONE && !whole.has("params")) {
            return read.equals(McpMessage.Params.NONE) ? "" : "the params that are not there";
        }
        if (!params.path("_meta")
                .path("io.modelcontextprotocol/protocolVersion")
                .asText("")
                .equals(read.protocolVersion())) {
            return "the protocol version";
        }
        if (params.hasNonNull("task") != read.task()) {
            return "whether it is a task";
        }
        return first(
                brought(body, method, params, read.brought()),
                arguments(body, params.path("arguments"), read.arguments()));
    }

    private static String brought(byte[] body, McpMethod method, JsonNode params, Brought read) {
        List<JsonNode> tasks = new ArrayList<>();
        if (method.subject() == McpMethod.Subject.TASK) {
            tasks.add(params.path("taskId"));
        } else if (method.subject() == McpMethod.Subject.SUBSCRIPTIONS) {
            params.path("notifications").path("taskIds").forEach(tasks::add);
        }
        JsonNode related = params.path("_meta")
                .path("io.modelcontextprotocol/related-task")
                .path("taskId");
        boolean same = read.state().map(Brought.Value::text).equals(text(params.path("requestState")))
                && read.related().map(Brought.Value::text).equals(text(related))
                && read.tasks().stream()
                        .map(Brought.Value::text)
                        .toList()
                        .equals(tasks.stream().map(JsonNode::textValue).toList());
        boolean lie = Stream.of(read.state().stream(), read.tasks().stream(), read.related().stream())
                .flatMap(values -> values)
                .allMatch(value -> lies(body, value));
        return same && lie ? "" : "what it brings back";
    }

    private static Optional<String> text(JsonNode node) {
        return Optional.ofNullable(node.textValue());
    }

    private static boolean lies(byte[] body, Brought.Value value) {
        try {
            return STRICT.readTree(body, value.range().start(), value.range().length())
                    .asText()
                    .equals(value.text());
        } catch (IOException e) {
            return false;
        }
    }

    private static Optional<List<Target>> targets(McpMethod method, JsonNode params) {
        return switch (method.subject()) {
            case NONE, TASK -> Optional.of(List.of());
            case TOOL_NAME -> one(GuardedKind.TOOL, params.path("name"));
            case PROMPT_NAME -> one(GuardedKind.PROMPT, params.path("name"));
            case RESOURCE_URI -> one(GuardedKind.RESOURCE, params.path("uri"));
            case REFERENCE -> {
                JsonNode ref = params.path("ref");
                yield ref.path("type").asText().equals("ref/prompt")
                        ? one(GuardedKind.PROMPT, ref.path("name"))
                        : one(GuardedKind.RESOURCE, ref.path("uri"));
            }
            case SUBSCRIPTIONS -> {
                List<Target> all = new ArrayList<>();
                for (JsonNode uri : params.path("notifications").path("resourceSubscriptions")) {
                    one(GuardedKind.RESOURCE, uri).ifPresent(all::addAll);
                }
                yield Optional.of(all);
            }
        };
    }

    private static Optional<List<Target>> one(GuardedKind kind, JsonNode name) {
        return name.isTextual() ? Optional.of(List.of(new Target(kind, name.textValue()))) : Optional.empty();
    }

    private static String arguments(byte[] body, JsonNode arguments, ByteRange range) {
        if (arguments.isMissingNode() || arguments.isNull()) {
            return range.isEmpty() ? "" : "arguments that are not there";
        }
        try {
            return STRICT.readTree(body, range.start(), range.length()).equals(arguments) ? "" : "the arguments";
        } catch (IOException e) {
            return "where the arguments are";
        }
    }
}
