package dev.stockade.sidecar.outbound;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Tells the agent's program from a web page that a browser in the pod has open: a page brings its Origin, and one that made
 * its own name lead to loopback brings that name as Host. An image or a form of a page brings no Origin; there the browser itself
 * says where the request comes from (W3C Fetch Metadata, {@code Sec-Fetch-Site}). Pure.
 */
final class LocalCaller {
    private LocalCaller() {}

    /**
     * Whether a connection comes from this pod. Loopback addresses are nobody else's, but a kernel told to route them
     * ({@code route_localnet}, CVE-2020-8558) would bring a neighbour's packets to a socket that listens on one.
     */
    static boolean isOfThisPod(SocketAddress from) {
        return from instanceof InetSocketAddress address
                && address.getAddress() != null
                && address.getAddress().isLoopbackAddress();
    }

    /** Why the request is refused, as a sentence; or empty. */
    static Optional<String> refusal(HttpRequest request, Set<String> hosts) {
        if (!request.protocolVersion().equals(HttpVersion.HTTP_1_1)) {
            return Optional.of("HTTP/1.1 is spoken here.");
        }
        HttpHeaders headers = request.headers();
        List<String> host = headers.getAll(HttpHeaderNames.HOST);
        if (host.size() != 1 || !hosts.contains(host.getFirst().toLowerCase(Locale.ROOT))) {
            return Optional.of("The Host of the request is none of this address's names.");
        }
        for (String origin : headers.getAll(HttpHeaderNames.ORIGIN)) {
            if (!origin.startsWith("http://")
                    || !hosts.contains(origin.substring("http://".length()).toLowerCase(Locale.ROOT))) {
                return Optional.of("Requests of web pages (Origin) are not taken here.");
            }
        }
        for (String site : headers.getAll("sec-fetch-site")) {
            if (!site.equalsIgnoreCase("same-origin") && !site.equalsIgnoreCase("none")) {
                return Optional.of("Requests of web pages (Sec-Fetch-Site) are not taken here.");
            }
        }
        if (headers.contains(HttpHeaderNames.CONTENT_LENGTH) && headers.contains(HttpHeaderNames.TRANSFER_ENCODING)) {
            return Optional.of("The request has two lengths (Content-Length and Transfer-Encoding).");
        }
        return Optional.empty();
    }
}
