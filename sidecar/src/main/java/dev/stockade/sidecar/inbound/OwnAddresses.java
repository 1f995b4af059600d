package dev.stockade.sidecar.inbound;

import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The pod's own addresses: the only ones that a CONNECT may name. */
public record OwnAddresses(Set<InetAddress> addresses) {
    private static final Pattern AUTHORITY =
            Pattern.compile("(?:\\[([0-9a-fA-F:.]{2,45})]|([0-9.]{7,15})):([1-9][0-9]{0,4})");

    public OwnAddresses {
        addresses = Set.copyOf(addresses);
    }

    /** Whether the authority is one of these addresses, written as a literal, with exactly this port. */
    boolean has(String authority, int port) {
        Matcher parts = AUTHORITY.matcher(authority);
        if (!parts.matches() || Integer.parseInt(parts.group(3)) != port) {
            return false;
        }
        String literal = parts.group(1) == null ? parts.group(2) : parts.group(1);
        byte[] bytes = NetUtil.createByteArrayFromIpAddressString(literal);
        if (bytes == null) {
            return false;
        }
        try {
            return addresses.contains(InetAddress.getByAddress(bytes));
        } catch (UnknownHostException e) {
            return false;
        }
    }
}
