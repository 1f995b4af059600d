package dev.stockade.sidecar.outbound;

import static java.util.Objects.requireNonNull;

import dev.stockade.model.mcp.McpErrors;
import dev.stockade.model.mcp.RequestId;
import dev.stockade.model.mcp.SseEvent;
import dev.stockade.model.policy.Reason;
import dev.stockade.sidecar.state.AgentRules;
import dev.stockade.sidecar.state.AgentRules.Endpoint;
import dev.stockade.sidecar.state.AgentRules.Target;
import dev.stockade.sidecar.tunnel.ConnectRefusedException;
import dev.stockade.sidecar.tunnel.Destination;
import dev.stockade.sidecar.tunnel.TunnelStream;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.AsciiString;
import io.netty.util.concurrent.Future;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** One request of the agent and its answer, streamed both ways. On the event loop. */
final class Exchange implements ServerAnswers.Receiver {
    /** The connection that the request came on. */
    interface Agent {
        /** The next message of the request is wanted. */
        void wantMore();

        /**
         * There was no answer of the server.
         *
         * @param requestRead whether all of the request was read
         */
        void refused(LocalAnswer answer, boolean requestRead);

        /**
         * The answer has been written whole.
         *
         * @param requestRead whether all of the request was read
         */
        void answered(boolean requestRead);

        /** The answer is cut: nothing more can be said on this connection. */
        void cut();
    }

    private static final String SESSION = "Mcp-Session-Id";
    private static final AsciiString EVENTS = AsciiString.cached("text/event-stream");

    private final Outbound outbound;
    private final AgentRules rules;
    private final Target target;
    private final HttpRequest request;
    private final Channel agentChannel;
    private final Agent agent;
    private final Set<String> tried = new HashSet<>();

    private final RequestStart requestStart = new RequestStart();
    private final EventTail answerTail = new EventTail();

    private Optional<Endpoint> endpoint = Optional.empty();
    private Optional<TunnelStream> stream = Optional.empty();
    private boolean requestRead;
    private boolean answering;
    private boolean answeringEvents;
    private boolean over;

    Exchange(
            Outbound outbound,
            AgentRules rules,
            Target target,
            HttpRequest request,
            Channel agentChannel,
            Agent agent) {
        this.outbound = requireNonNull(outbound);
        this.rules = requireNonNull(rules);
        this.target = requireNonNull(target);
        this.request = requireNonNull(request);
        this.agentChannel = requireNonNull(agentChannel);
        this.agent = requireNonNull(agent);
    }

    void start() {
        List<String> sessions = request.headers().getAll(SESSION);
        Optional<String> tag = sessions.size() == 1 ? Replicas.tag(sessions.getFirst()) : Optional.empty();
        if (tag.isPresent()) {
            Optional<Endpoint> holder = Replicas.holding(target, tag.get());
            if (holder.isEmpty()) {
                gone();
            } else {
                connect(holder.get(), true);
            }
        } else {
            connectToReady("");
        }
    }

    private void gone() {
        unsent(
                404,
                Reason.UNKNOWN_SESSION,
                "The replica of " + target.reference() + " that held this session is gone. Start a new one.");
    }

    /** As is known by now, which may be later than what this request began with. */
    private boolean leaves(Endpoint holder) {
        Optional<Target> now = outbound.state()
                .agent()
                .flatMap(agent ->
                        agent.target(target.id().namespace(), target.id().name()));
        return now.flatMap(t -> Replicas.holding(t, holder.tag()))
                .map(Endpoint::terminating)
                .orElse(true);
    }

    private void connectToReady(String failure) {
        Optional<Endpoint> ready = outbound.replicas().forNewWork(target, tried);
        if (ready.isPresent()) {
            connect(ready.get(), false);
        } else {
            unsent(503, Reason.UNREACHABLE, "The server " + target.reference() + unreached(failure));
        }
    }

    private String unreached(String failure) {
        boolean someReady = target.endpoints().stream().anyMatch(Endpoint::ready);
        if (someReady) {
            return " cannot be reached at any replica: " + failure
                    + ". NetworkPolicies have to let this pod out to TCP 15008 of the server's pods.";
        }
        return failure.isEmpty()
                ? " has no replica that is ready."
                : " has no replica that is ready, and those that are not cannot be reached: " + failure + ".";
    }

    private void connect(Endpoint to, boolean only) {
        endpoint = Optional.of(to);
        outbound.replicas().opened(to);
        outbound.pool()
                .acquire(new Destination(target.id(), to.address(), target.port()))
                .addListener((Future<TunnelStream> acquired) -> {
                    if (over) {
                        if (acquired.isSuccess()) {
                            acquired.getNow().release();
                        }
                    } else if (acquired.isSuccess()) {
                        outbound.replicas().reached(to);
                        send(acquired.getNow());
                    } else {
                        leaveEndpoint();
                        notConnected(to, only, acquired.cause());
                    }
                });
    }

    private void notConnected(Endpoint to, boolean only, Throwable why) {
        Optional<Route.Refused> withdrawn =
                Route.withdrawn(rules, outbound.state().agent());
        if (withdrawn.isPresent()) {
            unsent(
                    withdrawn.get().status(),
                    withdrawn.get().reason(),
                    withdrawn.get().sentence());
            return;
        }
        if (why instanceof ConnectRefusedException refused) {
            // Recorded on the server's side, where it was decided.
            if (refused.status() == 429) {
                refuse(LocalAnswer.error(
                        503,
                        refused.reason(),
                        refused.auditId(),
                        "The server " + target.reference()
                                + " keeps as many streams of this agent open as it takes. Close some, or wait."));
                return;
            }
            refuse(
                    refused.status() == 401
                            ? LocalAnswer.error(
                                    403,
                                    refused.reason(),
                                    refused.auditId(),
                                    "The server " + target.reference() + " refuses this agent (" + refused.reason()
                                            + "). Its owner grants access with an McpAccessPolicy. "
                                            + Route.granted(rules))
                            : LocalAnswer.error(
                                    502,
                                    Reason.UNREACHABLE.word(),
                                    refused.auditId(),
                                    "The replica " + to.podName() + " of " + target.reference() + " answered "
                                            + refused.status() + " to CONNECT: its port or address has changed."));
            return;
        }
        tried.add(to.podUid());
        outbound.replicas().unreachable(to);
        if (only && leaves(to)) {
            gone();
        } else if (only) {
            unsent(
                    503,
                    Reason.UNREACHABLE,
                    "The replica of " + target.reference() + " that holds this session cannot be reached: "
                            + why.getMessage() + ".");
        } else {
            connectToReady(String.valueOf(why.getMessage()));
        }
    }

    private void send(TunnelStream to) {
        stream = Optional.of(to);
        Channel channel = to.channel();
        channel.config().setAutoRead(false);
        if (channel.pipeline().get(HttpClientCodec.class) == null) {
            channel.pipeline().addLast(new HttpClientCodec(8192, 65_536, 65_536));
        }
        channel.pipeline().addLast(new ServerAnswers(this));
        boolean expectsContinue = HttpUtil.is100ContinueExpected(request);
        HttpRequest sent = new DefaultHttpRequest(HttpVersion.HTTP_1_1, request.method(), target.path());
        sent.headers().set(request.headers());
        HopByHop.remove(sent);
        sent.headers().remove(HttpHeaderNames.EXPECT);
        sent.headers()
                .set(
                        HttpHeaderNames.HOST,
                        target.id().name() + "." + target.id().namespace());
        channel.writeAndFlush(sent);
        channel.read();
        if (expectsContinue) {
            agentChannel.writeAndFlush(new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE));
        }
        agent.wantMore();
    }

    /** A part of the request's body. */
    void body(HttpContent content) {
        requestRead = content instanceof LastHttpContent;
        if (stream.isEmpty() || over) {
            content.release();
            return;
        }
        Channel channel = stream.get().channel();
        requestStart.add(content.content());
        channel.writeAndFlush(content);
        // Once the request is whole, one more read is left outstanding: it shows the agent's leaving.
        if (requestRead || channel.isWritable()) {
            agent.wantMore();
        }
    }

    @Override
    public void serverWritable() {
        if (!requestRead && stream.isPresent() && stream.get().channel().isWritable()) {
            agent.wantMore();
        }
    }

    /** There is room for more of the answer. */
    void agentWritable() {
        if (stream.isPresent() && agentChannel.isWritable()) {
            stream.get().channel().read();
        }
    }

    @Override
    public void head(HttpResponse response) {
        answering = true;
        answeringEvents = EVENTS.contentEqualsIgnoreCase(HttpUtil.getMimeType(response));
        HopByHop.remove(response);
        if (!HttpUtil.isContentLengthSet(response)
                && !HttpUtil.isTransferEncodingChunked(response)
                && hasBody(response)) {
            HttpUtil.setTransferEncodingChunked(response, true);
        }
        agentChannel.write(response);
    }

    private boolean hasBody(HttpResponse response) {
        int status = response.status().code();
        return status != 204 && status != 304 && !request.method().equals(io.netty.handler.codec.http.HttpMethod.HEAD);
    }

    @Override
    public void part(HttpContent content) {
        if (answeringEvents) {
            answerTail.add(content.content());
        }
        agentChannel.write(content);
    }

    @Override
    public void flush() {
        agentChannel.flush();
        agentWritable();
    }

    @Override
    public void done(boolean reusable) {
        if (over) {
            return;
        }
        agentChannel.flush();
        end(reusable && requestRead);
        agent.answered(requestRead);
    }

    @Override
    public void broken() {
        if (over) {
            return;
        }
        Optional<Route.Refused> withdrawn =
                Route.withdrawn(rules, outbound.state().agent());
        end(false);
        if (answering) {
            withdrawn.ifPresent(this::sayInEvents);
            agent.cut();
        } else if (withdrawn.isPresent()) {
            Route.Refused why = withdrawn.get();
            agent.refused(
                    LocalAnswer.error(why.status(), why.reason().word(), record(why.reason()), why.sentence()),
                    requestRead);
        } else {
            agent.refused(
                    LocalAnswer.error(
                            502,
                            Reason.UNREACHABLE.word(),
                            "",
                            "The connection to " + target.reference() + " broke before it answered."),
                    requestRead);
        }
    }

    /** A stream of events can tell the request that waits; any other answer is cut short, and its client sees that. */
    private void sayInEvents(Route.Refused why) {
        Optional<RequestId> waiting = requestStart.id();
        if (!answeringEvents || !answerTail.complete() || waiting.isEmpty()) {
            return;
        }
        byte[] error = McpErrors.refusal(
                waiting, McpErrors.DENIED, why.sentence(), why.reason(), Optional.empty(), record(why.reason()));
        agentChannel.write(new DefaultHttpContent(Unpooled.wrappedBuffer(SseEvent.message(error))));
        agentChannel.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT);
    }

    /** The agent has closed its connection. */
    void agentGone() {
        if (!over) {
            end(false);
        }
    }

    private void unsent(int status, Reason reason, String sentence) {
        refuse(LocalAnswer.error(status, reason.word(), record(reason), sentence));
    }

    private String record(Reason reason) {
        return outbound.unsent()
                .record(
                        Optional.of(rules),
                        Optional.of(target),
                        request.method().name(),
                        AgentRequests.path(request),
                        reason);
    }

    private void refuse(LocalAnswer answer) {
        end(false);
        agent.refused(answer, requestRead);
    }

    private void end(boolean reusable) {
        over = true;
        leaveEndpoint();
        stream.ifPresent(s -> {
            if (s.channel().pipeline().get(ServerAnswers.class) != null) {
                s.channel().pipeline().remove(ServerAnswers.class);
            }
            if (reusable) {
                // An idle stream must notice its end.
                s.channel().read();
                s.release();
            } else {
                s.discard();
            }
        });
        stream = Optional.empty();
    }

    private void leaveEndpoint() {
        endpoint.ifPresent(outbound.replicas()::closed);
        endpoint = Optional.empty();
    }
}
