package dev.stockade.sidecar.inbound;

import io.netty.handler.codec.http2.Http2Headers;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The head of a CONNECT, read strictly (RFC 9113 sections 8.2, 8.3 and 8.5). The codec is told to leave that to this class, so
 * that whatever is malformed is answered and recorded like every other refusal. Pure.
 */
final class ConnectHead {
    /** A CONNECT has two fields; some tracing may come along. */
    static final int MOST_FIELDS = 64;

    private static final int LONGEST_AUTHORITY = 64;
    private static final Set<String> PSEUDO = Set.of(":method", ":authority");
    private static final Set<String> OF_HTTP_1 =
            Set.of("connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade");
    private static final Pattern NAME = Pattern.compile("[a-z0-9!#$%&'*+.^_`|~-]{1,256}");

    private ConnectHead() {}

    /** Whether there are more fields than any caller of ours sends. */
    static boolean crowded(Http2Headers headers) {
        return headers.size() > MOST_FIELDS;
    }

    /** Whether it is a CONNECT to one of these addresses, with this port, and nothing else. */
    static boolean leadsTo(OwnAddresses own, int port, Http2Headers headers) {
        return one(headers, ":method", "CONNECT".length())
                && headers.method().toString().equals("CONNECT")
                && one(headers, ":authority", LONGEST_AUTHORITY)
                && own.has(headers.authority().toString(), port)
                && wellFormed(headers);
    }

    private static boolean one(Http2Headers headers, String name, int longest) {
        var values = headers.getAll(name);
        return values.size() == 1 && values.getFirst().length() <= longest;
    }

    private static boolean wellFormed(Http2Headers headers) {
        for (Map.Entry<CharSequence, CharSequence> field : headers) {
            String name = field.getKey().toString();
            boolean known = name.startsWith(":")
                    ? PSEUDO.contains(name)
                    : NAME.matcher(name).matches() && !OF_HTTP_1.contains(name);
            if (!known || !isText(field.getValue())) {
                return false;
            }
        }
        return true;
    }

    /** RFC 9110 section 5.5: neither NUL, CR nor LF; we bear no other control character either. */
    private static boolean isText(CharSequence value) {
        return value.chars().allMatch(c -> c == '\t' || (c >= ' ' && c != 0x7f));
    }
}
