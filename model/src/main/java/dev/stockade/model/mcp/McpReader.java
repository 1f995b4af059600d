package dev.stockade.model.mcp;

import dev.stockade.model.json.ByteRange;
import dev.stockade.model.json.JsonPieces;
import dev.stockade.model.json.JsonRefusedException;
import dev.stockade.model.json.Members;
import dev.stockade.model.json.Members.ObjectKeys;
import dev.stockade.model.json.Members.WantedKey;
import dev.stockade.model.json.StrictJson;
import dev.stockade.model.policy.GuardedKind;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads one message of an agent, strictly: what is accepted is read the same by every JSON parser. Used again and again, by
 * one thread at a time.
 *
 * <p>JSON-RPC 2.0 sections 4 and 5, narrowed by MCP 2025-11-25 and 2026-07-28 "Messages": no batch, {@code params} an object,
 * an id that is a string or an integer and never null.
 */
public final class McpReader {
    private static final int JSONRPC = 0;
    private static final int ID = 1;
    private static final int METHOD = 2;
    private static final int PARAMS = 3;
    private static final int RESULT = 4;
    private static final int ERROR = 5;
    private static final int NAME = 6;
    private static final int URI = 7;
    private static final int ARGUMENTS = 8;
    private static final int REF = 9;
    private static final int REF_TYPE = 10;
    private static final int REF_NAME = 11;
    private static final int REF_URI = 12;
    private static final int META = 13;
    private static final int META_VERSION = 14;
    private static final int TASK = 15;
    private static final int NOTIFICATIONS = 16;
    private static final int RESOURCE_SUBSCRIPTIONS = 17;
    private static final int TASK_ID = 18;
    private static final int REQUEST_STATE = 19;
    private static final int INPUT_RESPONSES = 20;
    private static final int TASK_SUBSCRIPTIONS = 21;
    private static final int META_RELATED = 22;
    private static final int META_RELATED_ID = 23;
    private static final int RESULT_META = 24;
    private static final int RESULT_RELATED = 25;
    private static final int RESULT_RELATED_ID = 26;
    private static final int META_TRACEPARENT = 27;

    private static final Members.Layout LAYOUT = new Members.Layout(
            new ObjectKeys(
                    true,
                    true,
                    List.of(
                            WantedKey.leaf("jsonrpc", JSONRPC),
                            WantedKey.leaf("id", ID),
                            WantedKey.leaf("method", METHOD),
                            WantedKey.object("params", PARAMS, params()),
                            WantedKey.object("result", RESULT, result()),
                            WantedKey.leaf("error", ERROR))),
            28);

    /** 2025-11-25 basic/utilities/tasks, "Related Task Metadata". */
    private static WantedKey relatedTask(int member, int id) {
        return WantedKey.object(
                "io.modelcontextprotocol/related-task",
                member,
                new ObjectKeys(false, true, List.of(WantedKey.leaf("taskId", id))));
    }

    private static ObjectKeys result() {
        ObjectKeys meta = new ObjectKeys(false, true, List.of(relatedTask(RESULT_RELATED, RESULT_RELATED_ID)));
        return new ObjectKeys(false, false, List.of(WantedKey.object("_meta", RESULT_META, meta)));
    }

    private static ObjectKeys params() {
        ObjectKeys ref = new ObjectKeys(
                false,
                true,
                List.of(
                        WantedKey.leaf("type", REF_TYPE),
                        WantedKey.leaf("name", REF_NAME),
                        WantedKey.leaf("uri", REF_URI)));
        ObjectKeys meta = new ObjectKeys(
                false,
                true,
                List.of(
                        WantedKey.leaf("io.modelcontextprotocol/protocolVersion", META_VERSION),
                        WantedKey.noted("traceparent", META_TRACEPARENT),
                        relatedTask(META_RELATED, META_RELATED_ID)));
        ObjectKeys notifications = new ObjectKeys(
                false,
                true,
                List.of(
                        WantedKey.leaf("resourceSubscriptions", RESOURCE_SUBSCRIPTIONS),
                        WantedKey.leaf("taskIds", TASK_SUBSCRIPTIONS)));
        return new ObjectKeys(
                false,
                true,
                List.of(
                        WantedKey.leaf("name", NAME),
                        WantedKey.leaf("uri", URI),
                        WantedKey.leaf("arguments", ARGUMENTS),
                        WantedKey.object("_meta", META, meta),
                        WantedKey.object("ref", REF, ref),
                        WantedKey.leaf("task", TASK),
                        WantedKey.leaf("taskId", TASK_ID),
                        WantedKey.leaf("requestState", REQUEST_STATE),
                        WantedKey.leaf("inputResponses", INPUT_RESPONSES),
                        WantedKey.object("notifications", NOTIFICATIONS, notifications)));
    }

    private static final int LONGEST_TRACEPARENT = 256;

    /** How many URIs, and how many tasks, one {@code subscriptions/listen} may name. */
    private static final int MOST_SUBSCRIPTIONS = 1000;

    private static final int LONGEST_METHOD = 128;
    /** A sign and the sixteen digits of 2^53. */
    private static final int LONGEST_NUMBER = 17;

    private final StrictJson json;
    private final Members found = new Members(LAYOUT);
    private ByteBuffer body = ByteBuffer.allocate(0);

    /** @param seed any number that a sender cannot know */
    public McpReader(long seed) {
        json = new StrictJson(StrictJson.Sender.AGENT, seed);
    }

    /** Reads the buffer from its position to its limit, which stay as they are. */
    public McpMessage read(ByteBuffer document) {
        Optional<RequestId> id = Optional.empty();
        body = document;
        try {
            json.read(document, found);
            if (found.type(JSONRPC) != Members.STRING || !text(JSONRPC, 16).equals("2.0")) {
                throw new JsonRefusedException("the message has no \"jsonrpc\": \"2.0\"");
            }
            if (found.has(ID)) {
                id = Optional.of(id());
            }
            return message(id);
        } catch (JsonRefusedException e) {
            return new McpMessage.Malformed(e.sentence(), id);
        } finally {
            body = ByteBuffer.allocate(0);
        }
    }

    private McpMessage message(Optional<RequestId> id) throws JsonRefusedException {
        boolean answers = found.has(RESULT) || found.has(ERROR);
        if (!found.has(METHOD)) {
            if (!answers || found.has(RESULT) == found.has(ERROR) || found.has(PARAMS)) {
                throw new JsonRefusedException("the message is neither a request nor an answer:"
                        + " it needs either a method, or one of result and error");
            }
            if (id.isEmpty()) {
                throw new JsonRefusedException("an answer needs the id of the request that it answers");
            }
            if (found.type(found.has(RESULT) ? RESULT : ERROR) != Members.OBJECT) {
                throw new JsonRefusedException("the result or error of an answer must be an object");
            }
            Brought brought =
                    new Brought(Optional.empty(), List.of(), related(RESULT_META, RESULT_RELATED, RESULT_RELATED_ID));
            return new McpMessage.Response(id.get(), found.has(ERROR), brought);
        }
        if (answers) {
            throw new JsonRefusedException("the message is a request and an answer at once");
        }
        if (found.type(METHOD) != Members.STRING) {
            throw new JsonRefusedException("the method is not a string");
        }
        if (found.has(PARAMS) && found.type(PARAMS) != Members.OBJECT) {
            throw new JsonRefusedException("params is not an object");
        }
        String method = text(METHOD, LONGEST_METHOD);
        Optional<McpMethod> known = McpMethod.of(method);
        if (id.isEmpty() && known.isPresent() && known.get().form() == McpMethod.Form.REQUEST) {
            throw new JsonRefusedException(known.get().word() + " needs an id");
        }
        if (id.isPresent() && known.isPresent() && known.get().form() == McpMethod.Form.NOTIFICATION) {
            throw new JsonRefusedException(known.get().word() + " is a notification and must have no id");
        }
        McpMessage.Params params = params(known);
        return id.isPresent()
                ? new McpMessage.Request(id.get(), method, known, params)
                : new McpMessage.Notification(method, known, params);
    }

    private McpMessage.Params params(Optional<McpMethod> known) throws JsonRefusedException {
        if (!found.has(PARAMS) && (known.isEmpty() || known.get().subject() == McpMethod.Subject.NONE)) {
            return McpMessage.Params.NONE;
        }
        String version = "";
        if (found.has(META_VERSION)) {
            version = string(META_VERSION, "the protocol version in _meta", 32);
        }
        ByteRange arguments = ByteRange.NONE;
        if (found.has(ARGUMENTS) && found.type(ARGUMENTS) != Members.NULL) {
            if (found.type(ARGUMENTS) != Members.OBJECT) {
                throw new JsonRefusedException("arguments is not an object");
            }
            arguments = found.range(ARGUMENTS);
        }
        List<Target> targets = known.isEmpty() ? List.of() : targets(known.get());
        return new McpMessage.Params(
                targets,
                arguments,
                version,
                found.has(TASK) && found.type(TASK) != Members.NULL,
                brought(known),
                traceparent());
    }

    /** MCP, SEP-414: W3C Trace Context stands in {@code _meta} under its own names. Whatever it holds refuses no message. */
    private String traceparent() throws JsonRefusedException {
        ByteRange field = found.range(META_TRACEPARENT);
        return found.type(META_TRACEPARENT) == Members.STRING && field.length() <= LONGEST_TRACEPARENT
                ? JsonPieces.text(body, field)
                : "";
    }

    private Brought brought(Optional<McpMethod> known) throws JsonRefusedException {
        Optional<Brought.Value> state = found.has(REQUEST_STATE) && found.type(REQUEST_STATE) != Members.NULL
                ? Optional.of(value(REQUEST_STATE, "the requestState in params", Brought.LONGEST_STATE))
                : Optional.empty();
        McpMethod.Subject subject = known.map(McpMethod::subject).orElse(McpMethod.Subject.NONE);
        List<Brought.Value> tasks = switch (subject) {
            case TASK -> List.of(value(TASK_ID, "the taskId in params", Brought.LONGEST_TASK));
            case SUBSCRIPTIONS -> strings(TASK_SUBSCRIPTIONS, "taskIds", marked(Brought.LONGEST_TASK));
            case NONE, TOOL_NAME, PROMPT_NAME, RESOURCE_URI, REFERENCE -> List.of();
        };
        Optional<Brought.Value> related = related(META, META_RELATED, META_RELATED_ID);
        return state.isEmpty() && tasks.isEmpty() && related.isEmpty()
                ? Brought.NOTHING
                : new Brought(state, tasks, related);
    }

    private Optional<Brought.Value> related(int meta, int task, int id) throws JsonRefusedException {
        if (found.type(meta) != Members.OBJECT || !found.has(task)) {
            return Optional.empty();
        }
        if (found.type(task) != Members.OBJECT) {
            throw new JsonRefusedException("the related-task in _meta is not an object");
        }
        return Optional.of(value(id, "the taskId of related-task in _meta", Brought.LONGEST_TASK));
    }

    private Brought.Value value(int member, String what, int longest) throws JsonRefusedException {
        return new Brought.Value(string(member, what, marked(longest)), found.range(member));
    }

    private static int marked(int longest) {
        return longest + OwnerMarks.LENGTH;
    }

    private List<Target> targets(McpMethod method) throws JsonRefusedException {
        return switch (method.subject()) {
            case NONE, TASK -> List.of();
            case TOOL_NAME -> List.of(new Target(GuardedKind.TOOL, string(NAME, "the name in params", Target.LONGEST)));
            case PROMPT_NAME ->
                List.of(new Target(GuardedKind.PROMPT, string(NAME, "the name in params", Target.LONGEST)));
            case RESOURCE_URI ->
                List.of(new Target(GuardedKind.RESOURCE, string(URI, "the uri in params", Target.LONGEST)));
            case REFERENCE -> List.of(reference());
            case SUBSCRIPTIONS -> subscriptions();
        };
    }

    private Target reference() throws JsonRefusedException {
        String type = string(REF_TYPE, "the type of ref in params", LONGEST_METHOD);
        return switch (type) {
            case "ref/prompt" -> new Target(GuardedKind.PROMPT, string(REF_NAME, "the name in ref", Target.LONGEST));
            case "ref/resource" -> new Target(GuardedKind.RESOURCE, string(REF_URI, "the uri in ref", Target.LONGEST));
            default -> throw new JsonRefusedException("the type of ref is neither ref/prompt nor ref/resource");
        };
    }

    private List<Target> subscriptions() throws JsonRefusedException {
        if (found.type(NOTIFICATIONS) != Members.OBJECT) {
            throw new JsonRefusedException("notifications in params is missing or not an object");
        }
        return strings(RESOURCE_SUBSCRIPTIONS, "resourceSubscriptions", Target.LONGEST).stream()
                .map(uri -> new Target(GuardedKind.RESOURCE, uri.text()))
                .toList();
    }

    /** The items of an array, which is absent, null, or holds strings alone. */
    private List<Brought.Value> strings(int member, String what, int longest) throws JsonRefusedException {
        if (!found.has(member) || found.type(member) == Members.NULL) {
            return List.of();
        }
        if (found.type(member) != Members.ARRAY) {
            throw new JsonRefusedException(what + " is not an array");
        }
        List<Brought.Value> items = new ArrayList<>();
        int at = found.start(member) + 1;
        int end = found.end(member) - 1;
        while (at < end) {
            int b = at(at);
            if (b == '"') {
                ByteRange range = new ByteRange(at, JsonPieces.closingQuote(body, at) + 1);
                items.add(new Brought.Value(text(range, longest), range));
                at = range.end();
            } else if (b == ',' || b == ' ' || b == '\n' || b == '\r' || b == '\t') {
                at++;
            } else {
                throw new JsonRefusedException(what + " holds something that is not a string");
            }
            if (items.size() > MOST_SUBSCRIPTIONS) {
                throw new JsonRefusedException(what + " names more than " + MOST_SUBSCRIPTIONS);
            }
        }
        return items;
    }

    private int at(int offset) {
        return body.get(body.position() + offset);
    }

    private RequestId id() throws JsonRefusedException {
        ByteRange range = found.range(ID);
        return switch (found.type(ID)) {
            case Members.STRING -> new RequestId(JsonPieces.raw(body, range), true, text(range, RequestId.LONGEST));
            case Members.INTEGER -> number(range);
            case Members.NULL -> throw new JsonRefusedException("the id is null: leave it out of a notification");
            default -> throw new JsonRefusedException("the id is neither a string nor an integer");
        };
    }

    private RequestId number(ByteRange range) throws JsonRefusedException {
        String digits = range.length() > LONGEST_NUMBER ? "" : JsonPieces.raw(body, range);
        if (digits.isEmpty() || digits.equals("-0") || Math.abs(Long.parseLong(digits)) > RequestId.LARGEST) {
            throw new JsonRefusedException("the id is a number that not every parser reads alike:"
                    + " use an integer of at most 2^53 in size, or a string");
        }
        return new RequestId(digits, false, digits);
    }

    private String string(int member, String what, int longest) throws JsonRefusedException {
        if (found.type(member) != Members.STRING) {
            throw new JsonRefusedException(what + " is missing or not a string");
        }
        return text(member, longest);
    }

    private String text(int member, int longest) throws JsonRefusedException {
        return text(found.range(member), longest);
    }

    private String text(ByteRange range, int longest) throws JsonRefusedException {
        // An escape is at most six bytes a character.
        if (range.length() - 2 <= 6 * longest) {
            String text = JsonPieces.text(body, range);
            if (text.length() <= longest) {
                return text;
            }
        }
        throw new JsonRefusedException(
                "byte " + range.start() + ": a string is longer than " + longest + " characters");
    }
}
