package dev.stockade.sidecar.mcp;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.mcp.AnswerScanner;
import dev.stockade.model.mcp.RequestId;
import dev.stockade.model.policy.GuardedKind;
import dev.stockade.model.policy.Visibility;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpMethod;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** Whether one answer is a stream on which the agent can be told that its lists show something else now. */
final class AnswerNotices {
    private final ListNotices open;
    private final AgentRequest request;
    private final AgentRights rights;
    private final AgentAnswer answer;
    private final EventLoop loop;

    AnswerNotices(ListNotices open, AgentRequest request, AgentRights rights, AgentAnswer answer, EventLoop loop) {
        this.open = requireNonNull(open);
        this.request = requireNonNull(request);
        this.rights = requireNonNull(rights);
        this.answer = requireNonNull(answer);
        this.loop = requireNonNull(loop);
    }

    /** The stream of the agent's session begins: it can on this one. */
    Optional<NoticeStream> ofSession(Optional<Sessions.Session> session) {
        return request.head().method().equals(HttpMethod.GET)
                ? session.map(s -> stream(s::changes, Optional.empty()))
                : Optional.empty();
    }

    /** The server has acknowledged a subscription: so it can on this stream. */
    Optional<NoticeStream> ofSubscription(AnswerScanner acknowledged) {
        return request.isListen()
                ? Optional.of(
                        stream(NoticeStream.sinceNow(rights.visibility(), acknowledged.listChanged()), request.id()))
                : Optional.empty();
    }

    private NoticeStream stream(Function<Visibility, Set<GuardedKind>> changes, Optional<RequestId> subscription) {
        return new NoticeStream(answer, loop, rights::visibility, changes, subscription);
    }

    void opened(NoticeStream stream) {
        open.opened(stream);
    }

    void closed(NoticeStream stream) {
        open.closed(stream);
    }
}
