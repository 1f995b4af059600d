package dev.stockade.cli.question;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.stockade.cli.UnusableException;
import dev.stockade.model.json.Arguments;
import dev.stockade.model.json.JsonText;
import dev.stockade.model.mcp.McpMessage;
import dev.stockade.model.mcp.McpMethod;
import dev.stockade.model.mcp.McpReader;
import java.nio.ByteBuffer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The message that a question stands for, as an agent would send it, read by the sidecar's reader. The arguments stand in it
 * exactly as they were given.
 *
 * @param body the whole message
 * @param message what the reader made of it
 */
record RequestText(ByteBuffer body, McpMessage message) {
    private static final Pattern OFFSET = Pattern.compile("^byte ([0-9]+): ");

    /** @throws UnusableException if the arguments are no arguments at all: they close the object that they stand in */
    static RequestText of(Question question) throws UnusableException {
        JsonText text = new JsonText(256)
                .raw("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":")
                .string(question.verb().method().word());
        int from = 0;
        int to = 0;
        if (question.verb().method().subject() != McpMethod.Subject.NONE) {
            text.raw(",\"params\":{")
                    .raw(question.verb() == Verb.READ ? "\"uri\":" : "\"name\":")
                    .string(question.thing());
            if (question.arguments().isPresent()) {
                byte[] arguments = question.arguments().get().strip().getBytes(UTF_8);
                text.raw(",\"arguments\":");
                from = text.length();
                text.raw(arguments, 0, arguments.length);
                to = text.length();
            }
            text.raw("}");
        }
        ByteBuffer body = ByteBuffer.wrap(text.raw("}").toByteArray());
        McpMessage message = new McpReader(0).read(body);
        if (message instanceof McpMessage.Malformed malformed) {
            return new RequestText(body, within(malformed, from));
        }
        if (to > from && message instanceof McpMessage.Call call) {
            boolean whole = call.params().arguments().start() == from
                    && call.params().arguments().end() == to;
            if (!whole && !question.arguments().get().strip().equals("null")) {
                throw new UnusableException("The arguments are not one JSON object.");
            }
        }
        return new RequestText(body, message);
    }

    /** What conditions see as {@code args}; none of a message that cannot be read. */
    Arguments arguments() {
        return message instanceof McpMessage.Call call
                ? new Arguments(body, call.params().arguments())
                : Arguments.none();
    }

    /** Places in the message are told as places in the arguments: the rest was not written by the person who reads it. */
    private static McpMessage.Malformed within(McpMessage.Malformed malformed, int from) {
        Matcher offset = OFFSET.matcher(malformed.sentence());
        if (from > 0 && offset.find() && Long.parseLong(offset.group(1)) >= from) {
            return new McpMessage.Malformed(
                    "byte " + (Long.parseLong(offset.group(1)) - from) + " of the arguments: "
                            + malformed.sentence().substring(offset.end()),
                    malformed.id());
        }
        return malformed;
    }
}
