package dev.stockade.sidecar.outbound;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpUtil;
import java.util.List;

/** Removes what belongs to one connection (RFC 9110 section 7.6.1), and keeps the message's own framing. */
final class HopByHop {
    private static final List<CharSequence> NAMES = List.of(
            HttpHeaderNames.CONNECTION,
            "keep-alive",
            "proxy-connection",
            HttpHeaderNames.PROXY_AUTHENTICATE,
            HttpHeaderNames.PROXY_AUTHORIZATION,
            HttpHeaderNames.TE,
            HttpHeaderNames.TRAILER,
            HttpHeaderNames.UPGRADE);

    private HopByHop() {}

    static void remove(HttpMessage message) {
        HttpHeaders headers = message.headers();
        boolean chunked = HttpUtil.isTransferEncodingChunked(message);
        for (String value : headers.getAll(HttpHeaderNames.CONNECTION)) {
            for (String named : value.split(",", -1)) {
                String name = named.strip();
                // A length that is named as hop-by-hop would leave the message without an end.
                if (!name.isEmpty() && !name.equalsIgnoreCase("content-length")) {
                    headers.remove(name);
                }
            }
        }
        NAMES.forEach(headers::remove);
        HttpUtil.setTransferEncodingChunked(message, chunked);
    }
}
