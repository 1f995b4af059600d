package dev.stockade.sidecar.mcp;

import dev.stockade.model.policy.Reason;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The rules for HTTP itself: which requests are taken at all, and which headers go on. Pure. */
final class HttpEdge {
    static final String SESSION = "mcp-session-id";
    static final String PROTOCOL_VERSION = "mcp-protocol-version";
    static final String MCP_METHOD = "mcp-method";
    static final String MCP_NAME = "mcp-name";
    static final String LAST_EVENT_ID = "last-event-id";
    static final String AGENT = "stockade-agent";

    private static final int LONGEST_LINE = 8192;
    /** What one request may put on the heap before anything was decided. */
    private static final int MOST_HEADERS = 16 * 1024;

    private static final int CHUNK = 64 * 1024;

    /** Two of these would be read differently by two readers. */
    private static final List<String> SINGLE = List.of(
            SESSION, PROTOCOL_VERSION, MCP_METHOD, MCP_NAME, LAST_EVENT_ID, "content-type", "host", "authorization");

    /** Of one connection only (RFC 9110 section 7.6.1), or set anew. */
    private static final Set<String> OWN = Set.of(
            "connection",
            "keep-alive",
            "proxy-authenticate",
            "proxy-authorization",
            "proxy-connection",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "expect",
            "content-length");

    /** What a caller may not claim about itself, or must not ask of the server. */
    private static final Set<String> REMOVED = Set.of(
            "host",
            "origin",
            "forwarded",
            "via",
            "accept-encoding",
            "x-real-ip",
            "true-client-ip",
            "x-client-ip",
            "x-cluster-client-ip",
            "x-user",
            "x-username",
            "x-webauth-user",
            "l5d-client-id",
            SESSION);

    private static final List<String> REMOVED_PREFIXES = List.of(
            "stockade-",
            "x-forwarded-",
            "x-stockade-",
            "x-spiffe-",
            "x-ssl-",
            "ssl-client-",
            "x-client-cert",
            "x-client-verify",
            "x-auth-request-",
            "x-authenticated-",
            "x-envoy-",
            "x-remote-",
            "remote-",
            "impersonate-",
            "x-goog-authenticated-",
            "x-goog-iap-",
            "x-amzn-oidc-",
            "x-ms-client-principal",
            "tailscale-user-",
            "cf-access-",
            // By these some servers take another path or method than the request line's.
            "x-original-",
            "x-rewrite-",
            "x-http-method",
            "x-method-override");

    private HttpEdge() {}

    /**
     * Why a message is refused before its body was looked at.
     *
     * @param closes whether the stream cannot be used after the answer
     */
    record Refusal(HttpResponseStatus status, Reason reason, String sentence, boolean closes) {
        static Refusal of(HttpResponseStatus status, Reason reason, String sentence) {
            return new Refusal(status, reason, sentence, false);
        }

        /** The same, after which the stream ends. */
        Refusal closing() {
            return new Refusal(status, reason, sentence, true);
        }
    }

    /** The decoder of the agent's side. It refuses what could be framed in two ways. */
    static HttpRequestDecoder decoder() {
        return new HttpRequestDecoder(new HttpDecoderConfig()
                .setMaxInitialLineLength(LONGEST_LINE)
                .setMaxHeaderSize(MOST_HEADERS)
                .setMaxChunkSize(CHUNK)
                .setStrictLineParsing(true)
                .setAllowDuplicateContentLengths(false)) {
            @Override
            protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
                throw new IllegalArgumentException("Content-Length and Transfer-Encoding together");
            }
        };
    }

    /**
     * Looks at the head of a request.
     *
     * @param path the only one that is served
     * @param requestBytes how large a body may be
     */
    static Optional<Refusal> refuses(HttpRequest head, String path, long requestBytes) {
        if (head.decoderResult().isFailure()) {
            return Optional.of(badFraming());
        }
        HttpHeaders headers = head.headers();
        if (!head.protocolVersion().equals(HttpVersion.HTTP_1_1)) {
            return Optional.of(
                    new Refusal(HttpResponseStatus.HTTP_VERSION_NOT_SUPPORTED, Reason.MALFORMED, "use HTTP/1.1", true));
        }
        List<String> encodings = headers.getAll(HttpHeaderNames.TRANSFER_ENCODING);
        if (!encodings.isEmpty()
                && (encodings.size() > 1 || !HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(encodings.get(0)))) {
            return Optional.of(new Refusal(
                    HttpResponseStatus.BAD_REQUEST,
                    Reason.MALFORMED,
                    "the only Transfer-Encoding that is taken is 'chunked'",
                    true));
        }
        String length = headers.get(HttpHeaderNames.CONTENT_LENGTH);
        if (length != null && tooLong(length, requestBytes)) {
            return Optional.of(tooLarge(requestBytes));
        }
        for (String name : SINGLE) {
            if (headers.getAll(name).size() > 1) {
                return Optional.of(Refusal.of(
                        HttpResponseStatus.BAD_REQUEST, Reason.MALFORMED, "the header '" + name + "' stands twice"));
            }
        }
        if (!head.uri().equals(path)) {
            return Optional.of(Refusal.of(
                    HttpResponseStatus.NOT_FOUND,
                    Reason.UNKNOWN_PATH,
                    "this server is at the path " + path + " and no other"));
        }
        return refusesMethod(head);
    }

    private static Optional<Refusal> refusesMethod(HttpRequest head) {
        HttpMethod method = head.method();
        HttpHeaders headers = head.headers();
        if (method.equals(HttpMethod.POST)) {
            if (headers.contains(HttpHeaderNames.CONTENT_ENCODING)) {
                return Optional.of(Refusal.of(
                        HttpResponseStatus.UNSUPPORTED_MEDIA_TYPE,
                        Reason.MALFORMED,
                        "an encoded body cannot be decided on: send it without Content-Encoding"));
            }
            String type = headers.get(HttpHeaderNames.CONTENT_TYPE, "");
            if (!isJson(type)) {
                return Optional.of(Refusal.of(
                        HttpResponseStatus.UNSUPPORTED_MEDIA_TYPE,
                        Reason.MALFORMED,
                        "the Content-Type must be application/json, in UTF-8"));
            }
            return Optional.empty();
        }
        if (!method.equals(HttpMethod.GET) && !method.equals(HttpMethod.DELETE)) {
            // Who asked by HEAD takes no body, and would read the one of the refusal as the next answer.
            return Optional.of(new Refusal(
                    HttpResponseStatus.METHOD_NOT_ALLOWED, Reason.MALFORMED, "use POST, GET or DELETE", true));
        }
        if (bringsBody(headers)) {
            return Optional.of(new Refusal(
                    HttpResponseStatus.BAD_REQUEST,
                    Reason.MALFORMED,
                    "a " + method.name() + " has no body here: send messages by POST",
                    true));
        }
        return Optional.empty();
    }

    /** What no message is read from must not go on: behind a head without a length it would be the next request. */
    private static boolean bringsBody(HttpHeaders headers) {
        String length = headers.get(HttpHeaderNames.CONTENT_LENGTH, "0");
        return headers.contains(HttpHeaderNames.TRANSFER_ENCODING) || !length.equals("0");
    }

    static Refusal badFraming() {
        return new Refusal(
                HttpResponseStatus.BAD_REQUEST,
                Reason.MALFORMED,
                "the request is not strict HTTP/1.1: it can be framed or read in more than one way",
                true);
    }

    static Refusal tooLarge(long requestBytes) {
        return new Refusal(
                HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE,
                Reason.LIMIT,
                "the body is larger than limits.requestBytes, which is " + requestBytes + " bytes here",
                true);
    }

    /** Memory for what is not whole yet was not to be had. */
    static Refusal noRoom() {
        return new Refusal(
                HttpResponseStatus.SERVICE_UNAVAILABLE,
                Reason.LIMIT,
                "there was no room for this request within 10 seconds: limits.bufferBytes is spent, or this agent's share of it."
                        + " Try again later",
                true);
    }

    /** Too much has begun and not ended. */
    static Refusal tooManyHeads() {
        return new Refusal(
                HttpResponseStatus.SERVICE_UNAVAILABLE,
                Reason.LIMIT,
                "too many requests of this agent have begun and not ended",
                true);
    }

    /** It holds memory, and hardly moves. */
    static Refusal tooSlow() {
        return new Refusal(
                HttpResponseStatus.REQUEST_TIMEOUT,
                Reason.LIMIT,
                "the request came too slowly: a head has 10 seconds, and a body brings 16 KiB in each 10",
                true);
    }

    private static boolean tooLong(String length, long most) {
        try {
            return Long.parseLong(length) > most;
        } catch (NumberFormatException e) {
            return true;
        }
    }

    /** application/json, with no charset or UTF-8. */
    private static boolean isJson(String contentType) {
        String[] parts = contentType.split(";", -1);
        if (!parts[0].strip().equalsIgnoreCase("application/json")) {
            return false;
        }
        for (int i = 1; i < parts.length; i++) {
            String[] parameter = parts[i].toLowerCase(Locale.ROOT).split("=", 2);
            if (parameter[0].strip().equals("charset")
                    && (parameter.length == 1 || !(parameter[1].equals("utf-8") || parameter[1].equals("\"utf-8\"")))) {
                return false;
            }
        }
        return true;
    }

    /** Copies the headers of a request that go on to the server. */
    static void forward(HttpHeaders from, HttpHeaders to) {
        Set<String> connection = connectionHeaders(from);
        for (Map.Entry<String, String> header : from) {
            String name = header.getKey().toLowerCase(Locale.ROOT);
            if (!OWN.contains(name) && !connection.contains(name) && !isRemoved(name)) {
                to.add(header.getKey(), header.getValue());
            }
        }
    }

    /** Servers that hand headers over as variables take an underscore for a hyphen: such names do not go on at all. */
    private static boolean isRemoved(String name) {
        if (name.indexOf('_') >= 0 || REMOVED.contains(name)) {
            return true;
        }
        for (int i = 0; i < REMOVED_PREFIXES.size(); i++) {
            if (name.startsWith(REMOVED_PREFIXES.get(i))) {
                return true;
            }
        }
        return false;
    }

    /** Copies the headers of an answer that go on to the agent. Length, type and session are set by the caller. */
    static void giveBack(HttpHeaders from, HttpHeaders to) {
        Set<String> connection = connectionHeaders(from);
        for (Map.Entry<String, String> header : from) {
            String name = header.getKey().toLowerCase(Locale.ROOT);
            if (!OWN.contains(name)
                    && !connection.contains(name)
                    && !name.equals(SESSION)
                    && !name.equals("content-type")
                    && !name.startsWith("stockade-")) {
                to.add(header.getKey(), header.getValue());
            }
        }
    }

    private static Set<String> connectionHeaders(HttpHeaders headers) {
        List<String> values = headers.getAll(HttpHeaderNames.CONNECTION);
        if (values.isEmpty()) {
            return Set.of();
        }
        Set<String> names = new HashSet<>();
        for (String value : values) {
            for (String name : value.split(",", -1)) {
                names.add(name.strip().toLowerCase(Locale.ROOT));
            }
        }
        return names;
    }

    /** Whether an answer of this status never has a body (RFC 9110 section 6.4.1). */
    static boolean hasNoBody(HttpResponseStatus status) {
        return status.code() == 204 || status.code() == 304 || status.code() < 200;
    }
}
