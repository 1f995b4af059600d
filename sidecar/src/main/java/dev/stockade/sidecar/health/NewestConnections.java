package dev.stockade.sidecar.health;

import io.netty.channel.Channel;
import java.util.LinkedHashSet;
import java.util.Set;

/** Anybody may ask how the sidecar is, so beyond a number the oldest connection gives way: who asks in earnest is soon done. */
final class NewestConnections {
    private final int most;
    private final Set<Channel> open = new LinkedHashSet<>();

    NewestConnections(int most) {
        this.most = most;
    }

    void add(Channel channel) {
        if (open.size() >= most) {
            Channel oldest = open.iterator().next();
            open.remove(oldest);
            oldest.close();
        }
        open.add(channel);
        channel.closeFuture().addListener(f -> open.remove(channel));
    }
}
