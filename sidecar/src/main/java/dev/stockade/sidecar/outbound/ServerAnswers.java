package dev.stockade.sidecar.outbound;

import static java.util.Objects.requireNonNull;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;

/** Reads the answer to one request from a stream. Removed when the answer is whole. */
final class ServerAnswers extends ChannelInboundHandlerAdapter {
    /** Who gets it. */
    interface Receiver {
        void head(HttpResponse response);

        /** A part of the body, the last one included; the receiver releases it. */
        void part(HttpContent content);

        /** What came so far is to reach the agent now. */
        void flush();

        /** The stream takes more of the request, or does not. */
        void serverWritable();

        /** The answer is whole. */
        void done(boolean reusable);

        /** The stream ended before that. */
        void broken();
    }

    private final Receiver receiver;
    private boolean informational;
    private boolean keepAlive;
    private boolean finished;

    ServerAnswers(Receiver receiver) {
        this.receiver = requireNonNull(receiver);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (finished) {
            ReferenceCountUtil.release(message);
            return;
        }
        if (message instanceof HttpResponse response) {
            if (response.decoderResult().isFailure()) {
                ReferenceCountUtil.release(message);
                fail();
                return;
            }
            informational = response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
            if (!informational) {
                keepAlive = HttpUtil.isKeepAlive(response);
                receiver.head(response);
            }
        }
        if (message instanceof HttpContent content) {
            if (informational || content.decoderResult().isFailure()) {
                boolean broken = content.decoderResult().isFailure();
                content.release();
                if (broken) {
                    fail();
                }
                return;
            }
            boolean last = content instanceof LastHttpContent;
            receiver.part(content);
            if (last) {
                finished = true;
                receiver.done(keepAlive);
            }
        }
    }

    private void fail() {
        if (!finished) {
            finished = true;
            receiver.broken();
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (finished) {
            return;
        }
        receiver.flush();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) throws Exception {
        receiver.serverWritable();
        super.channelWritabilityChanged(ctx);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
        if (event instanceof ChannelInputShutdownEvent) {
            fail();
        }
        super.userEventTriggered(ctx, event);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) throws Exception {
        fail();
        super.channelInactive(ctx);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        fail();
    }
}
