package dev.stockade.sidecar.outbound;

import io.netty.channel.Channel;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The connections of this pod's programs, which have a bound: the sidecar may also be that of a server. For one too many, the
 * oldest that nobody uses is closed, one whose head does not come to an end included. On the event loop.
 */
final class LocalConnections {
    private final int most;
    private final Map<Channel, AgentRequests> open = new LinkedHashMap<>();

    LocalConnections(int most) {
        this.most = most;
    }

    /** Whether there is room for this one now. */
    boolean admit(Channel channel, AgentRequests requests) {
        if (open.size() >= most) {
            Optional<Channel> unused = open.entrySet().stream()
                    .filter(e -> e.getValue().idle())
                    .map(Map.Entry::getKey)
                    .findFirst();
            if (unused.isEmpty()) {
                return false;
            }
            open.remove(unused.get());
            unused.get().close();
        }
        open.put(channel, requests);
        channel.closeFuture().addListener(f -> open.remove(channel));
        return true;
    }
}
