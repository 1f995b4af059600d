package dev.stockade.sidecar.mcp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.stockade.model.mcp.RequestId;
import dev.stockade.model.mcp.ServerMethod;
import dev.stockade.model.mcp.SseEvent;
import dev.stockade.model.policy.GuardedKind;
import dev.stockade.model.policy.Visibility;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * An open stream of events on which an agent is told that the rules have changed what its lists show, as if the server had said
 * so: the server knows nothing of it. What is told stands between whole events and has no {@code id}, so that a client resumes
 * from the server's last one, as before.
 *
 * <p>While the agent does not read, what it is owed is kept as one bit a kind.
 */
final class NoticeStream {
    private final AgentAnswer answer;
    private final EventLoop loop;
    private final Supplier<Visibility> now;
    private final Function<Visibility, Set<GuardedKind>> changes;
    private final Optional<RequestId> subscription;
    private final Set<GuardedKind> owed = EnumSet.noneOf(GuardedKind.class);
    private boolean closed;

    /**
     * @param now what the rules in force show to the agent
     * @param changes given that, the kinds that the agent is to be told of; each change once
     * @param subscription the request whose stream this is (2026-07-28 basic/patterns/subscriptions); empty for the stream of a
     *     session (2025-11-25 basic/transports, "Listening for Messages from the Server")
     */
    NoticeStream(
            AgentAnswer answer,
            EventLoop loop,
            Supplier<Visibility> now,
            Function<Visibility, Set<GuardedKind>> changes,
            Optional<RequestId> subscription) {
        this.answer = requireNonNull(answer);
        this.loop = requireNonNull(loop);
        this.now = requireNonNull(now);
        this.changes = requireNonNull(changes);
        this.subscription = requireNonNull(subscription);
    }

    /** The changes since a subscription began, of the kinds that the server agreed to. */
    static Function<Visibility, Set<GuardedKind>> sinceNow(Visibility first, Set<GuardedKind> agreed) {
        return new Function<>() {
            private Visibility told = first;

            @Override
            public Set<GuardedKind> apply(Visibility now) {
                Set<GuardedKind> changed = told.changes(now);
                told = now;
                changed.retainAll(agreed);
                return changed;
            }
        };
    }

    /** Looks on the stream's own loop. For any thread. */
    void lookSoon() {
        loop.execute(this::look);
    }

    /** Tells what has changed. On the loop. */
    void look() {
        if (closed) {
            return;
        }
        owed.addAll(changes.apply(now.get()));
        tell();
    }

    /** Tells what the agent is owed, if it reads. On the loop. */
    void tell() {
        if (closed || owed.isEmpty() || !answer.isWritable()) {
            return;
        }
        for (GuardedKind kind : owed) {
            answer.write(Unpooled.wrappedBuffer(SseEvent.message(notice(kind))));
        }
        owed.clear();
        answer.flush();
    }

    private byte[] notice(GuardedKind kind) {
        ServerMethod method = switch (kind) {
            case TOOL -> ServerMethod.TOOLS_CHANGED;
            case RESOURCE -> ServerMethod.RESOURCES_CHANGED;
            case PROMPT -> ServerMethod.PROMPTS_CHANGED;
        };
        String params = subscription
                .map(id -> ",\"params\":{\"_meta\":{\"io.modelcontextprotocol/subscriptionId\":" + id.json() + "}}")
                .orElse("");
        return ("{\"jsonrpc\":\"2.0\",\"method\":\"" + method.word() + "\"" + params + "}").getBytes(UTF_8);
    }

    /** Nothing more can be told here. */
    void close() {
        closed = true;
    }
}
