package dev.stockade.sidecar.mcp;

import dev.stockade.model.json.ByteRange;
import dev.stockade.model.json.JsonPieces;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The headers into which a client copies arguments of a tool (2026-07-28 basic/transports/streamable-http, "Custom Headers from Tool
 * Parameters"). Which argument one repeats stands in the tool's schema, which is not known here. But it repeats one: so each must
 * say what some argument says, a string, integer or boolean that stands in objects alone.
 */
final class ParamHeaders {
    private static final String PREFIX = "mcp-param-";
    /** More than this many no tool has, and each costs a comparison with every argument. */
    private static final int MOST = 64;

    private static final int LONGEST_INTEGER = 40;
    /** What JavaScript keeps exactly, which is all that the specification allows. */
    private static final Pattern INTEGER = Pattern.compile("-?(0|[1-9][0-9]{0,15})(\\.0{1,16})?");

    /** What headers say and no argument has said yet. */
    private final Set<String> unsaid = new HashSet<>();

    private int longest;

    private ParamHeaders() {}

    private static boolean isOne(String name) {
        return name.regionMatches(true, 0, PREFIX, 0, PREFIX.length());
    }

    /** Whether there is any. */
    static boolean any(HttpHeaders headers) {
        for (Map.Entry<String, String> header : headers) {
            if (isOne(header.getKey())) {
                return true;
            }
        }
        return false;
    }

    static void remove(HttpHeaders headers) {
        headers.names().stream().filter(ParamHeaders::isOne).toList().forEach(headers::remove);
    }

    /**
     * The sentence of a HeaderMismatch, or empty if each repeats an argument.
     *
     * @param body a message that was read strictly
     * @param arguments where its arguments are
     */
    static Optional<String> mismatch(HttpHeaders headers, ByteBuf body, ByteRange arguments) {
        if (!any(headers)) {
            return Optional.empty();
        }
        Set<String> names = new HashSet<>();
        ParamHeaders params = new ParamHeaders();
        for (Map.Entry<String, String> header : headers) {
            if (!isOne(header.getKey())) {
                continue;
            }
            Optional<String> value = ModernHeaders.decode(header.getValue());
            if (value.isEmpty() || !names.add(header.getKey().toLowerCase(Locale.ROOT)) || names.size() > MOST) {
                return Optional.of("Header mismatch: an Mcp-Param header stands twice, or cannot be decoded");
            }
            params.unsaid.add(value.get());
            params.longest = Math.max(params.longest, value.get().length());
        }
        if (!arguments.isEmpty()) {
            params.object(body.nioBuffer(), arguments.start());
        }
        return params.unsaid.isEmpty()
                ? Optional.empty()
                : Optional.of("Header mismatch: an Mcp-Param header is none of the arguments in the body");
    }

    /** Goes over the object that starts here, and returns where it ends. */
    private int object(ByteBuffer body, int start) {
        int at = start + 1;
        while (true) {
            at = space(body, at);
            if (body.get(body.position() + at) == '}') {
                return at + 1;
            }
            if (body.get(body.position() + at) == ',') {
                at = space(body, at + 1);
            }
            int colon = space(body, JsonPieces.closingQuote(body, at) + 1);
            at = value(body, space(body, colon + 1));
        }
    }

    private int value(ByteBuffer body, int start) {
        byte first = body.get(body.position() + start);
        if (first == '{') {
            return object(body, start);
        }
        int end = JsonPieces.skip(body, start);
        ByteRange range = new ByteRange(start, end);
        if (first == '"') {
            // Longer ones than any header's cannot be what a header says; an escape is at most six bytes.
            if (range.length() - 2 <= 6 * longest) {
                unsaid.remove(JsonPieces.text(body, range));
            }
        } else if (first == 't' || first == 'f') {
            unsaid.remove(JsonPieces.raw(body, range));
        } else if ((first == '-' || (first >= '0' && first <= '9')) && range.length() <= LONGEST_INTEGER) {
            integer(JsonPieces.raw(body, range));
        }
        return end;
    }

    /** Compared as numbers: 42.0 is 42. */
    private void integer(String number) {
        if (INTEGER.matcher(number).matches()) {
            BigDecimal argument = new BigDecimal(number);
            unsaid.removeIf(
                    value -> INTEGER.matcher(value).matches() && new BigDecimal(value).compareTo(argument) == 0);
        }
    }

    private static int space(ByteBuffer body, int from) {
        int at = from;
        while (true) {
            byte b = body.get(body.position() + at);
            if (b != ' ' && b != '\n' && b != '\r' && b != '\t') {
                return at;
            }
            at++;
        }
    }
}
