package dev.stockade.sidecar.tunnel;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.identity.SpiffeId;
import io.netty.util.NetUtil;
import java.net.InetAddress;

/**
 * One replica of a server.
 *
 * @param server the only identity that is believed there
 * @param address the pod's
 * @param port where the server listens in its pod; the sidecar there checks it and dials loopback
 */
public record Destination(SpiffeId server, InetAddress address, int port) {
    public Destination {
        requireNonNull(server);
        requireNonNull(address);
    }

    /** As it stands in a CONNECT. */
    String authority() {
        String literal = NetUtil.toAddressString(address);
        return (literal.indexOf(':') >= 0 ? "[" + literal + "]" : literal) + ":" + port;
    }
}
