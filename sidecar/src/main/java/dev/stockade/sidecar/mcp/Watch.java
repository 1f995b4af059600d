package dev.stockade.sidecar.mcp;

import io.netty.channel.EventLoop;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Looks at every stream once a second, for what time alone can end: one timer for all, since most requests are over before any
 * of their own would go off. On the event loop.
 */
final class Watch {
    private final Set<AgentStream> streams = new LinkedHashSet<>();
    private boolean looking;

    void add(AgentStream stream, EventLoop loop) {
        streams.add(stream);
        if (!looking) {
            looking = true;
            next(loop);
        }
    }

    void remove(AgentStream stream) {
        streams.remove(stream);
    }

    private void next(EventLoop loop) {
        loop.schedule(
                () -> {
                    long now = System.nanoTime();
                    for (AgentStream stream : List.copyOf(streams)) {
                        stream.look(now);
                    }
                    looking = !streams.isEmpty();
                    if (looking) {
                        next(loop);
                    }
                },
                1,
                TimeUnit.SECONDS);
    }
}
