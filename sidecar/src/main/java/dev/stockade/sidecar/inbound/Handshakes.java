package dev.stockade.sidecar.inbound;

import static java.util.Objects.requireNonNull;

import io.netty.channel.Channel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * The TLS handshakes under way: each costs memory before anybody has proved anything, so they have a bound. Beyond it the address
 * that has most of them loses its oldest, so that one that begins handshakes and does not go on keeps nobody else out. On the
 * event loop.
 */
final class Handshakes {
    private final int most;
    private final Map<InetAddress, Set<Channel>> underWay = new HashMap<>();
    private int count;

    Handshakes(int most) {
        this.most = most;
    }

    /** One begins; another may be closed for it. */
    void begin(Channel channel) {
        InetAddress from = from(channel);
        if (count >= most) {
            underWay.values().stream()
                    .max(Comparator.comparingInt(Set::size))
                    .ifPresent(crowd -> crowd.iterator().next().close());
        }
        count++;
        underWay.computeIfAbsent(from, a -> new LinkedHashSet<>()).add(channel);
        channel.closeFuture().addListener(f -> over(channel, from));
    }

    /** It has ended, well or not. */
    void over(Channel channel) {
        over(channel, from(channel));
    }

    private void over(Channel channel, InetAddress from) {
        Set<Channel> ours = underWay.get(from);
        if (ours != null && ours.remove(channel)) {
            count--;
            if (ours.isEmpty()) {
                underWay.remove(from);
            }
        }
    }

    /** Asked while the channel is open, for afterwards it may have forgotten. */
    private static InetAddress from(Channel channel) {
        return channel.remoteAddress() instanceof InetSocketAddress address
                ? requireNonNull(address.getAddress())
                : InetAddress.getLoopbackAddress();
    }
}
