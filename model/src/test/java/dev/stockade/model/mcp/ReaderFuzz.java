package dev.stockade.model.mcp;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.stockade.model.json.JsonRefusedException;
import dev.stockade.model.policy.GuardedKind;
import dev.stockade.model.policy.ResourceUri;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What must hold for any bytes, whoever sends them: the entry point of the coverage-guided fuzzer, and of a test that replays its
 * seeds. Whatever is wrong is thrown.
 */
public final class ReaderFuzz {
    private static final ObjectMapper JACKSON =
            new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    private static final McpReader READER = new McpReader(5);
    private static final ListFilter FILTER = new ListFilter(6);
    private static final ByteBuffer DIRECT = ByteBuffer.allocateDirect(1 << 15);

    private ReaderFuzz() {}

    /** Called by the fuzzer, by this name. */
    public static void fuzzerTestOneInput(byte[] bytes) {
        agentSends(bytes);
        serverAnswers(bytes);
        serverLists(bytes);
        serverStreams(bytes);
        uriIsNamed(new String(bytes, UTF_8));
    }

    private static void require(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }

    /** What is accepted is read as Jackson reads it, from whatever memory. */
    private static void agentSends(byte[] bytes) {
        McpMessage message = READER.read(ByteBuffer.wrap(bytes));
        ByteBuffer direct = bytes.length < DIRECT.capacity() ? DIRECT : ByteBuffer.allocateDirect(bytes.length + 1);
        direct.clear().put((byte) '{').put(bytes).flip().position(1);
        require(READER.read(direct).equals(message), "direct memory is read differently");
        if (message instanceof McpMessage.Malformed) {
            return;
        }
        String disagreement = WholeReading.disagreement(bytes, message);
        require(disagreement.isEmpty(), "Jackson reads differently: " + disagreement);
        if (message instanceof McpMessage.Call call) {
            call.params().targets().stream()
                    .filter(target -> target.kind() == GuardedKind.RESOURCE)
                    .forEach(target -> uriIsNamed(target.name()));
        }
    }

    /** Where pieces end does not matter, and what is passed on means to the receiver what the scanner says. */
    private static void serverAnswers(byte[] bytes) {
        AnswerScanner whole = new AnswerScanner();
        whole.feed(bytes, 0, bytes.length);
        AnswerScanner pieces = new AnswerScanner();
        int size = 1 + bytes.length % 7;
        for (int i = 0; i < bytes.length; i += size) {
            pieces.feed(bytes, i, Math.min(bytes.length, i + size));
        }
        require(said(pieces).equals(said(whole)), "pieces of " + size + " bytes are read differently");
        if (!whole.complete()) {
            return;
        }
        JsonNode read;
        try {
            read = JACKSON.readTree(bytes);
        } catch (IOException e) {
            return;
        }
        require(whole.hasMethod() == read.has("method"), "whether the answer has a method");
        require(whole.method().equals(read.path("method").asText("")), "the method of the answer");
        require(whole.isError() == read.has("error"), "whether the answer is an error");
        id(read.path("id"), whole.id());
        JsonNode params = read.path("params");
        require(!params.path("uri").isTextual() || params.get("uri").textValue().equals(whole.uri()), "the URI");
        List<String> named = whole.handed().stream().map(Handed::value).toList();
        List<JsonNode> tasks = new ArrayList<>(List.of(
                params.path("taskId"),
                params.path("_meta")
                        .path("io.modelcontextprotocol/related-task")
                        .path("taskId")));
        params.path("notifications").path("taskIds").forEach(tasks::add);
        for (JsonNode task : tasks) {
            require(!task.isTextual() || named.contains(task.textValue()), "a task is not seen");
        }
        JsonNode result = read.path("result");
        require(
                !result.path("isError").isBoolean() || result.get("isError").booleanValue() == whole.isToolError(),
                "whether the tool failed");
        for (String list : List.of("tools", "resources", "resourceTemplates", "prompts")) {
            require(!result.path(list).isArray() || whole.hasList(), "the list " + list + " is not seen");
        }
        for (JsonNode input : result.path("inputRequests")) {
            JsonNode method = input.path("method");
            require(
                    !method.isTextual() || whole.inputMethods().contains(method.textValue()),
                    "an input request is not seen");
        }
        require(result.path("inputRequests").size() <= whole.inputRequests(), "too few input requests are seen");
    }

    private static void id(JsonNode read, Optional<RequestId> id) {
        if (read.isTextual() || read.isIntegralNumber()) {
            require(id.isPresent() && id.get().text() == read.isTextual(), "the id of the answer is not seen");
            require(
                    id.get().value().equals("-0") || id.get().value().equals(read.asText()),
                    "the id of the answer is read differently");
        }
    }

    private static List<Object> said(AnswerScanner scanner) {
        return List.of(
                scanner.fault(),
                scanner.complete(),
                scanner.form(),
                scanner.method(),
                scanner.uri(),
                scanner.id(),
                scanner.isToolError(),
                scanner.hasList(),
                scanner.inputRequests(),
                scanner.inputMethods(),
                scanner.resultType(),
                scanner.handed());
    }

    /** What a filter leaves is JSON, in which nothing stands that may not be seen. */
    private static void serverLists(byte[] bytes) {
        List<ListFilter.Cut> cuts;
        try {
            cuts = FILTER.cuts(
                    ByteBuffer.wrap(bytes),
                    target -> target.name().startsWith("o"),
                    task -> task.startsWith("o") ? Optional.of("+mark") : Optional.empty(),
                    bytes.length % 2 == 0);
        } catch (JsonRefusedException e) {
            return;
        }
        ByteArrayOutputStream left = new ByteArrayOutputStream();
        int from = 0;
        for (ListFilter.Cut cut : cuts) {
            require(cut.range().start() >= from, "cuts overlap");
            left.write(bytes, from, cut.range().start() - from);
            left.writeBytes(cut.replacement().getBytes(UTF_8));
            from = cut.range().end();
        }
        left.write(bytes, from, bytes.length - from);
        JsonNode read;
        try {
            JACKSON.readTree(bytes);
            read = JACKSON.readTree(left.toByteArray());
        } catch (IOException e) {
            require(isRefused(bytes), "what the filter leaves is no JSON");
            return;
        }
        for (JsonNode tool : read.path("result").path("tools")) {
            require(tool.path("name").asText().startsWith("o"), "a tool that may not be seen is left");
        }
        for (JsonNode task : read.path("result").path("tasks")) {
            String id = task.path("taskId").asText();
            require(id.startsWith("o") && id.endsWith("+mark"), "a task of another is left, or one without its mark");
        }
    }

    private static boolean isRefused(byte[] bytes) {
        try {
            JACKSON.readTree(bytes);
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    /** Where pieces end does not matter to where events end. */
    private static void serverStreams(byte[] bytes) {
        List<Integer> whole = ends(bytes, Math.max(1, bytes.length));
        require(ends(bytes, 1 + bytes.length % 5).equals(whole), "events end elsewhere in pieces");
        int from = 0;
        for (int end : whole) {
            SseEvent event =
                    SseEvent.of(ByteBuffer.wrap(bytes, from, end - from).slice());
            SseEvent again = SseEvent.of(ByteBuffer.wrap(event.withData(new byte[] {'{', '\n', '}'})));
            require(UTF_8.decode(again.data()).toString().equals("{ }"), "the data of an event is not replaced");
            require(again.hasId() == event.hasId(), "an event lost its id");
            require(
                    event.breaksElsewhere() || again.isMessage() == event.isMessage(),
                    "an event lost its type, or got another");
            require(!again.breaksElsewhere(), "a line of a rewritten event ends elsewhere for some clients");
            from = end;
        }
    }

    private static List<Integer> ends(byte[] bytes, int size) {
        SseBoundary boundary = new SseBoundary();
        List<Integer> ends = new ArrayList<>();
        for (int i = 0; i < bytes.length; i += size) {
            int to = Math.min(bytes.length, i + size);
            int end = boundary.end(bytes, i, to);
            while (end >= 0) {
                ends.add(end);
                end = boundary.end(bytes, end, to);
            }
        }
        return ends;
    }

    /** The normal form of a URI is without fault, and its own normal form. */
    private static void uriIsNamed(String uri) {
        if (ResourceUri.fault(uri).isEmpty()) {
            String normal = ResourceUri.normal(uri);
            require(ResourceUri.fault(normal).isEmpty(), "the normal form has a fault");
            require(ResourceUri.normal(normal).equals(normal), "the normal form has another");
        }
    }
}
